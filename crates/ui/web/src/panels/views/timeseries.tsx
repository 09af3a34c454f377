// Panel type `timeseries`: lines, bars, points, stacks, two axes, thresholds, annotations.
// From frames and their configuration to the model of `TimeChart`.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { resolveColor } from "../../charts/colors";
import type {
  ChartAxis,
  ChartLegend,
  ChartSeries,
  ChartTooltip,
  SeriesStyle,
  TimeChartModel,
} from "../../charts/model";
import { TimeChart } from "../../charts/TimeChart";
import { formatValue, isBinaryUnit } from "../../format/units";
import { limitsOf, type Look, show } from "../display";
import { type Field, type Frame, numberFields, timeField } from "../frame";
import type { Custom, FieldConfig } from "../model";
import { reduce } from "../reduce";
import { absoluteSteps, seriesColor } from "../thresholds";
import { optionsOf, type ViewProps } from "./props";

interface Options {
  legend: {
    displayMode?: string;
    placement?: string;
    calcs?: string[];
    showLegend?: boolean;
    sortBy?: string;
    sortDesc?: boolean;
    width?: number;
  };
  tooltip: { mode?: string; sort?: string; hideZeros?: boolean };
}

const SERIES_MAX = 500;

export function TimeSeriesView(props: ViewProps): JSX.Element {
  const { frames, look, data, panel, marks, chosen, choose } = props;
  const model = useMemo((): TimeChartModel => {
    const { legend, tooltip } = optionsOf<Options>(panel);
    const fields = drawn(frames);
    const axes = axesOf(fields, look);
    const first = fields[0]?.field.config;
    const thresholds = first && thresholdsOf(first, look);
    return {
      series: fields.map(({ field, frame }) => seriesOf(field, frame, look)),
      axes,
      fromMs: data.plan.fromMs,
      toMs: data.plan.toMs,
      zone: look.units.zone,
      legend: legendOf(legend),
      tooltip: tooltipOf(tooltip),
      marks,
      exemplars: data.exemplars,
      ...(thresholds ? { thresholds } : {}),
    };
  }, [frames, look, data, panel.options, marks]);
  return (
    <TimeChart
      model={model}
      label={props.title || "Chart"}
      syncKey={props.syncKey}
      loading={props.loading}
      isolated={chosen.series}
      onIsolate={(series) => choose({ series })}
      sort={chosen.sort}
      onSort={(sort) => choose({ sort })}
      onZoom={props.onZoom}
      onZoomOut={props.onZoomOut}
      onAnnotate={props.onAnnotate}
    />
  );
}

interface Drawn {
  field: Field;
  frame: Frame;
  time: Field;
}

/** Series with a time; a table of instants with a column of times counts, too. */
function drawn(frames: readonly Frame[]): Drawn[] {
  return frames
    .flatMap((frame) => {
      const time = timeField(frame);
      return time ? numberFields(frame).map((field) => ({ field, frame, time })) : [];
    })
    .slice(0, SERIES_MAX);
}

function seriesOf(field: Field, frame: Frame, look: Look): ChartSeries {
  const { config } = field;
  const custom = config.custom ?? {};
  const last = reduce("lastNotNull", field.values);
  const time = timeField(frame)!;
  const series: ChartSeries = {
    name: field.displayName ?? field.name,
    color: seriesColor(
      config,
      Math.max(0, field.seriesIndex ?? 0),
      look.theme,
      typeof last === "number" ? last : null,
    ),
    times: time.values as number[],
    values: field.values.map((value) =>
      typeof value === "boolean"
        ? Number(value)
        : Number.isFinite(value)
          ? (value as number)
          : null,
    ),
    style: styleOf(custom),
    axis: axisKey(config),
    negated: custom.transform === "negative-Y",
    format: (value) => show(value, config, { min: 0, max: 1 }, look).text,
  };
  if (custom.hideFrom) series.hideFrom = custom.hideFrom;
  if (custom.fillBelowTo) series.fillTo = custom.fillBelowTo;
  const { mode, group = "A" } = custom.stacking ?? {};
  if (mode === "normal" || mode === "percent")
    series.stack = { group, percent: mode === "percent" };
  return series;
}

const DASHES: Record<string, readonly number[]> = { dash: [10, 10], dot: [0, 10] };

function styleOf(custom: Custom): SeriesStyle {
  const style: SeriesStyle = {
    draw: custom.drawStyle ?? "line",
    interpolation: custom.lineInterpolation ?? "linear",
    lineWidth: custom.lineWidth ?? 1,
    fillOpacity: custom.fillOpacity ?? 0,
    points:
      custom.showPoints === "always" ? "always" : custom.showPoints === "never" ? "never" : "auto",
    pointSize: custom.pointSize ?? 5,
    spanNulls: custom.spanNulls ?? false,
    barWidth: custom.barWidthFactor ?? 0.6,
    barAlign: Math.sign(custom.barAlignment ?? 0) as -1 | 0 | 1,
  };
  if (custom.gradientMode === "opacity" || custom.gradientMode === "hue")
    style.gradient = "opacity";
  const fill = custom.lineStyle?.fill ?? "solid";
  if (fill !== "solid") style.dash = custom.lineStyle?.dash ?? DASHES[fill] ?? DASHES.dash!;
  return style;
}

