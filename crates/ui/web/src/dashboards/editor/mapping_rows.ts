// Value mappings as rows of a form, and back. Pure.

import type { MappingResult, ValueMapping } from "../../panels/model";

export interface MappingRow {
  type: ValueMapping["type"];
  /** A value, a pattern, the lower end of a range or the name of a special value. */
  match: string;
  /** The upper end of a range. */
  to: string;
  result: MappingResult;
}

export const SPECIAL = ["null", "nan", "null+nan", "true", "false", "empty"] as const;

/** One row per value, range, pattern or special value. */
export function rowsOf(mappings: readonly ValueMapping[]): MappingRow[] {
  return mappings.flatMap((mapping): MappingRow[] => {
    switch (mapping.type) {
      case "value":
        return Object.entries(mapping.options)
          .sort(([, a], [, b]) => (a.index ?? 0) - (b.index ?? 0))
          .map(([match, result]) => ({ type: "value", match, to: "", result }));
      case "range": {
        const { from, to, result } = mapping.options;
        return [{ type: "range", match: String(from ?? ""), to: String(to ?? ""), result }];
      }
      case "regex":
        return [
          { type: "regex", match: mapping.options.pattern, to: "", result: mapping.options.result },
        ];
      case "special":
        return [
          { type: "special", match: mapping.options.match, to: "", result: mapping.options.result },
        ];
    }
  });
}

/** The mappings of rows; values that follow each other become one, as Grafana writes them. */
export function mappingsOf(rows: readonly MappingRow[]): ValueMapping[] {
  const made: ValueMapping[] = [];
  rows.forEach(({ type, match, to, result }, index) => {
    const last = made.at(-1);
    const shown = { ...result, index };
    if (type !== "value") made.push(single(type, match, to, shown));
    else if (last?.type === "value" && !Object.hasOwn(last.options, match))
      last.options[match] = shown;
    else made.push({ type, options: { [match]: shown } });
  });
  return made;
}

function single(
  type: "range" | "regex" | "special",
  match: string,
  to: string,
  result: MappingResult,
): ValueMapping {
  if (type === "range") return { type, options: { from: number(match), to: number(to), result } };
  if (type === "regex") return { type, options: { pattern: match, result } };
  return { type, options: { match: match || "null", result } };
}

function number(text: string): number | null {
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? null : value;
}
