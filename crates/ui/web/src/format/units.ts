// Values with units: Grafana's unit ids, and free text as a suffix.
// `formatUnit` gives number, prefix and suffix apart, so that panels may set them in different sizes.
// Pure: zone and clock come in as arguments.

import { fixed } from "./decimals";
import {
  clockDuration,
  clockParts,
  DAY,
  durationWords,
  HOUR,
  MINUTE,
  scaledDuration,
  SECOND,
} from "./durations";
import { formatDate, fromNow, ISO, withoutToday } from "./dates";
import { BASE_UNITS, COUNT_UNITS, CURRENCIES, FIXED_UNITS, SCALED_UNITS } from "./unit_table";

export interface FormattedValue {
  text: string;
  prefix?: string;
  suffix?: string;
}

export interface UnitContext {
  zone: string;
  nowMs: number;
}

type Formatter = (
  value: number,
  decimals: number | null | undefined,
  ctx: UnitContext,
) => FormattedValue;

const SI = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const SI_BASE = 5;
const IEC = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SHORT = ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"];
const COUNT = ["", "K", "M", "B", "T"];

/** Scales by powers of `factor`; `base` is the place in `suffixes` of the unit the value comes in. */
function scaled(factor: number, suffixes: readonly string[], base = 0): Formatter {
  return (value, decimals) => {
    if (!Number.isFinite(value)) return { text: fixed(value) };
    const power =
      value === 0 ? 0 : Math.floor(Math.log(Math.abs(value)) / Math.log(factor) + 1e-12);
    const index = Math.min(suffixes.length - 1, Math.max(0, base + power));
    return { text: fixed(value / factor ** (index - base), decimals), suffix: suffixes[index]! };
  };
}

const si = (unit: string, offset = 0): Formatter =>
  scaled(
    1000,
    SI.map((prefix) => ` ${prefix}${unit}`),
    SI_BASE + offset,
  );
const iec = (unit: string, offset = 0): Formatter =>
  scaled(
    1024,
    IEC.map((prefix) => ` ${prefix}${unit}`),
    offset,
  );
const count = (unit: string): Formatter =>
  scaled(
    1000,
    COUNT.map((letter) => `${letter}${unit ? ` ${unit}` : ""}`),
  );
const suffixed =
  (unit: string): Formatter =>
  (value, decimals) => ({ text: fixed(value, decimals), suffix: unit ? ` ${unit}` : "" });
const plain =
  (render: (value: number, decimals?: number | null) => string): Formatter =>
  (value, decimals) => ({ text: render(value, decimals) });
const either =
  (yes: string, no: string): Formatter =>
  (value) => ({ text: value ? yes : no });

function time(unitMs: number, smallestMs = unitMs): Formatter {
  return (value, decimals) => {
    const [text, suffix] = scaledDuration(value * unitMs, unitMs, smallestMs, decimals);
    return { text, suffix };
  };
}

function currency(symbol: string, after: boolean, offset = 0): Formatter {
  const scale = scaled(1000, COUNT, offset);
  return (value, decimals, ctx) => {
    const made = scale(value, decimals, ctx);
    if (after) return { text: made.text, suffix: `${made.suffix ?? ""} ${symbol}` };
    return { prefix: symbol, text: made.text, suffix: made.suffix ?? "" };
  };
}

function hex(value: number, prefix: string): string {
  const digits = Math.floor(Math.abs(value)).toString(16).toUpperCase();
  return `${value < 0 ? "-" : ""}${prefix}${digits}`;
}

const SPECIAL: Record<string, Formatter> = {
  none: suffixed(""),
  string: plain((value) => String(value)),
  short: scaled(1000, SHORT),
  percent: (value, decimals) => ({ text: fixed(value, decimals), suffix: "%" }),
  percentunit: (value, decimals) => ({ text: fixed(value * 100, decimals), suffix: "%" }),
  hex0x: plain((value) => hex(value, "0x")),
  hex: plain((value) => hex(value, "")),
  sci: plain((value, decimals) => value.toExponential(decimals ?? undefined)),
  locale: plain((value, decimals) =>
    value.toLocaleString(
      "en-US",
      decimals == null ? {} : { maximumFractionDigits: Math.min(20, decimals) },
    ),
  ),
  pressurepsi: scaled(
    1000,
    ["psi", "ksi", "Mpsi"].map((unit) => ` ${unit}`),
  ),
  ns: time(1e-6),
  µs: time(1e-3),
  us: time(1e-3),
  ms: time(1),
  s: time(SECOND, 1e-6),
  m: time(MINUTE),
  h: time(HOUR),
  d: time(DAY),
  dtdurationms: plain((value, decimals) => durationWords(value, "millisecond", decimals)),
  dtdurations: plain((value, decimals) => durationWords(value * SECOND, "second", decimals)),
  dthms: plain((value) => clockDuration(value, false)),
  dtdhms: plain((value) => clockDuration(value, true)),
  timeticks: time(10, 1e-6),
  clockms: plain((value, decimals) => clockParts(value, decimals)),
  clocks: plain((value, decimals) => clockParts(value * SECOND, decimals)),
  bool: either("True", "False"),
  bool_yes_no: either("Yes", "No"),
  bool_on_off: either("On", "Off"),
  dateTimeAsIso: (ms, _d, ctx) => ({ text: formatDate(ms, ISO, ctx.zone) }),
  dateTimeAsIsoNoDateIfToday: (ms, _d, ctx) => ({
    text: withoutToday(ms, ISO, "HH:mm:ss", ctx.nowMs, ctx.zone),
  }),
  dateTimeAsUS: (ms, _d, ctx) => ({ text: formatDate(ms, "MM/DD/YYYY h:mm:ss a", ctx.zone) }),
  dateTimeAsUSNoDateIfToday: (ms, _d, ctx) => ({
    text: withoutToday(ms, "MM/DD/YYYY h:mm:ss a", "h:mm:ss a", ctx.nowMs, ctx.zone),
  }),
  dateTimeAsLocal: (ms, _d, ctx) => ({ text: formatDate(ms, ISO, ctx.zone) }),
  dateTimeAsSystem: (ms, _d, ctx) => ({ text: formatDate(ms, ISO, ctx.zone) }),
  dateTimeFromNow: (ms, _d, ctx) => ({ text: fromNow(ms, ctx.nowMs) }),
};

