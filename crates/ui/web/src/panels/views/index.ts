// Which view draws which panel type; a type nobody knows shows its data as a table under its name.

import { lazyPart } from "../lazy";
import { BarGaugeView } from "./bargauge";
import { GaugeView } from "./gauge";
import type { View, ViewProps } from "./props";
import { StatView } from "./stat";
import { TimeSeriesView } from "./timeseries";

type Rare = Pick<
  typeof import("./rare"),
  | "BarChartView"
  | "HeatmapView"
  | "AlertListView"
  | "DashListView"
  | "LogsView"
  | "PieView"
  | "StatesView"
  | "TextView"
>;

const rare = (name: keyof Rare): View =>
  lazyPart<ViewProps>(() => import("./rare").then((module): View => module[name]));

const [BarChartView, HeatmapView, PieView, StatesView] = [
  rare("BarChartView"),
  rare("HeatmapView"),
  rare("PieView"),
  rare("StatesView"),
];
const [LogsView, AlertListView, DashListView, TextView] = [
  rare("LogsView"),
  rare("AlertListView"),
  rare("DashListView"),
  rare("TextView"),
];

/** Tables, also for types that nobody knows. */
export const TableView: View = lazyPart<ViewProps>(() =>
  import("./table").then((module): View => module.TableView),
);

const VIEWS: Record<string, View> = {
  "timeseries": TimeSeriesView,
  "graph": TimeSeriesView,
  "stat": StatView,
  "singlestat": StatView,
  "gauge": GaugeView,
  "bargauge": BarGaugeView,
  "table": TableView,
  "table-old": TableView,
  "text": TextView,
  "heatmap": HeatmapView,
  "piechart": PieView,
  "grafana-piechart-panel": PieView,
  "state-timeline": StatesView,
  "status-history": StatesView,
  "barchart": BarChartView,
  "histogram": BarChartView,
  "logs": LogsView,
  "alertlist": AlertListView,
  "dashlist": DashListView,
};

/** The view of a panel type, or nothing for an unknown one. */
export function viewOf(type: string): View | undefined {
  return Object.hasOwn(VIEWS, type) ? VIEWS[type] : undefined;
}

/** Types that show something without a query. */
export function needsData(type: string): boolean {
  return !["text", "alertlist", "dashlist", "row", "news", "welcome"].includes(type);
}

/** The panel types to choose from. */
export const PANEL_TYPES: readonly { type: string; name: string }[] = [
  { type: "timeseries", name: "Time series" },
  { type: "stat", name: "Stat" },
  { type: "gauge", name: "Gauge" },
  { type: "bargauge", name: "Bar gauge" },
  { type: "table", name: "Table" },
  { type: "barchart", name: "Bar chart" },
  { type: "piechart", name: "Pie chart" },
  { type: "state-timeline", name: "State timeline" },
  { type: "status-history", name: "Status history" },
  { type: "heatmap", name: "Heatmap" },
  { type: "histogram", name: "Histogram" },
  { type: "text", name: "Text" },
  { type: "logs", name: "Logs" },
  { type: "alertlist", name: "Alert list" },
  { type: "dashlist", name: "Dashboard list" },
];
