// uPlot's options for a prepared chart: scales, axes, series, bands.
// Used by `Plot` alone; everything that depends on data only is read through `now()`.
// Path builders are made once for all charts.

import uPlot from "uplot";
import { axisTimes } from "../format/dates";
import { tickLabels } from "../format/decimals";
import { withAlpha } from "./colors";
import type { ChartAxis, ChartSeries, SeriesStyle, TimeChartModel } from "./model";
import { lonely, type Prepared } from "./prepare";
import { binarySteps, valueRange } from "./scales";
import type { ChartTheme } from "./theme";

export interface Painted {
  model: TimeChartModel;
  prepared: Prepared;
  theme: ChartTheme;
}

const LINES = {
  linear: uPlot.paths.linear!(),
  smooth: uPlot.paths.spline!(),
  stepBefore: uPlot.paths.stepped!({ align: -1 }),
  stepAfter: uPlot.paths.stepped!({ align: 1 }),
};

export function scalesOf(now: () => Painted): uPlot.Scales {
  const { model, prepared } = now();
  const scales: uPlot.Scales = {
    x: { time: true, range: () => [now().model.fromMs, now().model.toMs] },
  };
  for (const key of Object.keys(model.axes)) {
    const axis = model.axes[key]!;
    const scale: uPlot.Scale = {
      auto: true,
      range: (_u, min, max) => valueRange(based(now(), key), min, max),
    };
    if (axis.log) Object.assign(scale, { distr: 3, log: axis.log });
    else if (axis.symlog !== undefined) Object.assign(scale, { distr: 4, asinh: axis.symlog || 1 });
    if (prepared.axes.includes(key) || Object.keys(model.axes)[0] === key) scales[key] = scale;
  }
  return scales;
}

/** Bars and stacks grow from zero, so zero must be seen. */
function based({ model, prepared }: Painted, key: string): ChartAxis {
  const axis = model.axes[key]!;
  const grows = prepared.series.some(
    (one, i) => prepared.axes[i] === key && (one.stack !== undefined || one.style?.draw === "bars"),
  );
  return grows ? { ...axis, zeroBased: true } : axis;
}

export function axesOf(now: () => Painted): uPlot.Axis[] {
  const { model, theme, prepared } = now();
  const used = Object.keys(model.axes).filter((key, i) => i === 0 || prepared.axes.includes(key));
  const line = { stroke: theme.grid, width: 1 };
  const common = { stroke: theme.muted, font: theme.font, ticks: { ...line, size: 4 }, gap: 4 };
  const time: uPlot.Axis = {
    ...common,
    grid: line,
    size: 26,
    space: (_u, _axis, _min, _max, dim) => (dim < 400 ? 60 : 76),
    values: (u, splits, _axis, _space, step) =>
      withoutCut(u, splits, axisTimes(splits, step, now().model.zone)),
  };
  let gridded = false;
  const values = used.map((key): uPlot.Axis => {
    const axis = model.axes[key]!;
    const grid = axis.side !== "hidden" && axis.grid !== false && !gridded;
    gridded ||= grid;
    return valueAxis(key, axis, common, { ...line, show: grid });
  });
  return [time, ...values];
}

function valueAxis(
  key: string,
  axis: ChartAxis,
  common: uPlot.Axis,
  grid: uPlot.Axis.Grid,
): uPlot.Axis {
  const options: uPlot.Axis = {
    ...common,
    grid,
    scale: key,
    side: axis.side === "right" ? 1 : 3,
    show: axis.side !== "hidden",
    space: 32,
    size: sizeOfValues,
    values: (_u, splits) => tickTexts(splits as (number | null)[], axis),
  };
  if (axis.color) options.stroke = axis.color;
  if (axis.label)
    Object.assign(options, {
      label: axis.label,
      labelSize: 18,
      labelGap: 2,
      labelFont: common.font,
    });
  if (axis.binary && !axis.log) options.incrs = binarySteps();
  return options;
}

function tickTexts(splits: readonly (number | null)[], axis: ChartAxis): (string | null)[] {
  const values = splits.filter((value): value is number => value !== null);
  if (axis.log || axis.symlog !== undefined)
    return splits.map((v) => (v === null ? null : axis.format(v)));
  const clean = values.map((value) => Number(value.toPrecision(12)));
  return tickLabels(clean, axis.format);
}

/** Room beside the plot that a label of the time axis may take. */
export const RIGHT_PX = 10;