const FORMATTERS_MAX = 500;
const formatters = new Map<string, Formatter>();

/** `unit@offset` of the table: the place of the unit relative to the prefix-less one. */
function split(entry: string): [string, number] {
  const at = entry.lastIndexOf("@");
  return at < 0 ? [entry, 0] : [entry.slice(0, at), Number(entry.slice(at + 1))];
}

function known(id: string): Formatter | undefined {
  if (Object.hasOwn(SPECIAL, id)) return SPECIAL[id];
  if (Object.hasOwn(SCALED_UNITS, id)) return si(...split(SCALED_UNITS[id]!));
  if (Object.hasOwn(BASE_UNITS, id)) return iec(...split(BASE_UNITS[id]!));
  if (Object.hasOwn(COUNT_UNITS, id)) return count(COUNT_UNITS[id]!);
  if (Object.hasOwn(FIXED_UNITS, id)) return suffixed(FIXED_UNITS[id]!);
  if (Object.hasOwn(CURRENCIES, id)) {
    const symbol = CURRENCIES[id]!;
    return currency(symbol.replace(/^>/, ""), symbol.startsWith(">"));
  }
  return undefined;
}

/** Units with a kind before a colon: `suffix:`, `prefix:`, `time:`, `si:`, `count:`, `currency:`, `bool:`. */
function custom(id: string): Formatter | undefined {
  const colon = id.indexOf(":");
  if (colon <= 0) return undefined;
  const rest = id.slice(colon + 1);
  switch (id.slice(0, colon)) {
    case "prefix":
      return (value, decimals) => ({ prefix: rest, text: fixed(value, decimals) });
    case "suffix":
      return (value, decimals) => ({ text: fixed(value, decimals), suffix: rest });
    case "time":
      return (ms, _decimals, ctx) => ({ text: formatDate(ms, rest, ctx.zone) });
    case "si":
      return rest.length > 1 && SI.includes(rest[0]!)
        ? si(rest.slice(1), SI.indexOf(rest[0]!) - SI_BASE)
        : si(rest);
    case "count":
      return count(rest);
    case "currency":
      return rest.startsWith("financial:") ? financial(rest.slice(10)) : currency(rest, false);
    case "bool":
      return either(rest.split("/")[0] ?? "True", rest.split("/")[1] ?? "False");
    default:
      return undefined;
  }
}

function financial(rest: string): Formatter {
  const [symbol = "", place] = rest.split(":");
  const amount = (value: number, decimals?: number | null): string =>
    value.toLocaleString("en-US", { maximumFractionDigits: Math.min(20, decimals ?? 2) });
  return (value, decimals) =>
    place === "suffix"
      ? { text: amount(value, decimals), suffix: symbol }
      : { prefix: symbol, text: amount(value, decimals) };
}

function formatterOf(id: string): Formatter {
  const kept = formatters.get(id);
  if (kept) return kept;
  const made = known(id) ?? custom(id) ?? suffixed(id);
  if (formatters.size >= FORMATTERS_MAX) formatters.clear();
  formatters.set(id, made);
  return made;
}

const HERE: UnitContext = { zone: "browser", nowMs: 0 };

/** A value in a unit; an id nobody knows is the unit's own text. */
export function formatUnit(
  value: number,
  unit?: string | null,
  decimals?: number | null,
  ctx: UnitContext = HERE,
): FormattedValue {
  const id = unit || "none";
  if (!Number.isFinite(value) && !/^(bool|dateTime|time:)/.test(id)) return { text: fixed(value) };
  return formatterOf(id)(value, decimals, ctx);
}

/** The parts of a formatted value as one text. */
export function joined(value: FormattedValue): string {
  return `${value.prefix ?? ""}${value.text}${value.suffix ?? ""}`;
}

/** A value in a unit as one text. */
export function formatValue(
  value: number,
  unit?: string | null,
  decimals?: number | null,
  ctx: UnitContext = HERE,
): string {
  return joined(formatUnit(value, unit, decimals, ctx));
}

/** Whether a unit counts in powers of 1024, so that axes are divided that way too. */
export function isBinaryUnit(unit: string | undefined): boolean {
  return unit !== undefined && (Object.hasOwn(BASE_UNITS, unit) || unit === "bits");
}

/** Every id with a form of its own, for the unit picker. */
export function unitIds(): string[] {
  return [SPECIAL, SCALED_UNITS, BASE_UNITS, COUNT_UNITS, FIXED_UNITS, CURRENCIES].flatMap(
    Object.keys,
  );
}
