// Matchers as people and Alertmanager's links write them: `{team="db", severity=~"a|b"}`, `team=db`.
// Pure. Used by the pages of alerts and silences; the server has the last word on what is valid.

import type { ApiMatcher } from "../../api/alertmanager";
import type { Labels } from "../../api/prometheus";

/** Matchers that were read, or what is wrong. */
export type Parsed =
  | { readonly matchers: readonly ApiMatcher[]; readonly error?: undefined }
  | { readonly error: string };

/** Reads matchers with or without braces and quotes, separated by commas. */
export function parseMatchers(text: string): Parsed {
  const matchers: ApiMatcher[] = [];
  let rest = text.trim();
  const isBraced = rest.startsWith("{");
  if (isBraced && !rest.endsWith("}")) return { error: "the brace at the beginning is not closed" };
  if (isBraced) rest = rest.slice(1, -1).trim();
  while (rest !== "") {
    const found = ONE.exec(rest);
    if (!found) return { error: `expected name="value" at ${JSON.stringify(rest.slice(0, 24))}` };
    const [all, quotedName, bareName, operator = "=", quoted, bare = ""] = found;
    const name = quotedName === undefined ? (bareName ?? "") : unquoted(quotedName);
    const value = quoted === undefined ? bare.trim() : unquoted(quoted);
    matchers.push({
      name,
      value,
      isRegex: operator.endsWith("~"),
      isEqual: operator.startsWith("="),
    });
    rest = rest.slice(all.length).trim();
  }
  return { matchers };
}

const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const ONE = new RegExp(
  String.raw`^(?:${QUOTED}|([^\s"{}=!~,]+))\s*(=~|!~|!=|=)\s*(?:${QUOTED}|([^",{}]*))\s*(?:,|$)`,
);

function unquoted(text: string): string {
  return text.replace(/\\(.)/g, (_all, letter: string) => (letter === "n" ? "\n" : letter));
}

/** `team="db"`. */
export function renderMatcher({ name, value, isRegex, isEqual = true }: ApiMatcher): string {
  const operator = isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
  const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `${/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name)}${operator}"${escaped}"`;
}

/** `team="db", severity="page"`. */
export function renderMatchers(matchers: readonly ApiMatcher[]): string {
  return matchers.map(renderMatcher).join(", ");
}

/** The matchers that exactly these labels satisfy. */
export function matchersOf(labels: Labels): ApiMatcher[] {
  return Object.entries(labels).map(([name, value]) => ({
    name,
    value,
    isRegex: false,
    isEqual: true,
  }));
}

/** Adds `name="value"` to a filter; a filter on that name with the same operator is replaced. */
export function withLabel(filter: string, name: string, value: string): string {
  const parsed = parseMatchers(filter);
  const before = parsed.error === undefined ? parsed.matchers : [];
  const others = before.filter((one) => one.name !== name || one.isRegex || one.isEqual === false);
  return renderMatchers([...others, { name, value, isRegex: false, isEqual: true }]);
}