/** The texts of the time axis without a last one that the edge of the chart would cut. */
function withoutCut(u: uPlot, splits: readonly number[], texts: string[]): string[] {
  const { min, max } = u.scales.x ?? {};
  const [last, text] = [splits.at(-1), texts.at(-1)];
  if (last === undefined || !text || min == null || max == null || !(max > min)) return texts;
  const widest = Math.max(...text.split("\n").map(widthOf));
  const room = ((max - last) / (max - min)) * (u.bbox.width / devicePixelRatio) + RIGHT_PX;
  return widest / 2 > room ? [...texts.slice(0, -1), ""] : texts;
}

let ruler: CanvasRenderingContext2D | null | undefined;

/** Width of a label, px. */
function widthOf(text: string): number {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return 7 * text.length;
  ruler.font = "12px system-ui, sans-serif";
  return ruler.measureText(text).width;
}

/** The width of the widest label; measured once per drawing, so that the axis does not swing. */
const sizeOfValues: uPlot.Axis.Size = (u, values, axisIndex, cycle) => {
  const axis = u.axes[axisIndex] as uPlot.Axis & { _size?: number };
  if (cycle > 1) return axis._size ?? 50;
  const widest = (values ?? []).reduce((most, text) => Math.max(most, widthOf(text ?? "")), 12);
  return Math.ceil(widest) + 14;
};

export function seriesOf(now: () => Painted): uPlot.Series[] {
  const { prepared } = now();
  return [{}, ...prepared.series.map((one, i) => oneSeries(one, i, now))];
}

function oneSeries(series: ChartSeries, index: number, now: () => Painted): uPlot.Series {
  const { prepared } = now();
  const style = series.style ?? {};
  const draw = style.draw ?? "line";
  const options: uPlot.Series = {
    label: series.name,
    scale: prepared.axes[index]!,
    stroke: series.color,
    spanGaps: false,
    width: draw === "points" ? 0 : (style.lineWidth ?? 1),
    points: pointsOf(series, index, now),
  };
  if (draw === "points") options.paths = () => null;
  else if (draw === "bars") options.paths = barsOf(style);
  else options.paths = LINES[style.interpolation ?? "linear"] ?? LINES.linear;
  if (style.dash?.length) options.dash = [...style.dash];
  const fill = fillOf(series);
  if (fill && !prepared.onOther[index]) options.fill = fill;
  else if (fill || prepared.bands.some((band) => band.upper === index))
    options.fill = "transparent";
  return options;
}

function barsOf(style: SeriesStyle): uPlot.Series.PathBuilder {
  return uPlot.paths.bars!({ size: [style.barWidth ?? 0.6, 60], align: style.barAlign ?? 0 });
}

function pointsOf(series: ChartSeries, index: number, now: () => Painted): uPlot.Series.Points {
  const style = series.style ?? {};
  const points: uPlot.Series.Points = {
    size: style.pointSize ?? 5,
    fill: series.color,
    stroke: series.color,
  };
  if (style.draw === "points" || style.points === "always") return { ...points, show: true };
  if (style.draw === "bars") return { show: false };
  if (style.points === "auto") return points;
  return { ...points, show: true, filter: () => lonely(now().prepared.drawn[index] ?? []) };
}

/** The area's colour; a bar without one would be empty, so it gets a little. */
export function fillOf(series: ChartSeries): uPlot.Series.Fill | undefined {
  const style = series.style ?? {};
  const opacity = (style.fillOpacity ?? 0) / 100;
  if (opacity <= 0) return undefined;
  if (style.gradient !== "opacity") return withAlpha(series.color, opacity);
  return (u) => {
    const { top, height } = u.bbox;
    if (!Number.isFinite(top) || height <= 0) return withAlpha(series.color, opacity);
    const gradient = u.ctx.createLinearGradient(0, top, 0, top + height);
    gradient.addColorStop(0, withAlpha(series.color, opacity));
    gradient.addColorStop(1, withAlpha(series.color, opacity * 0.1));
    return gradient;
  };
}

export function bandsOf(prepared: Prepared): uPlot.Band[] {
  return prepared.bands.map(({ upper, lower, up }) => {
    const series = prepared.series[upper]!;
    const opacity = (series.style?.fillOpacity ?? 0) / 100;
    return {
      series: [upper + 1, lower + 1],
      fill: withAlpha(series.color, opacity),
      dir: up ? 1 : -1,
    };
  });
}
