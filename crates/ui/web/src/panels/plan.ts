// What a panel asks of the server: its targets with everything filled in.
// Between dashboard JSON and `query`. Pure; two equal plans get equal answers.

import { parseDuration } from "../format/durations";
import { type Filter, withFilters } from "./adhoc";
import { interpolate, type Scope, scopes } from "./interpolate";
import { macroScope } from "./macros";
import type { DataSourceRef, Panel, Target } from "./model";
import { aligned, type Step, stepOf } from "./step";

export interface PlannedQuery {
  refId: string;
  expr: string;
  kind: "range" | "instant";
  format: string;
  legendFormat: string | undefined;
  startMs: number;
  endMs: number;
  stepMs: number;
  exemplars: boolean;
}

export interface Plan {
  queries: PlannedQuery[];
  fromMs: number;
  toMs: number;
  /** What is left out, and why, for the panel to say. */
  notices: string[];
  /** How the panel's time differs from the dashboard's. */
  timeInfo: string;
}

export interface PlanInput {
  panel: Panel;
  scope: Scope;
  fromMs: number;
  toMs: number;
  widthPx: number;
  dashboard: { uid?: string | undefined; title: string };
  scrapeMs?: number;
  /** Added to every selector. */
  filters?: readonly Filter[];
  /** Another panel whose queries this one shows ("-- Dashboard --"). */
  panelById?: (id: number) => Panel | undefined;
}

const FOREIGN = [
  "loki",
  "elasticsearch",
  "influxdb",
  "mysql",
  "postgres",
  "grafana-postgresql-datasource",
  "tempo",
  "jaeger",
  "cloudwatch",
  "graphite",
  "grafana-clickhouse-datasource",
  "__expr__",
  "grafana-pyroscope-datasource",
];

/** The queries of a panel, for this range and these variables. */
export function planOf(input: PlanInput): Plan {
  const { panel } = input;
  const { fromMs, toMs, timeInfo } = ownTime(input);
  const notices: string[] = [];
  const queries: PlannedQuery[] = [];
  for (const target of targetsOf(input)) {
    if (target.hide || !target.expr?.trim()) continue;
    const foreign = foreignSource(target.datasource ?? panel.datasource);
    if (foreign) notices.push(`Query ${target.refId} asks ${foreign}, which is not here`);
    else queries.push(...planned(input, target, { fromMs, toMs }));
  }
  return { queries, fromMs, toMs, notices, timeInfo };
}

function targetsOf({ panel, panelById }: PlanInput): readonly Target[] {
  const targets = panel.targets ?? [];
  const shared = targets.find(
    (target) =>
      typeof target.panelId === "number" && isShared(target.datasource ?? panel.datasource),
  );
  return shared ? (panelById?.(shared.panelId as number)?.targets ?? []) : targets;
}

function isShared(source: DataSourceRef | string | null | undefined): boolean {
  return (typeof source === "string" ? source : source?.uid) === "-- Dashboard --";
}

/** The kind of a data source that is not Prometheus; variables and unknown names are taken to be. */
function foreignSource(source: DataSourceRef | string | null | undefined): string | undefined {
  const type = typeof source === "string" ? source : source?.type;
  return type !== undefined && FOREIGN.includes(type)
    ? type.replace("__expr__", "server-side expressions")
    : undefined;
}

/** `timeFrom` replaces the beginning, `timeShift` moves both ends back. */
function ownTime({ panel, fromMs, toMs, scope }: PlanInput): {
  fromMs: number;
  toMs: number;
  timeInfo: string;
} {
  const read = (text: string | null | undefined): number | undefined =>
    text
      ? parseDuration(interpolate(text, scope, "text").replace(/^now-/, "").split("/")[0]!)
      : undefined;
  const length = read(panel.timeFrom);
  const shift = read(panel.timeShift) ?? 0;
  const info = [length ? `Last ${panel.timeFrom}` : "", shift ? `${panel.timeShift} earlier` : ""]
    .filter(Boolean)
    .join(", ");
  const start = length ? toMs - length : fromMs;
  return {
    fromMs: start - shift,
    toMs: toMs - shift,
    timeInfo: panel.hideTimeOverride ? "" : info,
  };
}

/** The width that decides how many points are asked for; a little more or less asks nothing new. */
export function roundWidth(px: number): number {
  return Math.max(100, Math.round(px / 50) * 50);
}

function planned(
  input: PlanInput,
  target: Target,
  range: { fromMs: number; toMs: number },
): PlannedQuery[] {
  const { panel, scope } = input;
  const filled = (text: string | null | undefined): string =>
    text ? interpolate(text, scope, "text") : "";
  const step = stepOf({
    ...range,
    maxDataPoints: panel.maxDataPoints || roundWidth(input.widthPx),
    minInterval: filled(target.interval) || filled(panel.interval),
    intervalFactor: target.intervalFactor,
    ...(input.scrapeMs === undefined ? {} : { scrapeMs: input.scrapeMs }),
  });
  const names = scopes(macroScope({ ...range, step, dashboard: input.dashboard }), scope);
  const expr = withFilters(interpolate(target.expr ?? "", names, "promql"), input.filters ?? []);
  const legend =
    target.legendFormat == null ? undefined : interpolate(target.legendFormat, scope, "text");
  const common = {
    refId: target.refId,
    expr,
    format: target.format ?? "time_series",
    legendFormat: legend,
  };
  const wantsRange = target.range || !target.instant;
  const made: PlannedQuery[] = [];
  if (wantsRange) {
    const { startMs, endMs } = aligned(range.fromMs, range.toMs, step.stepMs);
    made.push({
      ...common,
      kind: "range",
      startMs,
      endMs,
      stepMs: step.stepMs,
      exemplars: target.exemplar === true,
    });
  }
  if (target.instant) made.push(instant(common, range.toMs, step));
  return made;
}

function instant(
  common: Pick<PlannedQuery, "refId" | "expr" | "format" | "legendFormat">,
  toMs: number,
  step: Step,
): PlannedQuery {
  return {
    ...common,
    kind: "instant",
    startMs: toMs,
    endMs: toMs,
    stepMs: step.stepMs,
    exemplars: false,
  };
}

/** Everything in a panel that may name a variable. */
export function panelTexts(
  panel: Panel,
  targets: readonly Target[] = panel.targets ?? [],
): string[] {
  const texts = targets
    .filter((target) => !target.hide)
    .flatMap((target) => [target.expr, target.legendFormat, target.interval]);
  return [...texts, panel.interval, panel.timeFrom, panel.timeShift].filter(
    (text): text is string => typeof text === "string",
  );
}

/** A command that asks the same. */
export function curlOf(query: PlannedQuery, base: string): string {
  const path = query.kind === "range" ? "api/v1/query_range" : "api/v1/query";
  const seconds = (ms: number): string => String(ms / 1000);
  const params: [string, string][] =
    query.kind === "range"
      ? [
          ["query", query.expr],
          ["start", seconds(query.startMs)],
          ["end", seconds(query.endMs)],
          ["step", seconds(query.stepMs)],
        ]
      : [
          ["query", query.expr],
          ["time", seconds(query.endMs)],
        ];
  const quote = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`;
  return [
    `curl -sG ${quote(new URL(path, base).href)}`,
    ...params.map(([name, value]) => `--data-urlencode ${quote(`${name}=${value}`)}`),
  ].join(" \\\n  ");
}
