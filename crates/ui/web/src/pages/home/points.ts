// The last few minutes of one value: loaded once, then a point a second.
// Pure: a sorted list of bounded length.

import type { QueryResult, Sample } from "../../api/prometheus";

export interface Point {
  readonly timeMs: number;
  readonly value: number;
}

/** Adds points; of two with one time the later one stays; what is older than `spanMs` goes. */
export function extended(
  points: readonly Point[],
  added: readonly Point[],
  spanMs: number,
): readonly Point[] {
  const byTime = new Map(points.map((point) => [point.timeMs, point]));
  for (const point of added) if (Number.isFinite(point.value)) byTime.set(point.timeMs, point);
  const sorted = [...byTime.values()].sort((a, b) => a.timeMs - b.timeMs);
  const newest = sorted.at(-1)?.timeMs ?? 0;
  return sorted.filter((point) => newest - point.timeMs <= spanMs);
}

/** The points of samples as the server writes them. */
export function asPoints(samples: readonly Sample[] = []): Point[] {
  return samples.map(([seconds, value]) => ({ timeMs: seconds * 1000, value: Number(value) }));
}

/** The value of the first series, or of a scalar. */
export function firstValue(result: QueryResult): number {
  if (result.resultType === "vector") return Number(result.result[0]?.value?.[1] ?? Number.NaN);
  if (result.resultType === "scalar") return Number(result.result[1]);
  return Number.NaN;
}

/** An SVG path through the points in a box of `width` by `height`; gaps stay gaps. */
export function sparkPath(
  points: readonly Point[],
  box: {
    readonly width: number;
    readonly height: number;
    readonly spanMs: number;
    readonly top: number;
  },
): string {
  const newest = points.at(-1)?.timeMs ?? 0;
  const x = (ms: number) => box.width * (1 - (newest - ms) / box.spanMs);
  const y = (value: number) => box.height * (1 - Math.min(1, Math.max(0, value / box.top)));
  let path = "";
  let before: Point | undefined;
  for (const point of points) {
    const isGap = !before || point.timeMs - before.timeMs > box.spanMs / 10;
    path += `${isGap ? "M" : "L"}${x(point.timeMs).toFixed(1)} ${y(point.value).toFixed(1)}`;
    before = point;
  }
  return path;
}

/** The mean of what lies within so many milliseconds of the newest; nothing of too few points. */
export function recentMean(points: readonly Point[], spanMs: number, least: number): number {
  const newest = points.at(-1)?.timeMs ?? 0;
  const recent = points.filter(({ timeMs }) => newest - timeMs < spanMs);
  if (recent.length < least) return Number.NaN;
  return recent.reduce((sum, { value }) => sum + value, 0) / recent.length;
}
