// A dashboard with a panel of every type, and how each is known to be drawn.

export interface Drawn {
  readonly type: string;
  /** What is there when it is drawn. */
  readonly shows: string;
  readonly expr?: string;
  readonly target?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly rest?: Readonly<Record<string, unknown>>;
}

const BUCKETS = `label_replace(vector(1), "le", "1", "", "") or label_replace(vector(3), "le", "2", "", "")`;

/** Every type of panel, as Grafana writes it. */
export const TYPES: readonly Drawn[] = [
  { type: "timeseries", shows: ".chart-plot canvas" },
  {
    type: "graph",
    shows: ".chart-plot canvas",
    rest: { yaxes: [{ format: "s" }, {}], lines: true },
  },
  { type: "stat", shows: ".stat-value" },
  { type: "singlestat", shows: ".stat-value", rest: { valueName: "current", format: "short" } },
  { type: "gauge", shows: ".gauge-value" },
  { type: "bargauge", shows: ".bar-fill" },
  { type: "table", shows: ".data-table td", target: { format: "table", instant: true } },
  { type: "table-old", shows: ".data-table td", target: { format: "table", instant: true } },
  {
    type: "text",
    shows: ".markdown strong",
    options: { mode: "markdown", content: "**bold** $kind" },
  },
  { type: "heatmap", shows: ".heatmap canvas", expr: BUCKETS, target: { format: "heatmap" } },
  { type: "piechart", shows: ".pie svg path" },
  { type: "state-timeline", shows: ".state-piece" },
  { type: "status-history", shows: ".state-piece" },
  { type: "barchart", shows: ".column-fill", target: { format: "table", instant: true } },
  { type: "logs", shows: ".logs li", target: { format: "table", instant: true } },
  { type: "alertlist", shows: ".list-panel li" },
  { type: "dashlist", shows: ".list-panel li", options: { showSearch: true, showStarred: false } },
  {
    type: "acme-unknown-panel",
    shows: ".panel-note + * .data-table td, .panel-note ~ * .data-table td",
  },
];

const NO_QUERY = ["text", "alertlist", "dashlist"];

function panelOf(drawn: Drawn, place: number): object {
  const expr = drawn.expr ?? 'shop_orders_total{kind=~"$kind"}';
  const target = { refId: "A", expr, legendFormat: "{{kind}}", ...drawn.target };
  return {
    id: place + 1,
    type: drawn.type,
    title: `As ${drawn.type}`,
    gridPos: { x: (place % 4) * 6, y: Math.floor(place / 4) * 6, w: 6, h: 6 },
    ...(NO_QUERY.includes(drawn.type) ? {} : { targets: [target] }),
    options: drawn.options ?? {},
    ...drawn.rest,
  };
}

export interface BoardOfPanels {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly object[];
}

/** Panels of every type about a counter with the label `kind`. */
export function everyPanel(title: string, metric: string): BoardOfPanels {
  const kind = {
    name: "kind",
    type: "query",
    query: `label_values(${metric}, kind)`,
    multi: true,
    includeAll: true,
    current: { text: "All", value: "$__all" },
    refresh: 1,
  };
  const board = {
    uid: "types",
    title,
    schemaVersion: 30,
    time: { from: "now-2m", to: "now" },
    templating: { list: [kind, { name: "Filters", type: "adhoc", filters: [] }] },
    panels: TYPES.map((drawn, place) => panelOf(drawn, place)),
  };
  return board;
}
