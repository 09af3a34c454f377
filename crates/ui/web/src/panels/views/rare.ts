// Views that most dashboards do without; their code is loaded when one is shown.

import "./rare.css";

export { BarChartView } from "./barchart";
export { HeatmapView } from "./heatmap";
export { AlertListView, DashListView, LogsView } from "./lists";
export { PieView } from "./pie";
export { StatesView } from "./states";
export { TextView } from "./text";
