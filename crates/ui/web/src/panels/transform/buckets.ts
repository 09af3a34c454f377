// Values counted into buckets: the transformations `histogram` and `heatmap`, and heatmaps of plain series.
// Pure. Bounds are whole multiples of the bucket's size, so that several fields share them.

import { parseDuration } from "../../format/durations";
import { type Field, fieldOf, type Frame, frameOf, numberFields, timeField } from "../frame";
import type { Options } from ".";

/** What buckets are as large as, times a power of ten. */
const SIZES = [1, 2, 2.5, 5, 10];
const BUCKETS = 30;
const BUCKETS_MAX = 500;

const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

/** The least round size of which `count` buckets hold the range. */
export function roundSize(range: number, count: number): number {
  const least = range / Math.max(1, count);
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return SIZES.find((size) => size * power >= least * (1 - 1e-9))! * power;
}

interface Grid {
  size: number;
  offset: number;
}

const placeOf = (value: number, { size, offset }: Grid): number =>
  Math.floor((value - offset) / size + 1e-9);
const boundOf = (place: number, { size, offset }: Grid): number =>
  Number((place * size + offset).toPrecision(12));

/** How many values of each column are in each bucket; with `combine` of all columns together. */
export function histogram(frames: readonly Frame[], options: Options): Frame[] {
  const fields = frames.flatMap((frame) => frame.fields.filter(({ type }) => type === "number"));
  const numbers = fields.flatMap(({ values }) => values).filter(isNumber);
  if (numbers.length === 0) return [...frames];
  const [low, high] = ends(numbers);
  const wish =
    Number(options.bucketSize) || roundSize(high - low, Number(options.bucketCount) || BUCKETS);
  const size = Math.max(wish, (high - low) / BUCKETS_MAX);
  const grid = { size, offset: Number(options.bucketOffset) || 0 };
  const first = placeOf(low, grid);
  const places = Array.from({ length: placeOf(high, grid) - first + 1 }, (_place, i) => first + i);
  const counted = (values: readonly unknown[]): number[] => {
    const counts = new Array<number>(places.length).fill(0);
    for (const value of values) if (isNumber(value)) counts[placeOf(value, grid) - first]!++;
    return counts;
  };
  const bound = (name: string, by: number): Field =>
    fieldOf(
      name,
      "number",
      places.map((place) => boundOf(place + by, grid)),
      {
        config: unitOf(fields[0]!),
      },
    );
  const counts = options.combine
    ? [fieldOf("count", "number", counted(numbers))]
    : fields.map((field) => ({ ...field, values: counted(field.values), config: named(field) }));
  const columns = [bound("xMin", 0), bound("xMax", 1), ...counts];
  return [frameOf(frames[0]!.refId, columns, { meta: { type: "table" } })];
}

const unitOf = ({ config: { unit } }: Field): Field["config"] => (unit ? { unit } : {});
const named = ({ displayName }: Field): Field["config"] => (displayName ? { displayName } : {});

function ends(numbers: readonly number[]): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of numbers) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

interface Axis {
  mode?: string;
  value?: string | number;
  scale?: { type?: string; log?: number };
}

/** Columns and rows that a heatmap has when nothing says how many. */
const COLUMNS = 60;
const ROWS = 20;

/** Values of all series counted by time and size: a series per bucket, named by its upper bound. */
export function heatmap(frames: readonly Frame[], options: Options): Frame[] {
  const { xBuckets = {}, yBuckets = {} } = options as { xBuckets?: Axis; yBuckets?: Axis };
  const points = frames.flatMap((frame) => {
    const times = timeField(frame)?.values ?? [];
    return numberFields(frame).flatMap(({ values }) =>
      values.flatMap((value, i) => {
        const time = times[i];
        return isNumber(value) && isNumber(time) ? [{ time, value }] : [];
      }),
    );
  });
  const scale = scaleOf(yBuckets);
  const kept = points.filter(({ value }) => Number.isFinite(scale.to(value)));
  if (kept.length === 0) return [...frames];
  const x = columnsOf(xBuckets, ends(kept.map(({ time }) => time)), frames);
  const y = gridOf(yBuckets, ends(kept.map(({ value }) => scale.to(value))), ROWS, scale.split);
  const counts = new Map<number, Map<number, number>>();
  const [columns, rows] = [new Set<number>(), new Set<number>()];
  for (const { time, value } of kept) {
    const [column, row] = [placeOf(time, x), placeOf(scale.to(value), y)];
    columns.add(column);
    rows.add(row);
    const line = counts.get(row) ?? new Map<number, number>();
    counts.set(row, line.set(column, (line.get(column) ?? 0) + 1));
  }
  const [left, right] = ends([...columns]);
  const [low, high] = ends([...rows]);
  const span = (from: number, to: number): number[] =>
    Array.from({ length: Math.min(BUCKETS_MAX, to - from + 1) }, (_place, i) => from + i);
  const across = span(left, right);
  const times = across.map((column) => Math.round(boundOf(column + 1, x)));
  return span(low, high).map((row) => {
    const name = String(Number(scale.from(boundOf(row + 1, y)).toPrecision(6)));
    const values = across.map((column) => counts.get(row)?.get(column) ?? 0);
    return frameOf(
      frames[0]!.refId,
      [fieldOf("Time", "time", times), fieldOf(name, "number", values)],
      { name, meta: { type: "series", stepMs: x.size } },
    );
  });
}

/** Columns are never narrower than the steps of the answer, as every other one would be empty. */
function columnsOf(axis: Axis, range: [number, number], frames: readonly Frame[]): Grid {
  const { size, offset } = gridOf(axis, range, COLUMNS);
  const step = Math.max(0, ...frames.map(({ meta }) => meta?.stepMs ?? 0));
  return { size: step > 0 ? Math.ceil(size / step) * step : size, offset };
}

interface Scale {
  to: (value: number) => number;
  from: (value: number) => number;
  /** Buckets in one step of a logarithm. */
  split?: number;
}

function scaleOf({ scale, mode, value }: Axis): Scale {
  if (scale?.type !== "log") return { to: Number, from: Number };
  const base = scale.log || 2;
  const split = mode === "size" ? 1 : Number(value) || 1;
  return { to: (v) => Math.log(v) / Math.log(base), from: (v) => base ** v, split };
}

function gridOf(
  { mode, value }: Axis,
  [low, high]: [number, number],
  count: number,
  split = 0,
): Grid {
  const given = typeof value === "string" ? (parseDuration(value) ?? Number(value)) : value;
  const exact = mode === "size" && Number(value) > 0 ? Number(value) : given;
  const size = split
    ? 1 / split
    : mode === "size" && isNumber(exact) && exact > 0
      ? exact
      : roundSize(high - low, mode === "count" && isNumber(given) && given > 0 ? given : count);
  return { size: Math.max(size, (high - low) / (BUCKETS_MAX - 1)), offset: 0 };
}
