// What is bounded here: how much of it is used, where it ends, what happens then and how it is set. Pure.
// Defaults are those of docs/http-api.md; figures come from the server's own metrics.

import type { Figures } from "../parts/own_figures";

export interface Limit {
  readonly what: string;
  /** How much of it is used now. */
  readonly used?: number | undefined;
  /** Where it ends. */
  readonly most: number | undefined;
  /** Where it ends when nobody says so; the figure in force is in the configuration. */
  readonly unlessSet?: number;
  /** How often it was reached since the start. */
  readonly reached?: number | undefined;
  readonly unit: "bytes" | "count" | "seconds";
  /** What happens when it is reached. */
  readonly then: string;
  /** The flag, or the key of the configuration. */
  readonly set: string;
}

export interface LimitGroup {
  readonly title: string;
  readonly limits: readonly Limit[];
}

type Flags = Readonly<Record<string, string>>;

/** All limits, in groups. */
export function limitsOf(figures: Figures, flags: Flags): readonly LimitGroup[] {
  return [
    { title: "Memory and series", limits: ofMemory(figures) },
    { title: "Queries", limits: ofQueries(figures, flags) },
    { title: "What comes in and goes out", limits: ofTraffic(figures, flags) },
  ];
}

const sum = (figures: Figures, name: string): number | undefined => figures.get(name)?.sum;

/** The largest of a metric's series: each has the limit for itself. */
function largest(figures: Figures, name: string): number | undefined {
  const values = figures.get(name)?.series.map((one) => Number(one.value?.[1] ?? 0)) ?? [];
  return values.length === 0 ? undefined : Math.max(...values);
}

/** Of a metric, what has one of these values of a label. */
function having(figures: Figures, name: string, label: string, values: readonly string[]): number {
  const series = figures.get(name)?.series ?? [];
  const meant = series.filter(({ metric }) => values.includes(metric[label] ?? ""));
  return meant.reduce((total, one) => total + Number(one.value?.[1] ?? 0), 0);
}

const refused = (figures: Figures, ...reasons: string[]): number =>
  having(figures, "flyball_queries_refused_total", "reason", reasons);

function ofMemory(figures: Figures): Limit[] {
  const memory = sum(figures, "flyball_storage_memory_limit_bytes");
  const parts = [
    "flyball_storage_head_bytes",
    "flyball_storage_cache_bytes",
    "flyball_query_cache_bytes",
  ];
  return [
    {
      what: "Memory for samples and queries",
      used: parts.reduce((total, name) => total + (sum(figures, name) ?? 0), 0),
      most: memory,
      reached: refused(figures, "memory", "shared_memory"),
      unit: "bytes",
      then: "caches shrink first; then new series and queries get 503, to be tried again after 5 s",
      set: "--memory.limit",
    },
    {
      what: "Series",
      used: sum(figures, "flyball_storage_series"),
      most: undefined,
      reached: sum(figures, "flyball_storage_series_refused_total"),
      unlessSet: 5_000_000,
      unit: "count",
      then: "429 for new series, to be tried again after 1 min; those that are there go on",
      set: "limits: series_max, series_per_target_max",
    },
    {
      what: "Samples of a scrape",
      most: undefined,
      reached:
        (sum(figures, "flyball_scrape_sample_limit_exceeded_total") ?? 0) +
        having(figures, "flyball_scrape_samples_refused_total", "reason", ["beyond_limit"]),
      unit: "count",
      then: "the scrape fails as a whole, and the target says why",
      set: "sample_limit of the job",
    },
  ];
}

const DEFAULTS: Flags = {
  "query.max-concurrency": "20",
  "query.timeout": "120",
  "query.max-samples": "50000000",
  "query.max-series": "2000000",
  "web.max-connections": "512",
  "alertmanager.notification-queue-capacity": "10000",
};

