// Transformations that make one frame of several: joins, merges, rows of series.

import { type Field, fieldOf, type Frame, frameOf, guessType, timeField } from "../frame";
import type { Options } from ".";

const nameOf = (field: Field): string => field.displayName ?? field.name;

interface Keyed {
  frame: Frame;
  key: Field;
  /** Rows by the value of the key. */
  rows: Map<unknown, number[]>;
}

/** One row per value of a shared column; the other columns stand beside each other. */
export function joinByField(frames: readonly Frame[], options: Options): Frame[] {
  const { byField, mode = "outer" } = options as { byField?: string; mode?: string };
  const keyed = frames.flatMap((frame): Keyed[] => {
    const key = keyOf(frame, byField);
    return key ? [{ frame, key, rows: rowsBy(key) }] : [];
  });
  if (keyed.length < 2) return [...frames];
  const first = keyed[0]!.key;
  const values = joinedKeys(keyed, mode);
  // Rows of equal keys multiply in tables; a point in time is one row.
  const picks = values.flatMap((value) => combined(keyed, value, mode));
  const columns = keyed.flatMap(({ frame, key }, at) =>
    frame.fields
      .filter((field) => field !== key)
      .map((field) => ({
        refId: frame.refId,
        field: { ...field, values: picks.map(({ rows }) => field.values[rows[at]!] ?? null) },
      })),
  );
  const key = { ...first, values: picks.map(({ value }) => value) };
  const type = first.type === "time" ? ("series" as const) : ("table" as const);
  return [frameOf(keyed[0]!.frame.refId, [key, ...distinctNames(columns)], { meta: { type } })];
}

function keyOf(frame: Frame, name: string | undefined): Field | undefined {
  const named = frame.fields.find(
    (field) => name && (nameOf(field) === name || field.name === name),
  );
  return named ?? (!name || /^time$/i.test(name) ? timeField(frame) : undefined);
}

function rowsBy(key: Field): Map<unknown, number[]> {
  const rows = new Map<unknown, number[]>();
  key.values.forEach((value, row) => {
    const known = rows.get(value);
    if (known) known.push(row);
    else rows.set(value, [row]);
  });
  return rows;
}

/** Rows that a join makes at most of rows with equal keys. */
const ROWS_MAX = 1000;

/** The rows of each frame that stand in one row together; -1: the frame has none. */
function combined(
  keyed: readonly Keyed[],
  value: unknown,
  mode: string,
): { value: unknown; rows: number[] }[] {
  let made: number[][] = [[]];
  for (const { rows } of keyed) {
    const own = rows.get(value) ?? [-1];
    const used = mode === "outer" ? own.slice(-1) : own;
    made = made.flatMap((before) => used.map((row) => [...before, row])).slice(0, ROWS_MAX);
  }
  return made.map((rows) => ({ value, rows }));
}

function joinedKeys(keyed: readonly Keyed[], mode: string): unknown[] {
  const all = [...new Set(keyed.flatMap(({ rows }) => [...rows.keys()]))];
  const kept =
    mode === "inner" ? all.filter((value) => keyed.every(({ rows }) => rows.has(value))) : all;
  return keyed[0]!.key.type === "time" ? kept.sort((a, b) => Number(a) - Number(b)) : kept;
}

/** Columns of one name are told apart by the query or a number: `Value #A`, `job 1`. */
function distinctNames(columns: readonly { refId: string; field: Field }[]): Field[] {
  const counts = new Map<string, number>();
  for (const { field } of columns) counts.set(nameOf(field), (counts.get(nameOf(field)) ?? 0) + 1);
  const seen = new Map<string, number>();
  return columns.map(({ refId, field }) => {
    const name = nameOf(field);
    if ((counts.get(name) ?? 0) < 2) return field;
    const at = (seen.get(name) ?? 0) + 1;
    seen.set(name, at);
    const numbered = name === "Value" ? `Value #${refId}` : `${name} ${at}`;
    return { ...field, name: numbered, displayName: numbered };
  });
}

/** All rows of all frames in one table; rows that agree in every shared column become one. */
export function merge(frames: readonly Frame[]): Frame[] {
  const tables = frames.filter((frame) => frame.fields.length > 0);
  if (tables.length < 2) return [...frames];
  const sources = tables.map((frame) =>
    frame.fields.map((field) => ({ field, name: mergedName(field, frame, tables) })),
  );
  const names = [...new Set(sources.flatMap((fields) => fields.map(({ name }) => name)))];
  const shared = names.filter((name) =>
    sources.every((fields) => fields.some((one) => one.name === name)),
  );
  const rows = new Map<string, Record<string, unknown>>();
  const rest: Record<string, unknown>[] = [];
  tables.forEach((frame, at) => {
    for (let i = 0; i < frame.length; i++) {
      const row = Object.fromEntries(
        sources[at]!.map(({ field, name }) => [name, field.values[i]]),
      );
      const key = JSON.stringify(shared.map((name) => row[name]));
      const known = shared.length > 0 ? rows.get(key) : undefined;
      if (known && agrees(known, row)) Object.assign(known, row);
      else if (known) rest.push(row);
      else rows.set(key || String(rows.size), row);
    }
  });
  const all = [...rows.values(), ...rest];
  const fields = names.map((name) => {
    const origin = sources.flat().find((one) => one.name === name)!.field;
    const column = { ...origin, name, values: all.map((row) => row[name] ?? null) };
    delete column.queryName;
    delete column.displayName;
    return column;
  });
  return [frameOf(tables[0]!.refId, fields, { meta: { type: "table" } })];
}

/** `Value` of several queries stays apart as `Value #A`. */
function mergedName(field: Field, frame: Frame, frames: readonly Frame[]): string {
  const name = frame.meta?.type === "table" ? field.name : nameOf(field);
  const several = new Set(frames.map((one) => one.refId)).size > 1;
  return field.name === "Value" && several && (frame.meta?.type === "table" || name === "Value")
    ? `Value #${frame.refId}`
    : name;
}

function agrees(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return Object.entries(b).every(
    ([name, value]) => a[name] === undefined || a[name] === null || a[name] === value,
  );
}

/** Time, Metric, Value: one row per point. */
export function seriesToRows(frames: readonly Frame[]): Frame[] {
  const rows = frames
    .flatMap((frame) => {
      const time = timeField(frame);
      return frame.fields
        .filter((field) => field.type === "number")
        .flatMap((field) =>
          field.values.map((value, i) => ({
            time: time?.values[i] ?? null,
            name: nameOf(field),
            value,
          })),
        );
    })
    .sort((a, b) => Number(b.time) - Number(a.time));
  return [
    frameOf(
      frames[0]?.refId ?? "A",
      [
        fieldOf(
          "Time",
          "time",
          rows.map((row) => row.time),
        ),
        fieldOf(
          "Metric",
          "string",
          rows.map((row) => row.name),
        ),
        fieldOf(
          "Value",
          "number",
          rows.map((row) => row.value),
        ),
      ],
      { meta: { type: "table" } },
    ),
  ];
}

/** All columns of all frames beside each other. */
export function concatenate(frames: readonly Frame[]): Frame[] {
  if (frames.length < 2) return [...frames];
  const fields = frames.flatMap((frame) => frame.fields);
  return [frameOf(frames[0]!.refId, fields, { meta: { type: "table" } })];
}

/** A column of these values with the kind they have. */
export function columnOf(name: string, values: unknown[]): Field {
  return fieldOf(name, guessType(values), values);
}
