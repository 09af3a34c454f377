// `$name`, `${name:format}`, `${name.field}`, `[[name]]` in queries, titles and links.
// Fed by variables and macros; knows nothing of where values come from. Pure.
// A name nobody knows stays as it was written.

import { formatDate } from "../format/dates";

/** What a name stands for. */
export interface Value {
  value: string | readonly string[];
  text?: string | readonly string[];
  /** Whether several values may be chosen: PromQL then gets a regular expression. */
  multi?: boolean;
  /** Put in as it is written, whatever the format: a custom "all" value. */
  verbatim?: boolean;
}

export type Scope = (name: string, path: string | undefined) => Value | undefined;

/** How a value is written when the reference does not say: for PromQL, for titles, for addresses. */
export type Target = "promql" | "text" | "glob" | "url";

const REFERENCE = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

/** The text with all references filled in. */
export function interpolate(text: string, scope: Scope, target: Target): string {
  // Dashboards write null where they mean nothing.
  if (!text || (!text.includes("$") && !text.includes("[["))) return text ?? "";
  return text.replace(REFERENCE, (all, ...groups: (string | undefined)[]) => {
    const [plain, bracket, bracketFormat, braced, path, format] = groups;
    const name = plain ?? bracket ?? braced ?? "";
    const found = scope(name, path);
    return found === undefined ? all : render(found, format ?? bracketFormat ?? target, name);
  });
}

/** The names that a text refers to. */
export function references(text: string): Set<string> {
  const names = new Set<string>();
  for (const [, plain, bracket, , braced] of text.matchAll(REFERENCE))
    names.add(plain ?? bracket ?? braced ?? "");
  return names;
}

const list = (value: string | readonly string[]): readonly string[] =>
  typeof value === "string" ? [value] : value;
const isList = (value: string | readonly string[]): value is readonly string[] =>
  typeof value !== "string";

function render(found: Value, format: string, name: string): string {
  if (found.verbatim && format !== "text" && format !== "queryparam")
    return list(found.value).join("|");
  const [kind = "", ...rest] = format.split(":");
  const make = Object.hasOwn(FORMATS, kind) ? FORMATS[kind]! : FORMATS.glob!;
  return make(found, rest.join(":"), name);
}

type Format = (found: Value, argument: string, name: string) => string;

const each =
  (write: (value: string) => string, separator: string): Format =>
  (found) =>
    list(found.value).map(write).join(separator);

const FORMATS: Record<string, Format> = {
  promql,
  regex: (found) => alternatives(list(found.value).map(escapeRegex)),
  pipe: each(String, "|"),
  csv: each(String, ","),
  join: (found, separator) => list(found.value).join(separator || ","),
  raw: each(String, ","),
  glob: (found) =>
    isList(found.value) && found.value.length !== 1
      ? `{${found.value.join(",")}}`
      : list(found.value).join(""),
  json: (found) => JSON.stringify(found.value),
  doublequote: each((value) => `"${value.replace(/"/g, '\\"')}"`, ","),
  singlequote: each((value) => `'${value.replace(/'/g, "\\'")}'`, ","),
  sqlstring: each((value) => `'${value.replace(/'/g, "''")}'`, ","),
  lucene: (found) =>
    isList(found.value)
      ? `(${found.value.map((value) => `"${lucene(value)}"`).join(" OR ")})`
      : lucene(found.value),
  html: each((value) => value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`), ", "),
  percentencode: (found) => encodeURIComponent(FORMATS.glob!(found, "", "")),
  uriencode: each(encodeURI, ","),
  url: (found) => encodeURIComponent(list(found.value).join(",")),
  distributed: (found, _argument, name) =>
    list(found.value)
      .map((value, i) => (i === 0 ? value : `${name}=${value}`))
      .join(","),
  queryparam: (found, _argument, name) =>
    list(found.value)
      .map((value) => `var-${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join("&"),
  text: (found) => list(found.text ?? found.value).join(" + "),
  date: (found, pattern) => dateText(list(found.value)[0] ?? "", pattern),
};

const lucene = (value: string): string => value.replace(/([!*+\-=<>\s&|()[\]{}^~?:\\/"])/g, "\\$1");

function promql(found: Value): string {
  if (!found.multi) return escapeLabelValue(list(found.value)[0] ?? "");
  return alternatives(list(found.value).map(escapePromqlRegex));
}

const alternatives = (values: readonly string[]): string =>
  values.length > 1 ? `(${values.join("|")})` : (values[0] ?? "");

function escapeRegex(value: string): string {
  return value.replace(/[\\^$*+?.()|[\]{}/]/g, "\\$&");
}

/** A regular expression inside a PromQL string: its backslashes are doubled. */
function escapePromqlRegex(value: string): string {
  return value
    .replace(/\\/g, "\\\\\\\\")
    .replace(/[$^*{}[\]+?.()|]/g, "\\\\$&")
    .replace(/"/g, '\\"');
}

function escapeLabelValue(value: string): string {
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"');
}

function dateText(value: string, pattern: string): string {
  const ms = Number(value);
  if (!Number.isFinite(ms)) return value;
  if (pattern === "" || pattern === "iso") return new Date(ms).toISOString();
  return pattern === "seconds" ? String(Math.floor(ms / 1000)) : formatDate(ms, pattern, "utc");
}

/** The first scope that knows a name. */
export function scopes(...all: (Scope | undefined)[]): Scope {
  return (name, path) => {
    for (const scope of all) {
      const found = scope?.(name, path);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
