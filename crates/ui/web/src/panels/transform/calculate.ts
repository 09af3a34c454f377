// "Add field from calculation": a column of the others' sums, of an operation on two, of one alone.

import { type Field, fieldOf, type Frame, timeField } from "../frame";
import { reduce } from "../reduce";
import type { Options } from ".";
import { joinByField } from "./join";

const nameOf = (field: Field): string => field.displayName ?? field.name;

interface Operand {
  fixed?: string;
  matcher?: { id: string; options?: unknown };
}

interface Calculation {
  mode?: string;
  alias?: string;
  /** `false`: series are not brought together by time. */
  timeSeries?: boolean;
  replaceFields?: boolean;
  reduce?: { reducer?: string; include?: string[] };
  binary?: { left?: string | Operand; right?: string | Operand; operator?: string };
  unary?: { operator?: string; fieldName?: string };
  window?: {
    field?: string;
    reducer?: string;
    windowSize?: number;
    windowSizeMode?: string;
    windowAlignment?: string;
  };
  cumulative?: { field?: string; reducer?: string };
  index?: { asPercentile?: boolean };
}

/** Adds (or, with replaceFields, leaves only) the calculated columns. */
export function calculateField(frames: readonly Frame[], options: Options): Frame[] {
  const calculation = options as Calculation;
  return beside(frames, calculation).map((frame) => {
    const made = calculated(frame, calculation).filter((field) => field !== undefined);
    if (made.length === 0) return frame;
    const only = made.length === 1;
    const named = made.map((field) => {
      const name = (only && calculation.alias) || field.name;
      return { ...field, name, displayName: name };
    });
    const kept = calculation.replaceFields
      ? frame.fields.filter((field) => field.type === "time")
      : frame.fields;
    return { ...frame, fields: [...kept, ...named] };
  });
}

/** Series of several frames are calculated with at equal times, so they become one frame first. */
function beside(frames: readonly Frame[], { timeSeries }: Calculation): readonly Frame[] {
  const series = frames.every((frame) => frame.meta?.type === "series" && timeField(frame));
  if (timeSeries === false || frames.length < 2 || !series) return frames;
  return joinByField(frames, { byField: "Time", mode: "outer" });
}

function calculated(frame: Frame, calculation: Calculation): (Field | undefined)[] {
  switch (calculation.mode ?? "reduceRow") {
    case "reduceRow":
      return [reducedRow(frame, calculation)];
    case "binary":
      return eachOfType(frame, calculation).map((one) => binary(frame, one));
    case "unary":
      return [unary(frame, calculation)];
    case "cumulativeFunctions":
      return [cumulative(frame, calculation)];
    case "windowFunctions":
      return [windowed(frame, calculation)];
    case "index":
      return [
        fieldOf("Row", "number", indexes(frame.length, calculation.index?.asPercentile ?? false)),
      ];
    default:
      return [];
  }
}

/** An operation on all fields of a type is one on each of them. */
function eachOfType(frame: Frame, calculation: Calculation): Calculation[] {
  const left = calculation.binary?.left;
  if (typeof left !== "object" || left.matcher?.id !== "byType") return [calculation];
  const type = left.matcher.options;
  return frame.fields
    .filter((field) => field.type === type)
    .map((field) => ({ ...calculation, binary: { ...calculation.binary, left: nameOf(field) } }));
}

function indexes(length: number, share: boolean): number[] {
  return Array.from({ length }, (_row, i) => (share ? i / Math.max(1, length - 1) : i));
}

function find(frame: Frame, name: string | undefined): Field | undefined {
  return frame.fields.find((field) => nameOf(field) === name || field.name === name);
}

function reducedRow(frame: Frame, { reduce: how }: Calculation): Field | undefined {
  const reducer = how?.reducer ?? "sum";
  const wanted = how?.include;
  const fields = frame.fields.filter(
    (field) =>
      field.type === "number" &&
      (!wanted?.length || wanted.includes(nameOf(field)) || wanted.includes(field.name)),
  );
  if (fields.length === 0) return undefined;
  const values = Array.from({ length: frame.length }, (_row, i) =>
    reduce(
      reducer,
      fields.map((field) => field.values[i]),
    ),
  );
  return fieldOf(reducer === "sum" ? "Total" : reducer, "number", values);
}

type Operation = (a: number, b: number) => number;
const OPERATIONS: Record<string, Operation> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
  "<": (a, b) => Number(a < b),
  "<=": (a, b) => Number(a <= b),
  ">": (a, b) => Number(a > b),
  ">=": (a, b) => Number(a >= b),
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
};

function binary(frame: Frame, { binary: how = {} }: Calculation): Field | undefined {
  const left = operand(frame, how.left);
  const right = operand(frame, how.right);
  const apply = OPERATIONS[how.operator ?? "+"];
  if (!left || !right || !apply) return undefined;
  const values = Array.from({ length: frame.length }, (_row, i) => {
    const [a, b] = [left.at(i), right.at(i)];
    return typeof a === "number" && typeof b === "number" ? apply(a, b) : null;
  });
  return fieldOf(`${left.name} ${how.operator ?? "+"} ${right.name}`, "number", values);
}

function operand(
  frame: Frame,
  given: string | Operand | undefined,
): { name: string; at: (row: number) => unknown } | undefined {
  const name =
    typeof given === "string" ? given : (given?.fixed ?? String(given?.matcher?.options ?? ""));
  const field = find(frame, name);
  if (field) return { name, at: (row) => field.values[row] };
  const number = Number(name);
  return name.trim() === "" || Number.isNaN(number) ? undefined : { name, at: () => number };
}

const UNARY: Record<string, (value: number) => number> = {
  abs: Math.abs,
  exp: Math.exp,
  ln: Math.log,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
};

function unary(frame: Frame, { unary: how = {} }: Calculation): Field | undefined {
  const field = find(frame, how.fieldName);
  const apply = UNARY[how.operator ?? "abs"];
  if (!field || !apply) return undefined;
  const values = field.values.map((value) => (typeof value === "number" ? apply(value) : null));
  return fieldOf(`${how.operator ?? "abs"}(${nameOf(field)})`, "number", values);
}

function cumulative(frame: Frame, { cumulative: how = {} }: Calculation): Field | undefined {
  const field = find(frame, how.field);
  if (!field) return undefined;
  let total = 0;
  const values = field.values.map((value, i) => {
    if (typeof value === "number") total += value;
    return how.reducer === "mean" ? total / (i + 1) : total;
  });
  return fieldOf(`cumulative ${how.reducer ?? "sum"}(${nameOf(field)})`, "number", values);
}

function windowed(frame: Frame, { window: how = {} }: Calculation): Field | undefined {
  const field = find(frame, how.field);
  if (!field) return undefined;
  const size =
    how.windowSizeMode === "fixed"
      ? (how.windowSize ?? 1)
      : Math.ceil((how.windowSize ?? 0.1) * frame.length);
  const before = how.windowAlignment === "centered" ? Math.floor(size / 2) : size - 1;
  const after = how.windowAlignment === "centered" ? size - 1 - before : 0;
  const values = field.values.map((_value, i) =>
    reduce(how.reducer ?? "mean", field.values.slice(Math.max(0, i - before), i + after + 1)),
  );
  return fieldOf(`${how.reducer ?? "mean"}(${nameOf(field)})`, "number", values);
}
