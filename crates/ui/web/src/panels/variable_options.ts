// Variables without the network: what a definition asks, which options an answer gives, what is chosen.
// Between dashboard JSON, the address and `variable_store`. Pure.

import { intervalText, parseDuration } from "../format/durations";
import { toRegex } from "./mappings";
import type { Variable, VariableOption } from "./model";
import { roundInterval } from "./step";

export const ALL = "$__all";
const OPTIONS_MAX = 10_000;

/** What a query variable asks of the server. */
export type VariableQuery =
  | { kind: "label_values"; label: string; match: string | undefined }
  | { kind: "label_names"; match: string | undefined }
  | { kind: "metrics"; pattern: string }
  | { kind: "query_result"; expr: string }
  | { kind: "series"; match: string };

/** The text of a variable's query, whichever way it is stored. */
export function queryText(variable: Variable): string {
  const { query, definition } = variable;
  if (typeof query === "string") return query;
  return query?.query ?? definition ?? "";
}

/** Reads `label_values(metric, label)`, `label_names()`, `metrics(x)`, `query_result(x)` or a bare selector. */
export function parseQuery(text: string): VariableQuery {
  const source = text.trim();
  const values = /^label_values\(\s*(?:(.+),\s*)?([^,]+?)\s*\)\s*$/s.exec(source);
  if (values)
    return {
      kind: "label_values",
      label: unquoted(values[2]!),
      match: values[1]?.trim() || undefined,
    };
  const names = /^label_names\((.*)\)\s*$/s.exec(source);
  if (names) return { kind: "label_names", match: names[1]!.trim() || undefined };
  const metrics = /^metrics\((.*)\)\s*$/s.exec(source);
  if (metrics) return { kind: "metrics", pattern: metrics[1]!.trim() };
  const result = /^query_result\((.*)\)\s*$/s.exec(source);
  if (result) return { kind: "query_result", expr: result[1]!.trim() };
  return { kind: "series", match: source };
}

const unquoted = (text: string): string => text.replace(/^["'](.*)["']$/, "$1");

/** Options of raw values: filtered and renamed by the regex, without doubles, sorted. */
export function optionsOf(
  values: readonly string[],
  variable: Pick<Variable, "regex" | "sort">,
): VariableOption[] {
  const pattern = variable.regex ? toRegex(variable.regex) : undefined;
  const seen = new Set<string>();
  const options: VariableOption[] = [];
  for (const value of values) {
    const option = pattern ? filtered(value, pattern) : { text: value, value };
    if (!option || seen.has(option.value) || options.length >= OPTIONS_MAX) continue;
    seen.add(option.value);
    options.push(option);
  }
  return sorted(options, variable.sort ?? 0);
}

/** Named groups `text` and `value`; else the first group; else the whole value. */
function filtered(value: string, pattern: RegExp): VariableOption | undefined {
  const match = pattern.exec(value);
  if (!match) return undefined;
  const { text, value: named } = match.groups ?? {};
  if (text !== undefined || named !== undefined)
    return { text: text ?? named!, value: named ?? text! };
  const part =
    match.length > 1 ? (match.slice(1).find((group) => group !== undefined) ?? "") : value;
  return { text: part, value: part };
}

const byText = (a: VariableOption, b: VariableOption): number =>
  a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
const byNumber = (a: VariableOption, b: VariableOption): number =>
  firstNumber(a.text) - firstNumber(b.text);
const byFolded = (a: VariableOption, b: VariableOption): number =>
  byText({ ...a, text: a.text.toLowerCase() }, { ...b, text: b.text.toLowerCase() });
const byNatural = (a: VariableOption, b: VariableOption): number =>
  a.text.localeCompare(b.text, "en", { numeric: true, sensitivity: "base" });

const firstNumber = (text: string): number =>
  Number(/-?\d+(?:\.\d+)?/.exec(text)?.[0] ?? Number.NEGATIVE_INFINITY);

/** 1/2 alphabetical, 3/4 numerical, 5/6 without case, 7/8 natural; even numbers go down. */
function sorted(options: VariableOption[], sort: number): VariableOption[] {
  const order = [undefined, byText, byNumber, byFolded, byNatural][Math.ceil(sort / 2)];
  if (!order) return options;
  options.sort(order);
  return sort % 2 === 0 ? options.reverse() : options;
}

/** The options of `custom`: `a, b, text : value`, commas escaped with a backslash. */
export function customOptions(variable: Variable): VariableOption[] {
  const parts = queryText(variable).match(/(?:\\,|[^,])+/g) ?? [];
  return parts
    .map((part) => part.replace(/\\,/g, ",").trim())
    .filter((part) => part !== "")
    .map((part) => {
      const pair = /^(.+?)\s+:\s+(.+)$/.exec(part);
      return pair ? { text: pair[1]!.trim(), value: pair[2]!.trim() } : { text: part, value: part };
    });
}

/** The options of `interval`, with `auto` for the range at hand. */
export function intervalOptions(variable: Variable, rangeMs: number): VariableOption[] {
  const options = customOptions(variable);
  if (!variable.auto) return options;
  const least = parseDuration(variable.auto_min ?? "10s") ?? 10_000;
  const step = Math.max(least, roundInterval(rangeMs / Math.max(1, variable.auto_count ?? 30)));
  return [{ text: `auto (${intervalText(step)})`, value: AUTO }, ...options];
}

/** What `auto` of an interval variable stands for. */
export function autoInterval(variable: Variable, rangeMs: number): string {
  const text =
    intervalOptions(variable, rangeMs).find((option) => option.value === AUTO)?.text ?? "";
  return /\((.+)\)/.exec(text)?.[1] ?? "1m";
}

export const AUTO = "$__auto";

/** The chosen values: those of the address, else the stored ones that still exist, else the first. */
export function chosen(
  variable: Variable,
  options: readonly VariableOption[],
  asked: readonly string[] | undefined,
): string[] {
  const wanted = asked ?? storedValues(variable);
  const valid = (value: string): boolean =>
    value === ALL || options.some((option) => option.value === value) || asked !== undefined;
  const kept = wanted.map((value) => byAnyName(value, variable, options)).filter(valid);
  const allowed =
    kept.includes(ALL) && variable.includeAll ? [ALL] : kept.filter((value) => value !== ALL);
  if (allowed.length > 0)
    return variable.multi || allowed[0] === ALL ? allowed : allowed.slice(0, 1);
  if (variable.includeAll && (wanted.includes(ALL) || storedValues(variable).length === 0))
    return [ALL];
  return options[0] ? [options[0].value] : variable.includeAll ? [ALL] : [];
}

/** Addresses name "All" and option texts, too. */
function byAnyName(value: string, variable: Variable, options: readonly VariableOption[]): string {
  if (options.some((option) => option.value === value)) return value;
  if (value === "All" && variable.includeAll) return ALL;
  if (value.startsWith("$__auto_interval")) return AUTO;
  return options.find((option) => option.text === value)?.value ?? value;
}

function storedValues(variable: Variable): string[] {
  const value = variable.current?.value;
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
