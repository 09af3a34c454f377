// Range queries that move with the present: what was answered is kept, and only its newest part is asked again.
// Between `query` and the API. Pure.
// INV: joined series are what the whole question would have answered, but for samples that came later
// than OVERLAP_MS; the whole is asked again after WHOLE_EVERY_MS.

import { parseValue } from "./number";
import type { PlannedQuery } from "./plan";
import type { Sample, SeriesAnswer } from "./prometheus_frames";

/** Steps younger than this are asked again, as scrapes and pushes may come late. */
const OVERLAP_MS = 30_000;
const WHOLE_EVERY_MS = 60_000;
/** Samples that are kept of one query. */
const SAMPLES_MAX = 200_000;

/** What is kept of a query. */
export interface Kept {
  query: PlannedQuery;
  series: SeriesAnswer[];
  /** When the whole was asked. */
  wholeAtMs: number;
}

/** From where to ask when the older part is kept already; nothing when all must be asked. */
export function tailStart(
  kept: Kept | undefined,
  query: PlannedQuery,
  nowMs: number,
): number | undefined {
  if (!kept || !continues(kept.query, query) || nowMs - kept.wholeAtMs >= WHOLE_EVERY_MS)
    return undefined;
  const { stepMs, startMs, endMs } = query;
  const overlap = Math.max(stepMs, Math.min(OVERLAP_MS, (endMs - startMs) / 4));
  const from = kept.query.endMs - Math.floor(overlap / stepMs) * stepMs;
  return from > startMs ? from : undefined;
}

/** The same question, moved forward by less than its length. */
function continues(before: PlannedQuery, now: PlannedQuery): boolean {
  const isSame =
    before.expr === now.expr && before.stepMs === now.stepMs && before.format === now.format;
  // `@ end()` and its like depend on the whole range.
  if (!isSame || now.expr.includes("@")) return false;
  return (
    now.startMs >= before.startMs &&
    now.endMs >= before.endMs &&
    now.startMs < before.endMs &&
    (now.startMs - before.startMs) % now.stepMs === 0
  );
}

/** Old and new part as one; nothing when a series began or they are of a kind that cannot be joined. */
export function joined(
  kept: Kept,
  tail: readonly SeriesAnswer[],
  query: PlannedQuery,
  fromMs: number,
): SeriesAnswer[] | undefined {
  const fresh = new Map(tail.map((one) => [keyOf(one), one]));
  const made: SeriesAnswer[] = [];
  for (const old of kept.series) {
    const key = keyOf(old);
    const values = old.values ?? [];
    const first = placeOf(values, query.startMs / 1000);
    const last = placeOf(values, fromMs / 1000);
    const added = numbers(fresh.get(key)?.values ?? []);
    fresh.delete(key);
    const whole = [...values.slice(first, last), ...added];
    if (whole.length > 0) made.push({ metric: old.metric, values: whole });
  }
  return fresh.size > 0 || !isJoinable(tail) ? undefined : made;
}

/** What to keep of an answer; nothing of one that is too large or cannot be joined. */
export function keep(
  query: PlannedQuery,
  series: readonly SeriesAnswer[],
  wholeAtMs: number,
): Kept | undefined {
  const samples = series.reduce((total, one) => total + (one.values?.length ?? 0), 0);
  if (samples > SAMPLES_MAX || !isJoinable(series)) return undefined;
  const kept = series.map(({ metric, values = [] }) => ({ metric, values: numbers(values) }));
  return { query, series: kept, wholeAtMs };
}

function isJoinable(series: readonly SeriesAnswer[]): boolean {
  return series.every((one) => one.histograms === undefined);
}

function keyOf({ metric }: SeriesAnswer): string {
  return JSON.stringify(metric);
}

/** Texts are read once, not with every refresh. */
function numbers(values: readonly Sample[]): Sample[] {
  return values.map((sample) =>
    typeof sample[1] === "number" ? sample : [sample[0], parseValue(sample[1])],
  );
}

/** The first place of a sample that is not before `seconds`; the times are in order. */
function placeOf(values: readonly Sample[], seconds: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    // Times are rounded to milliseconds by the server; halves of one do not matter.
    if (values[middle]![0] < seconds - 0.0005) low = middle + 1;
    else high = middle;
  }
  return low;
}
