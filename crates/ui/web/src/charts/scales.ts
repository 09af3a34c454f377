// Ranges of the value axes: padding, limits hard and soft, zero, logarithms.
// Used by `Plot`. Pure.

import uPlot from "uplot";
import type { ChartAxis } from "./model";

type Range = [number, number];

/** The range of an axis for data between these two values (null: no data). */
export function valueRange(axis: ChartAxis, dataMin: number | null, dataMax: number | null): Range {
  const low = finite(dataMin) ?? axis.min ?? axis.softMin ?? 0;
  const high = finite(dataMax) ?? axis.max ?? axis.softMax ?? Math.max(1, low);
  if (axis.log) return logRange(axis, low, high);
  const [from, to] = axis.centeredZero ? centered(low, high) : padded(axis, low, high);
  const min = axis.min ?? from;
  const max = axis.max ?? to;
  return min < max ? [min, max] : [min, min + Math.max(1, Math.abs(min) * 0.1)];
}

const finite = (value: number | null): number | undefined =>
  value === null || value === undefined || !Number.isFinite(value) ? undefined : value;

function padded(axis: ChartAxis, low: number, high: number): Range {
  const from = Math.min(low, axis.softMin ?? low);
  // Nothing but zeros stands on a scale up to one, not up to a hundred: that were 10,000%.
  const to = Math.max(high, axis.softMax ?? high) || +!from;
  if (axis.zeroBased)
    return uPlot.rangeNum(Math.min(0, from), Math.max(0, to), side(axis, 1)) as Range;
  return uPlot.rangeNum(from, to, side(axis, 3)) as Range;
}

/** A tenth of room on each side; zero is a natural end when it is near (mode 3) or always (mode 1). */
function side(axis: ChartAxis, mode: 1 | 3): uPlot.Range.Config {
  const min =
    axis.softMin === undefined
      ? { pad: 0.1, soft: 0, mode }
      : { pad: 0, soft: axis.softMin, mode: 1 as const };
  const max =
    axis.softMax === undefined
      ? { pad: 0.1, soft: 0, mode }
      : { pad: 0, soft: axis.softMax, mode: 1 as const };
  return { min, max };
}

function centered(low: number, high: number): Range {
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return [-most * 1.1, most * 1.1];
}

function logRange(axis: ChartAxis, low: number, high: number): Range {
  const least = axis.min && axis.min > 0 ? axis.min : low > 0 ? low : 1e-3;
  const most = axis.max ?? (high > least ? high : least * 10);
  const [from, to] = uPlot.rangeLog(least, most, axis.log ?? 10, true) as Range;
  return [axis.min && axis.min > 0 ? axis.min : from, axis.max ?? to];
}

const BINARY_STEPS = Array.from({ length: 90 }, (_step, i) => 2 ** (i - 20));

/** Distances of ticks for units that count in powers of two. */
export function binarySteps(): number[] {
  return BINARY_STEPS;
}
