// What a time chart is made of: series, axes, legend, tooltip, marks.
// Written by panels and pages, drawn by `Plot` and `TimeChart`.
// Plain data; colours are CSS texts that a canvas understands.

import type uPlot from "uplot";
import type { ChartTheme } from "./theme";

export interface SeriesStyle {
  draw?: "line" | "bars" | "points";
  interpolation?: "linear" | "smooth" | "stepBefore" | "stepAfter";
  lineWidth?: number;
  /** 0 to 100. */
  fillOpacity?: number;
  gradient?: "none" | "opacity" | "hue" | "scheme";
  dash?: readonly number[];
  points?: "never" | "auto" | "always";
  pointSize?: number;
  barWidth?: number;
  barAlign?: -1 | 0 | 1;
  /** Bridge gaps: all of them, or those shorter than so many milliseconds. */
  spanNulls?: boolean | number;
}

export interface ChartSeries {
  name: string;
  color: string;
  times: readonly number[];
  values: readonly (number | null | undefined)[];
  style?: SeriesStyle;
  /** Key of an axis in `axes`; the first one when left out. */
  axis?: string;
  stack?: { group: string; percent?: boolean };
  /** The name of the series that this one's area is filled down to. */
  fillTo?: string;
  /** Drawn upside down, shown as it was measured. */
  negated?: boolean;
  hideFrom?: { legend?: boolean; tooltip?: boolean; viz?: boolean };
  format?: (value: number) => string;
  /** Values with a meaning of their own ("up"), shown instead of the number. */
  links?: readonly { title: string; href: string; blank: boolean }[];
}

export interface ChartAxis {
  side: "left" | "right" | "hidden";
  label?: string;
  format: (value: number, decimals?: number) => string;
  min?: number;
  max?: number;
  softMin?: number;
  softMax?: number;
  log?: 2 | 10;
  symlog?: number;
  binary?: boolean;
  centeredZero?: boolean;
  grid?: boolean;
  color?: string;
  zeroBased?: boolean;
}

export interface ChartThreshold {
  value: number;
  color: string;
}

export interface ChartMark {
  timeMs: number;
  endMs?: number;
  color: string;
  title: string;
  text?: string;
  tags?: readonly string[];
  /** Ids of the only panels that show it, or of those that do not. */
  on?: readonly number[];
  except?: readonly number[];
}

export interface ChartExemplar {
  timeMs: number;
  value: number;
  labels: Readonly<Record<string, string>>;
}

/** Exemplars of a chart, which know how they are drawn: their code is loaded with them. */
export interface ChartExemplars {
  draw(u: uPlot, scale: string, theme: ChartTheme): void;
  /** Heading and lines about the one under the cursor (CSS pixels of the plot); none: empty. */
  at(
    u: uPlot,
    model: TimeChartModel,
    scale: string,
    cursor: { left: number; top: number },
  ): string[];
}

export interface ChartLegend {
  mode: "list" | "table" | "hidden";
  placement?: "bottom" | "right";
  calcs?: readonly string[];
  width?: number;
  sortBy?: string;
  sortDesc?: boolean;
}

export interface ChartTooltip {
  mode: "single" | "multi" | "none";
  sort?: "none" | "asc" | "desc";
  hideZeros?: boolean;
}

export interface TimeChartModel {
  series: readonly ChartSeries[];
  axes: Readonly<Record<string, ChartAxis>>;
  fromMs: number;
  toMs: number;
  zone: string;
  legend?: ChartLegend;
  tooltip?: ChartTooltip;
  thresholds?: {
    steps: readonly ChartThreshold[];
    lines: boolean;
    areas: boolean;
    dashed?: boolean;
  };
  marks?: readonly ChartMark[];
  exemplars?: ChartExemplars | undefined;
}
