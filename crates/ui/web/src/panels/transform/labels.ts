// Transformation `joinByLabels`: one column per value of a label, one row per combination of the others.

import { type Field, fieldOf, type Frame, frameOf, numberFields } from "../frame";
import type { Options } from ".";

interface Row {
  keys: string[];
  /** By the value of the label that names the columns. */
  cells: Map<string, unknown[]>;
}

const said = (frames: readonly Frame[], text: string): Frame[] => [
  frameOf(frames[0]?.refId ?? "A", [fieldOf("Error", "string", [text])], {
    meta: { type: "table" },
  }),
];

/** Series as a table: `value` is the label whose values become columns, `join` those that stay. */
export function joinByLabels(frames: readonly Frame[], options: Options): Frame[] {
  const { value, join = [] } = options as { value?: string; join?: string[] };
  const fields = frames.flatMap(numberFields).filter(({ labels }) => labels);
  const labels = [...new Set(fields.flatMap((field) => Object.keys(field.labels!)))];
  if (!value) return said(frames, "Join by labels: no label is chosen for the columns");
  if (!labels.includes(value)) return said(frames, `Join by labels: no series has "${value}"`);
  const names = (join.length > 0 ? join : labels).filter((name) => name !== value);
  const rows = new Map<string, Row>();
  const columns = new Map<string, Field>();
  for (const field of fields) {
    const keys = names.map((name) => field.labels![name] ?? "");
    const key = JSON.stringify(keys);
    const row = rows.get(key) ?? { keys, cells: new Map<string, unknown[]>() };
    const column = field.labels![value] ?? "";
    row.cells.set(column, [...(row.cells.get(column) ?? []), ...field.values]);
    rows.set(key, row);
    if (!columns.has(column)) columns.set(column, field);
  }
  return [tableOf(frames[0]!.refId, names, [...rows.values()], [...columns])];
}

function tableOf(
  refId: string,
  names: readonly string[],
  rows: readonly Row[],
  columns: readonly [string, Field][],
): Frame {
  const lines = rows.flatMap((row) => {
    const most = Math.max(...[...row.cells.values()].map(({ length }) => length));
    return Array.from({ length: most }, (_line, at) => ({ row, at }));
  });
  const keys = names.map((name, i) =>
    fieldOf(
      name,
      "string",
      lines.map(({ row }) => row.keys[i]),
    ),
  );
  const cells = columns.map(([name, { type }]) =>
    fieldOf(
      name,
      type,
      lines.map(({ row, at }) => row.cells.get(name)?.[at] ?? null),
    ),
  );
  return frameOf(refId, [...keys, ...cells], { meta: { type: "table" } });
}
