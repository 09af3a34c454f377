// Data frames: columns of equal length, with labels and configuration.
// Made from answers of the server, changed by transformations, drawn by panels.
// Frames are never changed in place: a step copies what it changes.

import type { FieldConfig } from "./model";

export type FieldType = "time" | "number" | "string" | "boolean" | "other";
export type Labels = Record<string, string>;

export interface Field {
  name: string;
  type: FieldType;
  values: unknown[];
  labels?: Labels;
  config: FieldConfig;
  /** What the legend format of the query made of this series; a name before overrides. */
  queryName?: string;
  /** What the transformations or overrides call it, once settled by `nameFields`. */
  displayName?: string;
  /** Where in the panel the series stands, for its colour. */
  seriesIndex?: number;
}

export interface Frame {
  refId: string;
  name?: string;
  fields: Field[];
  length: number;
  /** What the query was, for "copy" and heatmaps. */
  meta?: { type?: "series" | "table" | "heatmap" | "logs"; stepMs?: number; notices?: string[] };
}

/** The column of times, or the first one that can stand for it. */
export function timeField(frame: Frame): Field | undefined {
  return frame.fields.find((field) => field.type === "time");
}

/** The columns with numbers to draw. */
export function numberFields(frame: Frame): Field[] {
  return frame.fields.filter((field) => field.type === "number" || field.type === "boolean");
}

/** A frame of these columns; its length is that of the longest. */
export function frameOf(refId: string, fields: Field[], rest: Partial<Frame> = {}): Frame {
  const length = fields.reduce((most, field) => Math.max(most, field.values.length), 0);
  return { ...rest, refId, fields, length };
}

/** A column. */
export function fieldOf(
  name: string,
  type: FieldType,
  values: unknown[],
  rest: Partial<Field> = {},
): Field {
  return { name, type, values, config: {}, ...rest };
}

/** The kind of a column by its first value that is there. */
export function guessType(values: readonly unknown[]): FieldType {
  const first = values.find((value) => value !== null && value !== undefined);
  switch (typeof first) {
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "object":
      return "other";
    default:
      return "string";
  }
}

/** The same frame with only these rows, in this order. */
export function pickRows(frame: Frame, rows: readonly number[]): Frame {
  const fields = frame.fields.map((field) => ({
    ...field,
    values: rows.map((row) => field.values[row]),
  }));
  return { ...frame, fields, length: rows.length };
}

/** Labels in PromQL's form: `{a="1", b="2"}`. */
export function labelsText(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {})
    .filter(([name]) => name !== "__name__")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0
    ? ""
    : `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}