/** The number of a flag, in seconds or bytes where it has a unit. */
export function numberOf(flags: Flags, name: string): number | undefined {
  const text = flags[name] ?? DEFAULTS[name] ?? "";
  const [, digits, unit = ""] = /^([\d.]+)\s*([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  "s": 1,
  "m": 60,
  "h": 3600,
  "kb": 2 ** 10,
  "mb": 2 ** 20,
  "gb": 2 ** 30,
};

const QUEUED_MAX = 200;
const POINTS_MAX = 11_000;

function ofQueries(figures: Figures, flags: Flags): Limit[] {
  const memory = sum(figures, "flyball_storage_memory_limit_bytes");
  const each =
    numberOf(flags, "query.max-memory") ?? (memory === undefined ? undefined : memory / 8);
  return [
    {
      what: "Queries at once",
      used: sum(figures, "flyball_queries_running"),
      most:
        sum(figures, "flyball_queries_concurrent_max") ?? numberOf(flags, "query.max-concurrency"),
      unit: "count",
      then: "further ones wait",
      set: "--query.max-concurrency",
    },
    {
      what: "Queries that wait",
      used: sum(figures, "flyball_queries_queued"),
      most: QUEUED_MAX,
      reached: refused(figures, "queue_full"),
      unit: "count",
      then: "503, to be tried again after 5 s",
      set: "fixed",
    },
    {
      what: "Time of a query",
      most: numberOf(flags, "query.timeout"),
      reached: having(figures, "flyball_queries_total", "outcome", ["timed_out"]),
      unit: "seconds",
      then: "503; the client may ask for less",
      set: "--query.timeout",
    },
    {
      what: "Samples of a query",
      most: numberOf(flags, "query.max-samples"),
      reached: refused(figures, "samples"),
      unit: "count",
      then: "422, with the part of the expression that is to blame",
      set: "--query.max-samples",
    },
    {
      what: "Series of a query",
      most: numberOf(flags, "query.max-series"),
      reached: refused(figures, "series"),
      unit: "count",
      then: "422, with the part of the expression that is to blame",
      set: "--query.max-series",
    },
    {
      what: "Memory of a query",
      most: each,
      reached: refused(figures, "memory"),
      unit: "bytes",
      then: "422, with the part of the expression that is to blame",
      set: "--query.max-memory",
    },
    {
      what: "Points of a series in an answer",
      most: POINTS_MAX,
      unit: "count",
      then: "400; a wider step asks for fewer",
      set: "fixed",
    },
  ];
}

/** Ways to push samples, each with a counter of requests by outcome. */
const WAYS = ["remote_write", "otlp", "push", "influx"];

function ofTraffic(figures: Figures, flags: Flags): Limit[] {
  const limited = WAYS.map((way) =>
    having(figures, `flyball_${way}_requests_total`, "outcome", ["limited"]),
  );
  return [
    {
      what: "Connections",
      most: numberOf(flags, "web.max-connections"),
      unit: "count",
      then: "503, to be tried again after 5 s; with TLS the connection is closed at once",
      set: "--web.max-connections",
    },
    {
      what: "Requests per second",
      most: undefined,
      unit: "count",
      then: "429, to be tried again when there is room",
      set: "rate_limit of the web configuration",
    },
    {
      what: "Pushes with new series",
      most: undefined,
      reached: limited.reduce((total, one) => total + one, 0),
      unit: "count",
      then: "429 for new series; what has its series already is stored",
      set: "limits: series_max, series_per_target_max",
    },
    {
      what: "Alerts that wait for an external Alertmanager",
      used: largest(figures, "flyball_notifications_queue_length"),
      most: sum(figures, "flyball_notifications_queue_capacity"),
      unit: "count",
      then: "the oldest are dropped and counted",
      set: "--alertmanager.notification-queue-capacity",
    },
    {
      what: "Open files",
      used: sum(figures, "process_open_fds"),
      most: sum(figures, "process_max_fds"),
      unit: "count",
      then: "new connections wait, those that are there go on; the log tells of it",
      set: "ulimit -n",
    },
  ];
}
