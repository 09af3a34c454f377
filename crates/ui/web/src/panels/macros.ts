// The names that every query and link knows: `$__interval`, `$__rate_interval`, `$__range`, `$__from` ...
// Beside variables in `interpolate`. Pure.

import { intervalText } from "../format/durations";
import type { Field, Frame } from "./frame";
import type { Scope, Value } from "./interpolate";
import { fieldMember } from "./names";
import type { Step } from "./step";

export interface MacroInput {
  fromMs: number;
  toMs: number;
  step?: Step | undefined;
  dashboard?: { uid?: string | undefined; title: string };
}

const plain = (value: string | number): Value => ({ value: String(value), verbatim: true });

/** The scope of the built-in names. */
export function macroScope(input: MacroInput): Scope {
  const { fromMs, toMs, step } = input;
  const rangeSeconds = Math.max(1, Math.round((toMs - fromMs) / 1000));
  const known: Record<string, Value> = {
    __from: { value: String(fromMs) },
    __to: { value: String(toMs) },
    __range: plain(`${rangeSeconds}s`),
    __range_s: plain(rangeSeconds),
    __range_ms: plain(rangeSeconds * 1000),
    __dashboard: plain(input.dashboard?.title ?? ""),
    __org: plain(1),
    __name: plain(""),
    timezone: plain("browser"),
    __url_time_range: plain(`from=${fromMs}&to=${toMs}`),
  };
  if (step) {
    Object.assign(known, {
      __interval: plain(intervalText(step.intervalMs)),
      __interval_ms: plain(step.intervalMs),
      __rate_interval: plain(intervalText(step.rateMs)),
      __rate_interval_ms: plain(step.rateMs),
      __auto: plain(intervalText(step.intervalMs)),
    });
  }
  return (name, path) => {
    if (name === "__dashboard" && path === "uid") return plain(input.dashboard?.uid ?? "");
    if (name === "__org" && path === "name") return plain("Main Org.");
    return Object.hasOwn(known, name) ? known[name] : undefined;
  };
}

/** A `__name: value` of one repetition of a panel or row. */
export function fixedScope(values: Readonly<Record<string, Value>>): Scope {
  return (name) => (Object.hasOwn(values, name) ? values[name] : undefined);
}

export interface LinkInput {
  frame: Frame;
  field: Field;
  row: number;
  text: string;
  number: number | null;
}

/** What data links know of the value they belong to: `${__value.raw}`, `${__field.name}`, `${__data.fields.x}`. */
export function valueScope(input: LinkInput): Scope {
  const { frame, field, row } = input;
  return (name, path = "") => {
    switch (name) {
      case "__value":
        return plain(valueMember(input, path));
      case "__field":
        return plain(fieldMember(field, `.${path}`));
      case "__series":
        return plain(path === "name" ? (field.displayName ?? field.name) : "");
      case "__data":
        return plain(dataMember(frame, row, path));
      default:
        return cellMember(name, frame, row);
    }
  };
}

function valueMember({ frame, field, row, text, number }: LinkInput, path: string): string {
  switch (path) {
    case "raw":
      return String(field.values[row] ?? "");
    case "numeric":
      return String(number ?? "");
    case "time":
      return String(frame.fields.find((one) => one.type === "time")?.values[row] ?? "");
    default:
      return text;
  }
}

function dataMember(frame: Frame, row: number, path: string): string {
  const wanted = /^fields(?:\[["']?(.+?)["']?\]|\.([^.]+))/.exec(path);
  const key = wanted?.[1] ?? wanted?.[2] ?? "";
  const field =
    frame.fields.find((one) => (one.displayName ?? one.name) === key || one.name === key) ??
    frame.fields[/^\d+$/.test(key) ? Number(key) : -1];
  return String(field?.values[row] ?? "");
}

/** The older `$__cell`, `$__cell_2`. */
function cellMember(name: string, frame: Frame, row: number): Value | undefined {
  const cell = /^__cell_(\d+)$/.exec(name);
  return cell ? plain(String(frame.fields[Number(cell[1])]?.values[row] ?? "")) : undefined;
}
