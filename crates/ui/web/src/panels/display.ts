// From a raw value to what is shown: text with unit, colour, percentage of the range, links.
// Used by every panel type. Pure: theme, zone and clock come in as `Look`.

import { formatUnit, joined, type UnitContext } from "../format/units";
import { resolveColor } from "../charts/colors";
import type { ChartTheme } from "../charts/theme";
import type { Field } from "./frame";
import { mapValue } from "./mappings";
import type { FieldConfig } from "./model";
import { type Limits, valueColor } from "./thresholds";

export interface Look {
  theme: ChartTheme;
  units: UnitContext;
}

export interface Shown {
  text: string;
  /** Number and unit apart. */
  prefix: string;
  main: string;
  suffix: string;
  number: number | null;
  color: string | undefined;
  /** The mapping's own colour, which wins over that of the series. */
  mapped: boolean;
  /** 0 to 1 between min and max. */
  share: number;
}

/** The limits of a field: configured, else those of its numbers. */
export function limitsOf(fields: readonly Field[], config: FieldConfig): Limits {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const field of fields) {
    for (const value of field.values) {
      if (typeof value !== "number" || !Number.isFinite(value)) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (min > max) [min, max] = [0, 100];
  return { min: config.min ?? min, max: config.max ?? max };
}

const asNumber = (value: unknown): number | null => {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value))
    ? Number(value)
    : null;
};

/** What a value of a field looks like. */
export function show(value: unknown, config: FieldConfig, limits: Limits, look: Look): Shown {
  const mapping = mapValue(config.mappings, value);
  const number = config.unit === "string" && typeof value === "string" ? null : asNumber(value);
  const shown =
    number === null || number === undefined ? plain(value, config) : numeric(number, config, look);
  if (number !== null && !Number.isNaN(number)) {
    shown.color = valueColor(config, number, limits, look.theme);
    shown.share = (number - limits.min) / (limits.max - limits.min || 1);
  }
  if (mapping?.text)
    Object.assign(shown, { text: mapping.text, prefix: "", main: mapping.text, suffix: "" });
  if (mapping?.color) {
    shown.color = resolveColor(mapping.color, look.theme.dark, look.theme.text);
    shown.mapped = true;
  }
  return shown;
}

function numeric(number: number, config: FieldConfig, look: Look): Shown {
  if (Number.isNaN(number) && config.noValue) return plain(null, config);
  const parts = formatUnit(number, config.unit, config.decimals, look.units);
  return {
    text: joined(parts),
    prefix: parts.prefix ?? "",
    main: parts.text,
    suffix: parts.suffix ?? "",
    number,
    color: undefined,
    mapped: false,
    share: 0,
  };
}

function plain(value: unknown, config: FieldConfig): Shown {
  const text = textOf(value, config);
  return {
    text,
    prefix: "",
    main: text,
    suffix: "",
    number: null,
    color: undefined,
    mapped: false,
    share: 0,
  };
}

function textOf(value: unknown, config: FieldConfig): string {
  if (value === null || value === undefined) return config.noValue ?? "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
