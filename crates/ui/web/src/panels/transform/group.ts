// Transformations that calculate over rows: group by, reduce, sort, limit.

import { type Field, fieldOf, type Frame, frameOf, guessType, pickRows } from "../frame";
import { keepsUnit, reduce, reducerName } from "../reduce";
import type { Options } from ".";

const nameOf = (field: Field): string => field.displayName ?? field.name;

interface GroupField {
  operation?: "groupby" | "aggregate" | null;
  aggregations?: string[];
}

/** One row per group of equal values, with calculations over the other columns. */
export function groupBy(frames: readonly Frame[], options: Options): Frame[] {
  const { fields: wanted = {} } = options as { fields?: Record<string, GroupField> };
  const role = (field: Field): GroupField | undefined =>
    wanted[nameOf(field)] ?? wanted[field.name];
  return frames.map((frame) => {
    const keys = frame.fields.filter((field) => role(field)?.operation === "groupby");
    if (keys.length === 0) return frame;
    const groups = [...groupsOf(frame, keys).values()];
    const columns = keys.map((key) => ({
      ...key,
      values: groups.map((rows) => key.values[rows[0]!]),
    }));
    const calculated = frame.fields
      .filter((field) => role(field)?.operation === "aggregate")
      .flatMap((field) =>
        (role(field)?.aggregations ?? []).map((calc) => aggregated(field, calc, groups)),
      );
    return frameOf(frame.refId, [...columns, ...calculated], { ...frame, meta: { type: "table" } });
  });
}

function groupsOf(frame: Frame, keys: readonly Field[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (let row = 0; row < frame.length; row++) {
    const key = JSON.stringify(keys.map((field) => field.values[row]));
    const rows = groups.get(key);
    if (rows) rows.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

function aggregated(field: Field, calc: string, groups: readonly number[][]): Field {
  const values = groups.map((rows) =>
    reduce(
      calc,
      rows.map((row) => field.values[row]),
    ),
  );
  const column = fieldOf(`${nameOf(field)} (${calc})`, guessType(values), values);
  return keepsUnit(calc) ? { ...column, config: withoutName(field.config) } : column;
}

function withoutName({ displayName: _name, ...config }: Field["config"]): Field["config"] {
  return config;
}

interface ReduceOptions {
  reducers?: string[];
  mode?: string;
  includeTimeField?: boolean;
  labelsToFields?: boolean;
}

/** A row per series with its calculations, or (reduceFields) one row per frame. */
export function reduceFrames(frames: readonly Frame[], options: Options): Frame[] {
  const {
    reducers = ["max"],
    mode = "seriesToRows",
    includeTimeField,
    labelsToFields,
  } = options as ReduceOptions;
  const used = (frame: Frame): Field[] =>
    frame.fields.filter((field) => includeTimeField || field.type !== "time");
  if (mode === "reduceFields") {
    return frames.map((frame) =>
      frameOf(
        frame.refId,
        used(frame).flatMap((field) =>
          reducers.map((calc) => ({
            ...field,
            values: [reduce(calc, field.values)],
            ...(reducers.length > 1
              ? {
                  name: `${nameOf(field)} ${reducerName(calc)}`,
                  displayName: `${nameOf(field)} ${reducerName(calc)}`,
                }
              : {}),
          })),
        ),
        { ...frame, meta: { type: "table" } },
      ),
    );
  }
  const fields = frames.flatMap((frame) =>
    used(frame).filter((field) => field.type !== "string" || includeTimeField),
  );
  const names = labelsToFields
    ? [...new Set(fields.flatMap((field) => Object.keys(field.labels ?? {})))]
    : [];
  return [
    frameOf(
      frames[0]?.refId ?? "A",
      [
        fieldOf("Field", "string", fields.map(nameOf)),
        ...names.map((name) =>
          fieldOf(
            name,
            "string",
            fields.map((field) => field.labels?.[name] ?? ""),
          ),
        ),
        ...reducers.map((calc) => {
          const values = fields.map((field) => reduce(calc, field.values));
          return fieldOf(reducerName(calc), guessType(values), values);
        }),
      ],
      { meta: { type: "table" } },
    ),
  ];
}

/** Orders the rows by a column. */
export function sortBy(frames: readonly Frame[], options: Options): Frame[] {
  const [sort] = (options.sort ?? []) as { field?: string; desc?: boolean }[];
  if (!sort?.field) return [...frames];
  return frames.map((frame) => {
    const field = frame.fields.find((one) => nameOf(one) === sort.field || one.name === sort.field);
    if (!field) return frame;
    const rows = field.values
      .map((_value, row) => row)
      .sort((a, b) => compare(field.values[a], field.values[b]));
    return pickRows(frame, sort.desc ? rows.reverse() : rows);
  });
}

/** Numbers by size, the rest by text, nothing first. */
export function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === "number" && typeof b === "number")
    return Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/** The first rows of each frame. */
export function limit(frames: readonly Frame[], options: Options): Frame[] {
  const most = Number(options.limitField ?? 10);
  return frames.map((frame) =>
    pickRows(
      frame,
      Array.from({ length: Math.min(frame.length, most) }, (_row, i) => i),
    ),
  );
}
