// Prometheus' HTTP API: questions and what they answer, in the server's own form.

import { type Answer, getAnswer, getData, type RequestOptions } from "./client";

export type Labels = Readonly<Record<string, string>>;

/** Seconds since 1970 and a value as text (`NaN`, `+Inf` included). */
export type Sample = readonly [number, string];

/** A native histogram: buckets are `[boundaries, lower, upper, count]`. */
export interface Histogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [number, string, string, string])[];
}

export interface VectorSeries {
  readonly metric: Labels;
  readonly value?: Sample;
  readonly histogram?: readonly [number, Histogram];
}

export interface MatrixSeries {
  readonly metric: Labels;
  readonly values?: readonly Sample[];
  readonly histograms?: readonly (readonly [number, Histogram])[];
}

export type QueryResult =
  | { readonly resultType: "vector"; readonly result: readonly VectorSeries[] }
  | { readonly resultType: "matrix"; readonly result: readonly MatrixSeries[] }
  | { readonly resultType: "scalar" | "string"; readonly result: Sample };

export interface MatrixResult {
  readonly resultType: "matrix";
  readonly result: readonly MatrixSeries[];
}

export interface QueryRange {
  readonly query: string;
  /** Seconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** Seconds. */
  readonly step: number;
}

/** One value per step. */
export function queryRange(
  range: QueryRange,
  options?: RequestOptions,
): Promise<Answer<MatrixResult>> {
  return getAnswer("api/v1/query_range", { ...range }, options);
}

/** The answer at one instant: `time` in seconds, or the server's present. */
export function queryInstant(
  query: string,
  time?: number,
  options?: RequestOptions,
): Promise<Answer<QueryResult>> {
  return getAnswer("api/v1/query", { query, time }, options);
}

/** What lists of labels and series are narrowed by. */
export interface Narrowed {
  readonly match?: readonly string[];
  /** Seconds since 1970. */
  readonly start?: number;
  readonly end?: number;
  readonly limit?: number;
}

function narrow({ match = [], start, end, limit }: Narrowed) {
  return { "match[]": match, start, end, limit };
}

export function labelNames(by: Narrowed = {}, options?: RequestOptions): Promise<string[]> {
  return getData("api/v1/labels", narrow(by), options);
}

export function labelValues(
  name: string,
  by: Narrowed = {},
  options?: RequestOptions,
): Promise<string[]> {
  return getData(`api/v1/label/${encodeURIComponent(name)}/values`, narrow(by), options);
}

export function series(by: Narrowed, options?: RequestOptions): Promise<Labels[]> {
  return getData("api/v1/series", narrow(by), options);
}

export interface Metadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

export function metadata(
  metric?: string,
  options?: RequestOptions,
): Promise<Record<string, Metadata[]>> {
  return getData("api/v1/metadata", { metric }, options);
}

export interface Alert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: "pending" | "firing" | "inactive";
  readonly activeAt: string;
  readonly value: string;
}

export async function alerts(options?: RequestOptions): Promise<Alert[]> {
  return (await getData<{ alerts: Alert[] }>("api/v1/alerts", {}, options)).alerts;
}

export interface Target {
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly globalUrl: string;
  readonly lastError: string;
  readonly lastScrape: string;
  /** Seconds. */
  readonly lastScrapeDuration: number;
  readonly health: "up" | "down" | "unknown";
  readonly scrapeInterval: string;
  readonly scrapeTimeout: string;
}

export async function activeTargets(options?: RequestOptions): Promise<Target[]> {
  const answer = await getData<{ activeTargets: Target[] }>(
    "api/v1/targets",
    { state: "active" },
    options,
  );
  return answer.activeTargets;
}
