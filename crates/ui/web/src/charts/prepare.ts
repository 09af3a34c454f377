// From the model to what uPlot draws: one time axis, signs, gaps, stacks, bands between series.
// Between `TimeChart` and `Plot`. Pure.

import { align, spanNulls, stack, type Values } from "./align";
import type { ChartSeries, TimeChartModel } from "./model";

export interface PreparedBand {
  /** Index of the upper and of the lower series. */
  upper: number;
  lower: number;
  /** Filled upwards, for stacks below zero. */
  up: boolean;
}

export interface Prepared {
  series: readonly ChartSeries[];
  /** Scale of each series. */
  axes: string[];
  times: number[];
  /** As measured. */
  raw: Values[];
  /** As drawn: signed, stacked, gaps bridged where asked for. */
  drawn: Values[];
  bands: PreparedBand[];
  /** Of a stack or of areas that stand on each other: only the lowest fills down to zero. */
  onOther: boolean[];
}

/** Aligns and stacks the series that are shown; `hidden` names those switched off in the legend. */
export function prepare(model: TimeChartModel, hidden: ReadonlySet<string>): Prepared {
  const series = model.series.filter((one) => !hidden.has(one.name) && !one.hideFrom?.viz);
  const { times, values } = align(series);
  const fallback = Object.keys(model.axes)[0] ?? "y";
  const axes = series.map((one) => (one.axis && model.axes[one.axis] ? one.axis : fallback));
  const signed = values.map((row, i) => (series[i]!.negated ? row.map(negative) : row));
  const stacked = stack(
    signed.map((row, i) => ({ values: row, ...membership(series[i]!, axes[i]!) })),
  );
  const drawn = stacked.values.map((row, i) =>
    spanNulls(times, row, series[i]!.style?.spanNulls ?? false),
  );
  const bands = stacked.below.flatMap((lower, upper) =>
    lower < 0 ? [] : [{ upper, lower, up: signed[upper]!.some((value) => (value ?? 0) < 0) }],
  );
  return {
    series,
    axes,
    times,
    raw: values,
    drawn,
    bands: [...bands, ...filledBands(series)],
    onOther: stacked.below.map((lower) => lower >= 0),
  };
}

const negative = (value: number | null | undefined): number | null | undefined =>
  value ? -value : value;

function membership(series: ChartSeries, axis: string): { group?: string; percent?: boolean } {
  if (!series.stack) return {};
  // Lines, bars and points are stacked among their own kind.
  const group = `${axis} ${series.style?.draw ?? "line"} ${series.stack.group}`;
  return { group, percent: series.stack.percent ?? false };
}

function filledBands(series: readonly ChartSeries[]): PreparedBand[] {
  return series.flatMap((one, upper) => {
    const lower =
      one.fillTo === undefined ? -1 : series.findIndex((other) => other.name === one.fillTo);
    return lower >= 0 && lower !== upper ? [{ upper, lower, up: false }] : [];
  });
}

/** Whether two models differ in their numbers only, so that the drawing can stay and get new data. */
export function sameShape(a: Prepared, b: Prepared): boolean {
  return (
    a.series.length === b.series.length &&
    a.axes.every((axis, i) => axis === b.axes[i]) &&
    JSON.stringify(a.bands) === JSON.stringify(b.bands) &&
    a.series.every((one, i) => looksSame(one, b.series[i]!))
  );
}

function looksSame(a: ChartSeries, b: ChartSeries): boolean {
  if (a.name !== b.name || a.color !== b.color || a.negated !== b.negated) return false;
  const rest = (one: ChartSeries): string => JSON.stringify([one.style, one.hideFrom]);
  return (a.style === b.style && a.hideFrom === b.hideFrom) || rest(a) === rest(b);
}

/** Places of points whose neighbours are missing: a line alone would not show them. */
export function lonely(values: Values): number[] {
  const there = (i: number): boolean => values[i] !== null && values[i] !== undefined;
  const joined = (i: number, step: number): boolean => {
    let at = i + step;
    while (at >= 0 && at < values.length && values[at] === undefined) at += step;
    return there(at);
  };
  return values.flatMap((_value, i) => (there(i) && !joined(i, -1) && !joined(i, 1) ? [i] : []));
}
