// Value mappings: a value, range, pattern or special value shown as a text and a colour.
// Used by `display`. Pure.

import type { MappingResult, ValueMapping } from "./model";

/** What the first mapping that fits makes of a value. */
export function mapValue(
  mappings: readonly ValueMapping[] | undefined,
  value: unknown,
): MappingResult | undefined {
  for (const mapping of mappings ?? []) {
    const result = apply(mapping, value);
    if (result) return result;
  }
  return undefined;
}

function apply(mapping: ValueMapping, value: unknown): MappingResult | undefined {
  // Files of others have everything.
  if ((mapping.options as unknown) === null || mapping.options === undefined) return undefined;
  switch (mapping.type) {
    case "value":
      return exact(mapping.options, value);
    case "range":
      return inRange(mapping.options, value) ? mapping.options.result : undefined;
    case "regex":
      return matched(mapping.options, value);
    case "special":
      return isSpecial(mapping.options.match, value) ? mapping.options.result : undefined;
    default:
      return undefined;
  }
}

function exact(options: Record<string, MappingResult>, value: unknown): MappingResult | undefined {
  if (value === null || value === undefined)
    return Object.hasOwn(options, "null") ? options.null : undefined;
  const key = String(value);
  if (Object.hasOwn(options, key)) return options[key];
  const number = Number(value);
  if (key.trim() === "" || Number.isNaN(number)) return undefined;
  const found = Object.keys(options).find((one) => one.trim() !== "" && Number(one) === number);
  return found === undefined ? undefined : options[found];
}

function inRange(
  { from, to }: { from: number | null; to: number | null },
  value: unknown,
): boolean {
  const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
  if (value === null || value === undefined || Number.isNaN(number)) return false;
  return number >= (from ?? Number.NEGATIVE_INFINITY) && number <= (to ?? Number.POSITIVE_INFINITY);
}

function matched(
  options: { pattern: string; result: MappingResult },
  value: unknown,
): MappingResult | undefined {
  if (value === null || value === undefined) return undefined;
  const pattern = toRegex(options.pattern);
  const text = String(value);
  if (!pattern?.test(text)) return undefined;
  const { result } = options;
  return result.text === undefined
    ? result
    : { ...result, text: text.replace(pattern, result.text) };
}

function isSpecial(match: string, value: unknown): boolean {
  switch (match) {
    case "null":
      return value === null || value === undefined;
    case "nan":
      return typeof value === "number" && Number.isNaN(value);
    case "null+nan":
      return value === null || value === undefined || Number.isNaN(value);
    case "true":
      return value === true || value === "true";
    case "false":
      return value === false || value === "false";
    case "empty":
      return value === "";
    default:
      return false;
  }
}

/**
 * `/pattern/flags`, or a bare pattern, which Grafana takes for the whole text unless `isPart`;
 * undefined when it is not a regular expression.
 */
export function toRegex(text: string, isPart = false): RegExp | undefined {
  const slashed = /^\/(.*)\/([dgimsuvy]*)$/s.exec(text);
  try {
    if (slashed) return new RegExp(slashed[1]!, slashed[2]!.replace(/[gy]/g, ""));
    return new RegExp(isPart ? text : `^${text}$`);
  } catch {
    return undefined;
  }
}
