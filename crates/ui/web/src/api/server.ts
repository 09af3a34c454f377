// What the server says about itself: rules, targets, cardinality, queries, configuration, state.
// Used by the pages of the server; shapes are the server's own.

import { getData, type RequestOptions, sendJson } from "./client";
import type { Alert, Labels, Target } from "./prometheus";
import type { components } from "./schema";

export interface Rule {
  readonly type: "alerting" | "recording";
  readonly name: string;
  readonly query: string;
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
  /** Seconds. */
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly state?: "firing" | "pending" | "inactive";
  /** Seconds. */
  readonly duration?: number;
  readonly keepFiringFor?: number;
  readonly alerts?: readonly Alert[];
}

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly Rule[];
  /** Seconds. */
  readonly interval: number;
  readonly limit: number;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
}

export async function ruleGroups(options?: RequestOptions): Promise<RuleGroup[]> {
  return (await getData<{ groups: RuleGroup[] }>("api/v1/rules", {}, options)).groups;
}

export interface DroppedTarget {
  readonly discoveredLabels: Labels;
  readonly scrapePool: string;
}

export interface Targets {
  readonly activeTargets: readonly Target[];
  readonly droppedTargets: readonly DroppedTarget[];
  readonly droppedTargetCounts?: Readonly<Record<string, number>>;
}

export function targets(
  state: "active" | "dropped" | "any",
  options?: RequestOptions,
): Promise<Targets> {
  return getData("api/v1/targets", { state }, options);
}

export interface NamedCount {
  readonly name: string;
  readonly value: number;
}

export interface Cardinality {
  readonly headStats: {
    readonly numSeries: number;
    readonly numLabelPairs: number;
    readonly chunkCount: number;
    readonly minTime: number;
    readonly maxTime: number;
  };
  readonly seriesCountByMetricName: readonly NamedCount[];
  readonly labelValueCountByLabelName: readonly NamedCount[];
  readonly memoryInBytesByLabelName: readonly NamedCount[];
  readonly seriesCountByLabelValuePair: readonly NamedCount[];
}

export function cardinality(limit: number, options?: RequestOptions): Promise<Cardinality> {
  return getData("api/v1/status/tsdb", { limit }, options);
}

export interface ActiveQuery {
  readonly id: number;
  readonly kind: string;
  readonly query: string;
  readonly state: "queued" | "running" | "stopping";
  readonly user: string | null;
  readonly client: string | null;
  readonly ruleGroup: { readonly name: string; readonly file: string } | null;
  readonly asked: string;
  readonly deadline: string;
  readonly queuedSeconds: number;
  readonly runningSeconds: number;
  readonly samples: number;
  readonly bytes: number;
  readonly peakBytes: number;
  readonly start: string | null;
  readonly end: string | null;
  readonly stepSeconds: number | null;
}

export interface ExpensiveQuery {
  readonly kind: string;
  readonly query: string;
  readonly count: number;
  readonly failed: number;
  readonly totalSeconds: number;
  readonly maxSeconds: number;
  readonly totalSamples: number;
  readonly peakBytes: number;
  readonly last: string;
}

export interface Queries {
  readonly active: readonly ActiveQuery[];
  readonly expensive: readonly ExpensiveQuery[];
}

export function queries(sort: string, options?: RequestOptions): Promise<Queries> {
  return getData("api/flyball/v1/queries", { sort, limit: 200 }, options);
}

/** Ends a query; its client is told by whom. */
export function cancelQuery(id: number): Promise<unknown> {
  return sendJson("DELETE", `api/flyball/v1/queries/${id}`);
}

export interface Component {
  readonly name: string;
  readonly healthy: boolean;
  readonly message: string;
  readonly restarts: number;
}

export interface ServerState {
  readonly version: string;
  readonly revision: string;
  readonly dataDir: string;
  readonly configFile: string | null;
  readonly uptimeSeconds: number;
  readonly user: string;
  readonly storage: {
    readonly state: string;
    readonly sizeBytes: number;
    readonly diskFreeBytes: number;
    readonly series: number;
    readonly samplesAccepted: number;
  };
  readonly health: {
    readonly status: string;
    readonly ready: boolean;
    readonly components: readonly Component[];
  };
}

export function serverState(options?: RequestOptions): Promise<ServerState> {
  return getData("api/flyball/v1/status", {}, options);
}

/** Facts of the runtime or the build, by their names in the API. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

export function runtimeInfo(options?: RequestOptions): Promise<Facts> {
  return getData("api/v1/status/runtimeinfo", {}, options);
}

export function buildInfo(options?: RequestOptions): Promise<Facts> {
  return getData("api/v1/status/buildinfo", {}, options);
}

export function flags(options?: RequestOptions): Promise<Record<string, string>> {
  return getData("api/v1/status/flags", {}, options);
}

export async function configuration(options?: RequestOptions): Promise<string> {
  return (await getData<{ yaml: string }>("api/v1/status/config", {}, options)).yaml;
}

/** A part of a query and what it did. */
export interface PlanNode {
  readonly depth: number;
  readonly text: string;
  readonly line: number;
  /** In bytes from 1. */
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly valueType: string;
  readonly steps?: {
    readonly first: number;
    readonly last: number;
    readonly count: number;
    readonly stepSeconds?: number;
  };
  readonly does: readonly string[];
  readonly reads: readonly {
    readonly matchers: string;
    readonly first: number;
    readonly last: number;
    readonly series?: number;
    readonly samples?: number;
  }[];
  readonly measured?: {
    readonly series: number;
    readonly points: number;
    readonly peakBytes: number;
    readonly totalSeconds: number;
    readonly ownSeconds: number;
    readonly ways: readonly { readonly way: string; readonly series: number }[];
    readonly error?: string;
  };
}

export interface Explanation {
  readonly nodes: readonly PlanNode[];
  readonly analysis?: {
    readonly totalSeconds: number;
    readonly seriesRead: number;
    readonly samplesRead: number;
    readonly series: number;
    readonly points: number;
    readonly peakSamples: number;
    readonly peakBytes: number;
  };
  readonly error?: { readonly errorType: string; readonly error: string };
}

export interface ExplainQuestion {
  readonly query: string;
  readonly analyze: boolean;
  /** Seconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export function explain(question: ExplainQuestion, options?: RequestOptions): Promise<Explanation> {
  return getData("api/flyball/v1/explain", { ...question }, options);
}

/** The way of a label set through relabelling rules. */
export type RelabelWay = components["schemas"]["WayBody"];

/** What the rules of a job make of a target, and of a sample that it exposes. */
export type Relabelled = components["schemas"]["RelabelBody"];

export function relabelled(
  job: string,
  labels: Labels,
  metric: string,
  options?: RequestOptions,
): Promise<Relabelled> {
  const params = { job, labels: JSON.stringify(labels), metric };
  return getData("api/flyball/v1/targets/relabel", params, options);
}
