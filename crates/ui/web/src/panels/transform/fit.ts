// Transformation `regression`: a line or polynomial of least squares through the points of two columns.

import { type Field, fieldOf, type Frame, frameOf } from "../frame";
import type { Options } from ".";

const DEGREE_MAX = 5;
const POINTS_MAX = 10_000;

const nameOf = (field: Field): string => field.displayName ?? field.name;

/** Adds a frame with what the model says at evenly spaced places. */
export function regression(frames: readonly Frame[], options: Options): Frame[] {
  const {
    modelType = "linear",
    degree = 2,
    predictionCount = 100,
  } = options as {
    modelType?: string;
    degree?: number;
    predictionCount?: number;
  };
  const pair = columnsOf(frames, options);
  if (!pair || !["linear", "polynomial"].includes(modelType)) return [...frames];
  const { x, y, frame } = pair;
  const points = y.values.flatMap((value, i): [number, number][] => {
    const at = x.values[i];
    return typeof value === "number" && typeof at === "number" && Number.isFinite(value + at)
      ? [[at, value]]
      : [];
  });
  const order = modelType === "linear" ? 1 : Math.min(DEGREE_MAX, Math.max(1, Number(degree) || 1));
  const low = points.reduce((least, [at]) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const high = points.reduce((most, [at]) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  if (!(high > low)) return [...frames];
  const count = Math.min(POINTS_MAX, Math.max(2, Number(predictionCount) || 0));
  // Between 0 and 1, whatever the unit: powers of milliseconds since 1970 have no digits left.
  const scaled = (at: number): number => (at - low) / (high - low);
  const factors = leastSquares(
    points.map(([at, value]) => [scaled(at), value]),
    order,
  );
  const places = Array.from(
    { length: count },
    (_point, i) => low + ((high - low) * i) / (count - 1),
  );
  const says = (at: number): number =>
    factors.reduceRight((sum, factor) => sum * scaled(at) + factor, 0);
  const title = `${nameOf(y)} predicted`;
  const made = frameOf(
    frame.refId,
    [
      { ...fieldOf(x.name, x.type, places), displayName: nameOf(x) },
      { ...fieldOf(title, "number", places.map(says)), config: unitOf(y) },
    ],
    { name: `${modelType} regression`, meta: frame.meta ?? {} },
  );
  return [...frames, made];
}

const unitOf = ({ config: { unit } }: Field): Field["config"] => (unit ? { unit } : {});

/** The columns of the first frame that has the y column. */
function columnsOf(
  frames: readonly Frame[],
  { xFieldName, yFieldName }: Options,
): { x: Field; y: Field; frame: Frame } | undefined {
  for (const frame of frames) {
    const find = (name: unknown): Field | undefined =>
      frame.fields.find((field) => nameOf(field) === name || field.name === name);
    const [x, y] = [find(xFieldName), find(yFieldName)];
    if (x && y) return { x, y, frame };
  }
  return undefined;
}

/** Factors of the powers from 0 up, of the normal equations. */
function leastSquares(points: readonly (readonly [number, number])[], order: number): number[] {
  const size = Math.min(order, points.length - 1) + 1;
  const powers = Array.from({ length: 2 * size - 1 }, (_power, p) =>
    points.reduce((sum, [x]) => sum + x ** p, 0),
  );
  const rows = Array.from({ length: size }, (_row, r) => [
    ...Array.from({ length: size }, (_cell, c) => powers[r + c]!),
    points.reduce((sum, [x, y]) => sum + y * x ** r, 0),
  ]);
  return solved(rows);
}

/** Gauss, with the largest pivot. A row that says nothing leaves its factor at 0. */
function solved(rows: number[][]): number[] {
  const size = rows.length;
  for (let c = 0; c < size; c++) {
    const best = rows.slice(c).reduce((a, b) => (Math.abs(b[c]!) > Math.abs(a[c]!) ? b : a));
    rows.splice(rows.indexOf(best), 1);
    rows.splice(c, 0, best);
    if (Math.abs(best[c]!) < 1e-12) continue;
    for (let r = 0; r < size; r++) {
      if (r === c) continue;
      const factor = rows[r]![c]! / best[c]!;
      rows[r] = rows[r]!.map((value, i) => value - factor * best[i]!);
    }
  }
  return rows.map((row, i) => (Math.abs(row[i]!) < 1e-12 ? 0 : row[size]! / row[i]!));
}
