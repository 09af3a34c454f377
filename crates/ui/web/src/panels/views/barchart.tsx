// Panel types `barchart` and `histogram`: bars per category, side by side or stacked.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { formatDate } from "../../format/dates";
import { limitsOf, type Look, show } from "../display";
import { type Field, fieldOf, type Frame, frameOf, numberFields, timeField } from "../frame";
import { seriesColor, valueColor } from "../thresholds";
import { NoValue } from "./parts";
import { optionsOf, type ViewProps } from "./props";

interface Options {
  xField: string;
  orientation: string;
  stacking: string;
  showValue: string;
  groupWidth: number;
  barWidth: number;
  legend: { showLegend?: boolean };
  bucketCount: number;
  bucketSize: number;
}

interface Bar {
  label: string;
  text: string;
  /** Shares of the axis. */
  from: number;
  to: number;
  color: string;
  series: string;
}

interface Category {
  name: string;
  bars: Bar[];
}

/** Width of a letter above a bar. */
const LETTER_PX = 6.2;
const CATEGORIES_MAX = 200;
const BUCKETS = 30;

/** The distribution of all values as categories of equal width. */
export function histogramFrame(
  frames: readonly Frame[],
  options: { bucketCount?: number; bucketSize?: number },
): Frame | undefined {
  const fields = frames.flatMap(numberFields);
  const numbers = fields
    .flatMap((field) => field.values)
    .filter((v): v is number => typeof v === "number" && Number.isFinite(v));
  if (numbers.length === 0) return undefined;
  const { min, max } = limitsOf(fields, {});
  const size = options.bucketSize || (max - min || 1) / (options.bucketCount || BUCKETS);
  const count = Math.min(CATEGORIES_MAX, Math.floor((max - min) / size) + 1);
  const bucket = (value: number): number => Math.min(count - 1, Math.floor((value - min) / size));
  const columns = fields.map((field) => {
    const counts = new Array<number>(count).fill(0);
    for (const value of field.values)
      if (typeof value === "number" && Number.isFinite(value)) counts[bucket(value)]!++;
    return {
      ...field,
      values: counts,
      config: { ...field.config, unit: "short", min: 0, mappings: [] },
    };
  });
  const names = Array.from({ length: count }, (_bucket, i) =>
    (min + i * size).toPrecision(4).replace(/\.?0+$/, ""),
  );
  return frameOf("A", [fieldOf("Bucket", "string", names), ...columns]);
}

