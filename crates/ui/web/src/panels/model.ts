// Grafana's classic dashboard JSON (schema 41) as far as it is rendered; the server has migrated it.
// Read by panels and dashboards; the editor writes the same shape back.
// Plain data: unknown members stay in the objects and are saved again.

export interface DataSourceRef {
  type?: string;
  uid?: string;
}

export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Target {
  refId: string;
  expr?: string;
  legendFormat?: string;
  format?: "time_series" | "table" | "heatmap";
  instant?: boolean;
  range?: boolean;
  interval?: string;
  intervalFactor?: number;
  exemplar?: boolean;
  hide?: boolean;
  datasource?: DataSourceRef | string | null;
  [other: string]: unknown;
}

export interface ThresholdStep {
  value: number | null;
  color: string;
}

export interface Thresholds {
  mode?: "absolute" | "percentage";
  steps: ThresholdStep[];
}

export interface MappingResult {
  text?: string;
  color?: string;
  index?: number;
}

export type ValueMapping =
  | { type: "value"; options: Record<string, MappingResult> }
  | { type: "range"; options: { from: number | null; to: number | null; result: MappingResult } }
  | { type: "regex"; options: { pattern: string; result: MappingResult } }
  | { type: "special"; options: { match: string; result: MappingResult } };

export interface Link {
  title?: string;
  url?: string;
  targetBlank?: boolean;
  type?: string;
  tags?: string[];
  asDropdown?: boolean;
  includeVars?: boolean;
  keepTime?: boolean;
  icon?: string;
  tooltip?: string;
}

export interface FieldColor {
  mode?: string;
  fixedColor?: string;
  seriesBy?: string;
}

export interface Custom {
  drawStyle?: "line" | "bars" | "points";
  lineInterpolation?: "linear" | "smooth" | "stepBefore" | "stepAfter";
  lineWidth?: number;
  fillOpacity?: number;
  fillBelowTo?: string;
  gradientMode?: string;
  lineStyle?: { fill?: string; dash?: number[] };
  pointSize?: number;
  showPoints?: string;
  spanNulls?: boolean | number;
  insertNulls?: boolean | number;
  stacking?: { mode?: "none" | "normal" | "percent"; group?: string };
  barAlignment?: number;
  barWidthFactor?: number;
  axisPlacement?: "auto" | "left" | "right" | "hidden";
  axisLabel?: string;
  axisSoftMin?: number;
  axisSoftMax?: number;
  axisWidth?: number;
  axisCenteredZero?: boolean;
  axisGridShow?: boolean;
  axisColorMode?: string;
  scaleDistribution?: {
    type?: "linear" | "log" | "symlog";
    log?: number;
    linearThreshold?: number;
  };
  thresholdsStyle?: { mode?: string };
  transform?: string;
  hideFrom?: { legend?: boolean; tooltip?: boolean; viz?: boolean };
  align?: string;
  width?: number;
  minWidth?: number;
  hidden?: boolean;
  filterable?: boolean;
  displayMode?: string;
  cellOptions?: { type?: string; mode?: string; [other: string]: unknown };
  [other: string]: unknown;
}

export interface FieldConfig {
  displayName?: string;
  displayNameFromDS?: string;
  unit?: string;
  decimals?: number | null;
  min?: number | null;
  max?: number | null;
  color?: FieldColor;
  thresholds?: Thresholds;
  mappings?: ValueMapping[];
  noValue?: string;
  links?: Link[];
  custom?: Custom;
  description?: string;
  [other: string]: unknown;
}

export interface OverrideProperty {
  id: string;
  value?: unknown;
}

export interface Override {
  matcher: { id: string; options?: unknown };
  properties: OverrideProperty[];
}

export interface FieldConfigSource {
  defaults: FieldConfig;
  overrides: Override[];
}

export interface Transformation {
  id: string;
  options: Record<string, unknown>;
  disabled?: boolean;
  filter?: { id: string; options?: unknown };
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: GridPos;
  transparent?: boolean;
  datasource?: DataSourceRef | string | null;
  targets?: Target[];
  fieldConfig?: FieldConfigSource;
  options?: Record<string, unknown>;
  transformations?: Transformation[];
  links?: Link[];
  maxDataPoints?: number | null;
  interval?: string | null;
  timeFrom?: string | null;
  timeShift?: string | null;
  hideTimeOverride?: boolean;
  repeat?: string | null;
  repeatDirection?: "h" | "v";
  maxPerRow?: number;
  collapsed?: boolean;
  panels?: Panel[];
  libraryPanel?: { uid?: string; name?: string };
  [other: string]: unknown;
}

export interface VariableOption {
  text: string;
  value: string;
  selected?: boolean;
}

export interface Variable {
  name: string;
  type: string;
  label?: string | null;
  hide?: number;
  description?: string | null;
  query?: string | { query?: string; refId?: string; [other: string]: unknown };
  definition?: string;
  regex?: string;
  sort?: number;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  allowCustomValue?: boolean;
  refresh?: number;
  auto?: boolean;
  auto_count?: number;
  auto_min?: string;
  options?: VariableOption[];
  current?: { text?: string | string[]; value?: string | string[] };
  skipUrlSync?: boolean;
  /** `manual`: ad hoc filters stand only where queries name them. */
  applyMode?: string;
  filters?: { key: string; operator: string; value: string }[];
  baseFilters?: { key: string; operator: string; value: string }[];
  datasource?: DataSourceRef | string | null;
  [other: string]: unknown;
}

export interface AnnotationQuery {
  name: string;
  enable?: boolean;
  hide?: boolean;
  iconColor?: string;
  builtIn?: number;
  expr?: string;
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean | string;
  type?: string;
  tags?: string[];
  target?: { type?: string; tags?: string[]; matchAny?: boolean; limit?: number; expr?: string };
  datasource?: DataSourceRef | string | null;
  filter?: { ids?: number[]; exclude?: boolean };
  [other: string]: unknown;
}

export interface Dashboard {
  uid?: string;
  id?: number | null;
  title: string;
  description?: string;
  tags?: string[];
  schemaVersion?: number;
  version?: number;
  editable?: boolean;
  graphTooltip?: number;
  timezone?: string;
  time?: { from: string; to: string };
  refresh?: string | boolean;
  timepicker?: { refresh_intervals?: string[]; hidden?: boolean; [other: string]: unknown };
  templating?: { list: Variable[] };
  annotations?: { list: AnnotationQuery[] };
  links?: Link[];
  panels: Panel[];
  [other: string]: unknown;
}
