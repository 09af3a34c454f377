// Ad hoc filters: matchers on any label, added to every selector of a panel's PromQL as Grafana does.
// Between the variable of type `adhoc`, the address and `plan`. Pure.
// INV: strings, comments and lists of labels (`by (...)`) are never taken for selectors.

import type { Variable } from "./model";

export interface Filter {
  key: string;
  operator: string;
  value: string;
}

/** What can stand between a label and its value. */
export const OPERATORS = ["=", "!=", "=~", "!~"] as const;

const KEYWORDS = new Set(["and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"]);
const LABEL_LISTS = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);
const TOKEN =
  /(?<skip>\s+|#[^\n]*|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|`[^`]*`|\[[^\]]*\]|\d[\w.]*)|(?<name>[a-zA-Z_:][\w:]*)|(?<open>\{)|(?<other>[\s\S])/y;

/** The expression with these matchers in every selector. */
export function withFilters(expr: string, filters: readonly Filter[]): string {
  const added = filters.filter(({ key }) => key !== "").map(matcherOf);
  if (added.length === 0) return expr;
  const text = added.join(",");
  let made = "";
  for (let at = 0; at < expr.length;) {
    TOKEN.lastIndex = at;
    const { name, open } = TOKEN.exec(expr)?.groups ?? {};
    const end = TOKEN.lastIndex;
    const after = restAfter(expr, end);
    if (open) {
      const close = braceEnd(expr, at);
      made += narrowed(expr.slice(at, close), text);
      at = close;
    } else if (name && LABEL_LISTS.has(name.toLowerCase()) && expr[after] === "(") {
      const close = expr.indexOf(")", after) + 1 || expr.length;
      made += expr.slice(at, close);
      at = close;
    } else {
      made += expr.slice(at, end);
      if (name && isMetric(name, expr, after)) made += expr[after] === "{" ? "" : `{${text}}`;
      at = end;
    }
  }
  return made;
}

function isMetric(name: string, expr: string, after: number): boolean {
  const lower = name.toLowerCase();
  if (KEYWORDS.has(lower) || LABEL_LISTS.has(lower) || expr[after] === "(") return false;
  // `sum by (job) (...)`: an aggregation.
  return !/^(?:by|without)\s*\(/i.test(expr.slice(after));
}

/** The place of what follows blanks and comments. */
function restAfter(expr: string, from: number): number {
  return from + (/^(?:\s+|#[^\n]*)*/.exec(expr.slice(from))?.[0].length ?? 0);
}

/** The place behind the brace that closes the one at `at`; braces in strings do not count. */
function braceEnd(expr: string, at: number): number {
  const rest = /^\{(?:"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|`[^`]*`|[^}"'`])*\}?/;
  return at + (rest.exec(expr.slice(at))?.[0].length ?? 1);
}

function narrowed(selector: string, text: string): string {
  const inner = selector.slice(1).replace(/\}$/, "").trim();
  if (inner === "") return `{${text}}`;
  return inner.endsWith(",") ? `{${inner}${text}}` : `{${inner},${text}}`;
}

/** A filter as PromQL writes it. */
export function matcherOf({ key, operator, value }: Filter): string {
  const name = /^[a-zA-Z_]\w*$/.test(key) ? key : JSON.stringify(key);
  // "One of": values that are texts, not patterns.
  const several = operator.endsWith("|");
  const kind = several ? (operator.startsWith("!") ? "!~" : "=~") : operator || "=";
  const pattern = several ? value.split("|").map(escapeRegex).join("|") : value;
  return `${name}${kind}${JSON.stringify(pattern)}`;
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$*+?.()|[\]{}]/g, "\\$&");
}

/** A filter in the address: `label|=|value`, bars inside of parts written as `__gfp__`. */
export function filterText({ key, operator, value }: Filter): string {
  return [key, operator, value].map((part) => part.replaceAll("|", "__gfp__")).join("|");
}

/** Reads filters out of the address; what is no filter is left out. */
export function readFilters(texts: readonly string[]): Filter[] {
  return texts.flatMap((text) => {
    const parts = text.split("|").map((part) => part.replaceAll("__gfp__", "|"));
    const [key = "", operator = "", value = ""] = parts;
    return parts.length < 3 || key === "" ? [] : [{ key, operator, value }];
  });
}

/** The filters of a variable: those of the address, else its own. */
export function filtersOf(variable: Variable, asked: readonly string[] | undefined): Filter[] {
  return asked ? readFilters(asked) : [...(variable.filters ?? [])];
}