export function BarChartView(props: ViewProps): JSX.Element {
  const { panel, look, width, height } = props;
  const options = optionsOf<Options>(panel);
  const categories = useMemo(() => {
    const frames =
      panel.type === "histogram" && !props.frames.some(boundsOf)
        ? [histogramFrame(props.frames, options)].filter((one) => one !== undefined)
        : props.frames;
    return categoriesOf(frames, options, look);
  }, [props.frames, panel.options, look]);
  if (categories.length === 0) return <NoValue text={panel.fieldConfig?.defaults.noValue} />;
  const flat =
    options.orientation === "horizontal" ||
    ((options.orientation ?? "auto") === "auto" && categories.length > 2 && width < height);
  const stacked = options.stacking === "normal" || options.stacking === "percent";
  const names = [
    ...new Map(categories.flatMap((one) => one.bars).map((bar) => [bar.series, bar.color])),
  ];
  const share = panel.type === "histogram" ? 1 : Math.min(1, options.groupWidth ?? 0.7);
  const every = flat ? 1 : Math.ceil(categories.length / Math.max(1, width / 56));
  const side = stacked ? 1 : Math.max(1, names.length);
  const letters = Math.max(
    ...categories.flatMap(({ bars }) => bars.map(({ text }) => text.length)),
  );
  const values =
    options.showValue === "always" ||
    (options.showValue !== "never" &&
      (flat || letters * LETTER_PX <= (width * share) / (categories.length * side)));
  return (
    <div class="barchart">
      <ol
        class={flat ? "columns columns-flat" : "columns"}
        aria-label={props.title || "Bars"}
        style={{ "--group": `${share * 100}%` }}
      >
        {categories.map((category, i) => (
          <li key={i}>
            <span class={stacked ? "column-bars column-stacked" : "column-bars"}>
              {category.bars.map((bar) => (
                <Column key={bar.series} bar={bar} flat={flat} values={values && !stacked} />
              ))}
            </span>
            <span
              class="column-name"
              title={category.name}
              style={every > 1 ? { width: `${every * 100}%`, textAlign: "left" } : {}}
            >
              {i % every === 0 ? category.name : "\u00a0"}
            </span>
          </li>
        ))}
      </ol>
      {names.length > 1 && options.legend?.showLegend !== false && (
        <ul class="chart-legend chart-legend-list">
          {names.map(([name, color]) => (
            <li key={name}>
              <i class="chart-swatch" style={{ backgroundColor: color }} />
              {name}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Column({ bar, flat, values }: { bar: Bar; flat: boolean; values: boolean }): JSX.Element {
  const size = `${Math.max(0, (bar.to - bar.from) * 100).toFixed(2)}%`;
  const start = `${(bar.from * 100).toFixed(2)}%`;
  const style = flat ? { width: size, marginLeft: start } : { height: size, marginBottom: start };
  return (
    <span class="column" title={`${bar.label} · ${bar.series}: ${bar.text}`}>
      {values && !flat && <small class="column-value">{bar.text}</small>}
      <span class="column-fill" style={{ ...style, background: bar.color }} />
      {values && flat && <small class="column-value">{bar.text}</small>}
    </span>
  );
}

/** The bars of each category, as shares of one axis. */
export function categoriesOf(
  frames: readonly Frame[],
  options: Partial<Options>,
  look: Look,
): Category[] {
  const frame = frames.length > 1 ? lastOfEach(frames) : frames[0];
  if (!frame) return [];
  const bounds = boundsOf(frame);
  const fields = numberFields(frame).filter(
    (field) => !field.config.custom?.hideFrom?.viz && !bounds?.includes(field),
  );
  const x =
    frame.fields.find(
      (field) => options.xField && (field.displayName ?? field.name) === options.xField,
    ) ??
    frame.fields.find((field) => field.type === "string") ??
    timeField(frame);
  const stacked = options.stacking === "normal" || options.stacking === "percent";
  const axis = axisOf(fields, frame.length, stacked);
  return Array.from({ length: Math.min(CATEGORIES_MAX, frame.length) }, (_row, row) => {
    const name = bounds
      ? bounds.map((one) => bound(one, row, look)).join(" – ")
      : label(x, row, look);
    const total = fields.reduce((sum, field) => sum + Math.abs(Number(field.values[row] ?? 0)), 0);
    const at = options.stacking === "percent" ? { low: 0, high: total || 1 } : axis;
    return {
      name,
      bars: fields.map((field) =>
        barOf(field, row, { name, axis: at, look, only: fields.length === 1 }),
      ),
    };
  });
}

/** The columns with the bounds of buckets that the transformation `histogram` makes. */
function boundsOf(frame: Frame): [Field, Field] | undefined {
  const [low, high] = ["xMin", "xMax"].map((name) =>
    frame.fields.find((field) => field.name === name),
  );
  return low && high ? [low, high] : undefined;
}

function bound(field: Field, row: number, look: Look): string {
  return show(field.values[row], { unit: "short", ...field.config }, { min: 0, max: 1 }, look).text;
}

interface Axis {
  low: number;
  high: number;
}

/** From the lowest bar to the highest, with zero among them unless the panel sets its ends; stacks begin at zero. */
function axisOf(fields: readonly Field[], rows: number, stacked: boolean): Axis {
  const { min, max } = fields[0]?.config ?? {};
  let [low, high] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const values = fields.map((field) => Number(field.values[row] ?? 0)).filter(Number.isFinite);
    low = Math.min(low, ...values);
    high = Math.max(high, stacked ? values.reduce((sum, v) => sum + v, 0) : Math.max(0, ...values));
  }
  const from = stacked ? 0 : (min ?? low);
  const to = max ?? high;
  return { low: from, high: to > from ? to : from + 1 };
}

function barOf(
  field: Field,
  row: number,
  how: { name: string; axis: Axis; look: Look; only: boolean },
): Bar {
  const value = Number(field.values[row] ?? 0);
  const limits = limitsOf([field], field.config);
  const shown = show(field.values[row], field.config, limits, how.look);
  const own = seriesColor(field.config, Math.max(0, field.seriesIndex ?? 0), how.look.theme, value);
  const byValue = how.only
    ? valueColor(
        { ...field.config, color: field.config.color ?? { mode: "palette-classic" } },
        value,
        limits,
        how.look.theme,
      )
    : undefined;
  const { low, high } = how.axis;
  const share = (at: number): number => Math.min(1, Math.max(0, (at - low) / (high - low)));
  return {
    label: how.name,
    series: field.displayName ?? field.name,
    text: shown.text,
    from: share(Math.min(value, 0)),
    to: share(Math.max(value, 0)),
    color: (shown.mapped ? shown.color : byValue) ?? own,
  };
}

function label(field: Field | undefined, row: number, look: Look): string {
  const value = field?.values[row];
  return field?.type === "time" && typeof value === "number"
    ? formatDate(value, "MM-DD HH:mm", look.units.zone)
    : String(value ?? row + 1);
}

/** Series without a shared table: a bar for the last value of each. */
function lastOfEach(frames: readonly Frame[]): Frame {
  const series = frames.flatMap(numberFields);
  const first = series[0];
  const values = series.map((field) => field.values.findLast((value) => value !== null) ?? null);
  return frameOf("A", [
    fieldOf(
      "Series",
      "string",
      series.map((field) => field.displayName ?? field.name),
    ),
    fieldOf(
      "Value",
      "number",
      values,
      first ? { config: { ...first.config }, seriesIndex: 0 } : {},
    ),
  ]);
}