/** Series of one unit, side and scale share an axis. */
function axisKey(config: FieldConfig): string {
  const custom = config.custom ?? {};
  return JSON.stringify([
    config.unit ?? "",
    custom.axisPlacement ?? "auto",
    custom.scaleDistribution?.type ?? "linear",
    custom.axisLabel ?? "",
    custom.stacking?.mode === "percent",
  ]);
}

function axesOf(fields: readonly Drawn[], look: Look): Record<string, ChartAxis> {
  const axes: Record<string, ChartAxis> = {};
  let automatic = 0;
  for (const { field } of fields) {
    const key = axisKey(field.config);
    const known = axes[key];
    if (known) {
      widen(known, field.config);
      continue;
    }
    const placement = field.config.custom?.axisPlacement ?? "auto";
    // Further units stand on the right, as there are two sides only.
    const side =
      placement === "right" || placement === "hidden" || placement === "left"
        ? placement
        : automatic++ === 0
          ? "left"
          : "right";
    axes[key] = axisOf(field.config, side, look);
  }
  if (Object.keys(axes).length === 0) axes.y = { side: "left", format: (value) => String(value) };
  return axes;
}

/** Limits of several fields on one axis: the wider ones. */
function widen(axis: ChartAxis, config: FieldConfig): void {
  if (config.min != null && axis.min !== undefined) axis.min = Math.min(axis.min, config.min);
  if (config.max != null && axis.max !== undefined) axis.max = Math.max(axis.max, config.max);
}

function axisOf(config: FieldConfig, side: ChartAxis["side"], look: Look): ChartAxis {
  const custom = config.custom ?? {};
  const percent = custom.stacking?.mode === "percent";
  const unit = percent ? "percentunit" : config.unit;
  const axis: ChartAxis = {
    side,
    format: (value, decimals) => formatValue(value, unit, decimals ?? config.decimals, look.units),
    binary: isBinaryUnit(unit),
    centeredZero: custom.axisCenteredZero ?? false,
    grid: custom.axisGridShow ?? true,
    label: custom.axisLabel ?? "",
  };
  if (config.min != null) axis.min = config.min;
  if (config.max != null) axis.max = config.max;
  if (percent) Object.assign(axis, { min: 0, max: 1 });
  if (custom.axisSoftMin !== undefined) axis.softMin = custom.axisSoftMin;
  if (custom.axisSoftMax !== undefined) axis.softMax = custom.axisSoftMax;
  const scale = custom.scaleDistribution;
  if (scale?.type === "log") axis.log = scale.log === 2 ? 2 : 10;
  if (scale?.type === "symlog") axis.symlog = scale.linearThreshold ?? 1;
  if (custom.axisColorMode === "series") axis.color = seriesColor(config, 0, look.theme, null);
  return axis;
}

function thresholdsOf(config: FieldConfig, look: Look): TimeChartModel["thresholds"] {
  const mode = config.custom?.thresholdsStyle?.mode ?? "off";
  if (mode === "off") return undefined;
  const steps = absoluteSteps(config, limitsOf([], config), look.theme).filter(
    (step) => step.color !== resolveColor("transparent", true, ""),
  );
  return {
    steps,
    lines: /line|dashed/.test(mode),
    areas: mode.includes("area"),
    dashed: mode.includes("dashed"),
  };
}

/** The legend of a chart from a panel's options. */
export function legendOf(legend: Options["legend"] | undefined): ChartLegend {
  if (legend?.showLegend === false || legend?.displayMode === "hidden") return { mode: "hidden" };
  const made: ChartLegend = {
    mode: legend?.displayMode === "table" ? "table" : "list",
    placement: legend?.placement === "right" ? "right" : "bottom",
    calcs: legend?.calcs ?? [],
  };
  if (legend?.sortBy)
    Object.assign(made, { sortBy: legend.sortBy, sortDesc: legend.sortDesc ?? true });
  return made;
}

function tooltipOf(tooltip: Options["tooltip"] | undefined): ChartTooltip {
  const mode = tooltip?.mode === "multi" || tooltip?.mode === "none" ? tooltip.mode : "single";
  const sort = tooltip?.sort === "asc" || tooltip?.sort === "desc" ? tooltip.sort : "none";
  return { mode, sort, hideZeros: tooltip?.hideZeros ?? false };
}
