// Transformations of the table as a whole: types of columns, partitions, matrix, turned over.

import { type Field, fieldOf, type Frame, frameOf, guessType, pickRows } from "../frame";
import type { Options } from ".";

const nameOf = (field: Field): string => field.displayName ?? field.name;

interface Conversion {
  targetField?: string;
  destinationType?: string;
}

/** Texts to numbers, times or booleans, and back. */
export function convertFieldType(frames: readonly Frame[], options: Options): Frame[] {
  const conversions = (options.conversions ?? []) as Conversion[];
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const wanted = conversions.find(
        (one) => one.targetField === nameOf(field) || one.targetField === field.name,
      );
      return wanted ? converted(field, wanted.destinationType ?? "string") : field;
    }),
  }));
}

function converted(field: Field, type: string): Field {
  const to = (convert: (value: unknown) => unknown): unknown[] =>
    field.values.map((value) => (value === null || value === undefined ? null : convert(value)));
  switch (type) {
    case "number":
      return {
        ...field,
        type: "number",
        values: to((value) => (Number.isNaN(Number(value)) ? null : Number(value))),
      };
    case "time":
      return {
        ...field,
        type: "time",
        values: to((value) => (typeof value === "number" ? value : Date.parse(String(value)))),
      };
    case "boolean":
      return {
        ...field,
        type: "boolean",
        values: to((value) => value === true || value === "true" || Number(value) > 0),
      };
    default:
      return { ...field, type: "string", values: to(String) };
  }
}

/** A frame for every combination of values of some columns. */
export function partitionByValues(frames: readonly Frame[], options: Options): Frame[] {
  const names = (options.fields ?? []) as string[];
  return frames.flatMap((frame) => {
    const keys = frame.fields.filter(
      (field) => names.includes(nameOf(field)) || names.includes(field.name),
    );
    if (keys.length === 0) return [frame];
    const groups = new Map<string, number[]>();
    for (let row = 0; row < frame.length; row++) {
      const key = keys.map((field) => String(field.values[row])).join(" ");
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    return [...groups].map(([name, rows]) => ({ ...pickRows(frame, rows), name }));
  });
}

/** Values of one column as columns, of another as rows, of a third in the cells. */
export function groupingToMatrix(frames: readonly Frame[], options: Options): Frame[] {
  const {
    columnField = "Time",
    rowField = "Time",
    valueField = "Value",
  } = options as { columnField?: string; rowField?: string; valueField?: string };
  return frames.map((frame) => {
    const find = (name: string): Field | undefined =>
      frame.fields.find((field) => nameOf(field) === name || field.name === name);
    const [column, row, value] = [find(columnField), find(rowField), find(valueField)];
    if (!column || !row || !value) return frame;
    const columns = [...new Set(column.values)];
    const rows = [...new Set(row.values)];
    const cells = new Map(
      value.values.map((cell, i) => [JSON.stringify([row.values[i], column.values[i]]), cell]),
    );
    const corner = `${rowField}\\${columnField}`;
    return frameOf(
      frame.refId,
      [
        { ...row, name: corner, displayName: corner, values: rows },
        ...columns.map((name) => ({
          ...value,
          name: String(name),
          displayName: String(name),
          values: rows.map((key) => cells.get(JSON.stringify([key, name])) ?? null),
        })),
      ],
      { meta: { type: "table" } },
    );
  });
}

/** Rows become columns. */
export function transpose(frames: readonly Frame[], options: Options): Frame[] {
  const { firstFieldName = "Field", restFieldsName = "" } = options as {
    firstFieldName?: string;
    restFieldsName?: string;
  };
  return frames.map((frame) => {
    const [first, ...rest] = frame.fields;
    if (!first) return frame;
    return frameOf(
      frame.refId,
      [
        fieldOf(firstFieldName, "string", rest.map(nameOf)),
        ...first.values.map((head, row) => {
          const values = rest.map((field) => field.values[row]);
          return fieldOf(
            restFieldsName ? `${restFieldsName} ${row + 1}` : String(head),
            guessType(values),
            values,
          );
        }),
      ],
      { meta: { type: "table" } },
    );
  });
}
