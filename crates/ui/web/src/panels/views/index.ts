// Which view draws which panel type; a type nobody knows shows its data as a table under its name.
// The code of a view is loaded with the first dashboard that has one.

import { type LazyPart, lazyPart } from "../../components/lazy";
import type { View, ViewProps } from "./props";

type Rare = typeof import("./rare");
type Lazy = LazyPart<ViewProps>;

const lazy = (load: () => Promise<View>): Lazy => lazyPart<ViewProps>(load);
const rare = (name: keyof Rare): Lazy =>
  lazy(() => import("./rare").then((module): View => module[name]));

const TimeSeriesView = lazy(() =>
  import("./timeseries").then((module): View => module.TimeSeriesView),
);
const StatView = lazy(() => import("./stat").then((module): View => module.StatView));
const GaugeView = lazy(() => import("./gauge").then((module): View => module.GaugeView));
const BarGaugeView = lazy(() => import("./bargauge").then((module): View => module.BarGaugeView));
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
export const TableView: Lazy = lazy(() =>
  import("./table").then((module): View => module.TableView),
);

const VIEWS: Record<string, Lazy> = {
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

/** Loads the code of these types while their data is on its way. */
export function preloadViews(types: Iterable<string>): void {
  for (const type of new Set(types)) if (type !== "row") (viewOf(type) ?? TableView).preload();
}

/** The view of a panel type, or nothing for an unknown one. */
export function viewOf(type: string): Lazy | undefined {
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
