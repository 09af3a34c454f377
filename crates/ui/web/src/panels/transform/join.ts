// Transformations that make one frame of several: joins, merges, rows of series.

import { type Field, fieldOf, type Frame, frameOf, guessType, timeField } from "../frame";
import type { Options } from ".";

const nameOf = (field: Field): string => field.displayName ?? field.name;

/** One row per value of a shared column; the other columns stand beside each other. */
export function joinByField(frames: readonly Frame[], options: Options): Frame[] {
  const { byField, mode = "outer" } = options as { byField?: string; mode?: string };
  const keyed = frames.flatMap((frame) => {
    const key =
      frame.fields.find(
        (field) => byField && (nameOf(field) === byField || field.name === byField),
      ) ?? (byField && byField !== "Time" && byField !== "time" ? undefined : timeField(frame));
    return key ? [{ frame, key }] : [];
  });
  if (keyed.length < 2) return [...frames];
  const places = keyed.map(({ key }) => new Map(key.values.map((value, row) => [value, row])));
  const keys = joinedKeys(
    keyed.map(({ key }) => key),
    mode,
  );
  const columns = keyed.flatMap(({ frame, key }, i) =>
    frame.fields
      .filter((field) => field !== key)
      .map((field) => ({
        ...field,
        values: keys.map((value) => field.values[places[i]!.get(value) ?? -1] ?? null),
      })),
  );
  const first = keyed[0]!.key;
  const fields = [
    { ...first, values: keys },
    ...distinctNames(
      columns,
      keyed.map(({ frame }) => frame),
    ),
  ];
  const meta = first.type === "time" ? { type: "series" as const } : { type: "table" as const };
  return [frameOf(keyed[0]!.frame.refId, fields, { meta })];
}

function joinedKeys(keys: readonly Field[], mode: string): unknown[] {
  const all = [...new Set(keys.flatMap((key) => key.values))];
  const sets = keys.map((key) => new Set(key.values));
  const kept = mode === "inner" ? all.filter((value) => sets.every((set) => set.has(value))) : all;
  return keys[0]!.type === "time" ? kept.sort((a, b) => Number(a) - Number(b)) : kept;
}

/** Columns of one name are told apart by the query or a number: `Value #A`, `job 1`. */
function distinctNames(columns: readonly Field[], frames: readonly Frame[]): Field[] {
  const counts = new Map<string, number>();
  for (const column of columns) counts.set(nameOf(column), (counts.get(nameOf(column)) ?? 0) + 1);
  const seen = new Map<string, number>();
  return columns.map((column) => {
    const name = nameOf(column);
    if ((counts.get(name) ?? 0) < 2) return column;
    const owner = frames.find((frame) =>
      frame.fields.some(
        (field) =>
          field.labels === column.labels &&
          nameOf(field) === name &&
          frame.fields.some((other) => other.name === column.name),
      ),
    );
    const at = (seen.get(name) ?? 0) + 1;
    seen.set(name, at);
    const numbered =
      name === "Value" && owner ? `Value #${frames[at - 1]?.refId ?? at}` : `${name} ${at}`;
    return { ...column, name: numbered, displayName: numbered };
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
