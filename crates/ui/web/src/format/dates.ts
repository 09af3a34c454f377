// Points of time as text, in a zone: "browser", "utc" or an IANA name.
// Used by axes, tooltips, tables and the date units.
// INV: formats are 24 h except where a unit says otherwise; formatters are kept per zone (bounded).

import { DAY, HOUR, MINUTE, SECOND, YEAR } from "./durations";

export interface DateParts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
  weekday: string;
}

const FORMATTERS_MAX = 16;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const options: Intl.DateTimeFormatOptions = {
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    weekday: "short",
  };
  if (zone === "utc" || zone === "UTC") options.timeZone = "UTC";
  else if (zone && zone !== "browser") options.timeZone = zone;
  const made = build(options);
  if (formatters.size >= FORMATTERS_MAX) formatters.clear();
  formatters.set(zone, made);
  return made;
}

/** An unknown zone is shown in the browser's own rather than not at all. */
function build(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-GB", options);
  } catch {
    const { timeZone: _unknown, ...rest } = options;
    return new Intl.DateTimeFormat("en-GB", rest);
  }
}

/** The calendar fields of an instant in a zone. */
export function dateParts(ms: number, zone: string): DateParts {
  const date = new Date(ms);
  const parts: Record<string, string> = {};
  for (const part of formatter(zone).formatToParts(date)) parts[part.type] = part.value;
  const number = (name: string): number => Number(parts[name] ?? 0);
  return {
    year: number("year"),
    month: number("month"),
    day: number("day"),
    hour: number("hour"),
    minute: number("minute"),
    second: number("second"),
    ms: ((Math.floor(ms) % 1000) + 1000) % 1000,
    weekday: parts.weekday ?? "",
  };
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const two = (n: number): string => String(n).padStart(2, "0");

const TOKENS: Record<string, (p: DateParts, ms: number) => string> = {
  YYYY: (p) => String(p.year),
  YY: (p) => two(p.year % 100),
  MMMM: (p) => MONTHS[p.month - 1] ?? "",
  MMM: (p) => (MONTHS[p.month - 1] ?? "").slice(0, 3),
  MM: (p) => two(p.month),
  M: (p) => String(p.month),
  DD: (p) => two(p.day),
  D: (p) => String(p.day),
  ddd: (p) => p.weekday,
  HH: (p) => two(p.hour),
  H: (p) => String(p.hour),
  hh: (p) => two(p.hour % 12 || 12),
  h: (p) => String(p.hour % 12 || 12),
  mm: (p) => two(p.minute),
  m: (p) => String(p.minute),
  ss: (p) => two(p.second),
  s: (p) => String(p.second),
  SSS: (p) => String(p.ms).padStart(3, "0"),
  A: (p) => (p.hour < 12 ? "AM" : "PM"),
  a: (p) => (p.hour < 12 ? "am" : "pm"),
  X: (_p, ms) => String(Math.floor(ms / 1000)),
  x: (_p, ms) => String(Math.floor(ms)),
};

/** An instant in a pattern of the usual letters (`YYYY-MM-DD HH:mm:ss`); `[text]` stands for itself. */
export function formatDate(ms: number, pattern: string, zone: string): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return "Invalid date";
  const parts = dateParts(ms, zone);
  const letters = /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|ddd|HH|H|hh|h|mm|m|ss|s|SSS|A|a|X|x/g;
  return pattern.replace(letters, (token: string, literal?: string) =>
    literal !== undefined ? literal : (TOKENS[token]?.(parts, ms) ?? token),
  );
}

export const ISO = "YYYY-MM-DD HH:mm:ss";

/** The time of day when it is today in that zone, the whole date otherwise. */
export function withoutToday(
  ms: number,
  pattern: string,
  timeOnly: string,
  nowMs: number,
  zone: string,
): string {
  const day = "YYYY-MM-DD";
  const today = formatDate(ms, day, zone) === formatDate(nowMs, day, zone);
  return formatDate(ms, today ? timeOnly : pattern, zone);
}

/** `3 minutes ago`, `in 2 days`. */
export function fromNow(ms: number, nowMs: number): string {
  const size = Math.abs(ms - nowMs);
  const words = distanceWords(size);
  return ms <= nowMs ? `${words} ago` : `in ${words}`;
}

function distanceWords(size: number): string {
  if (size < 45 * SECOND) return "a few seconds";
  if (size < 90 * SECOND) return "a minute";
  const units: readonly (readonly [number, number, string])[] = [
    [45 * MINUTE, MINUTE, "minute"],
    [22 * HOUR, HOUR, "hour"],
    [26 * DAY, DAY, "day"],
    [320 * DAY, 30.4 * DAY, "month"],
    [Number.POSITIVE_INFINITY, YEAR, "year"],
  ];
  const [, unit, word] = units.find(([below]) => size < below) ?? units[4]!;
  const count = Math.round(size / unit);
  return count <= 1 ? `${word === "hour" ? "an" : "a"} ${word}` : `${count} ${word}s`;
}

/** The labels of a time axis: clock for short ranges, dates at midnights, days for long ones. */
export function axisTimes(splitsMs: readonly number[], stepMs: number, zone: string): string[] {
  let before = "";
  return splitsMs.map((ms) => {
    const day = formatDate(ms, "MM/DD", zone);
    const first = before !== "" && before !== day;
    before = day;
    if (stepMs < SECOND) return formatDate(ms, "HH:mm:ss.SSS", zone);
    if (stepMs < MINUTE) return formatDate(ms, "HH:mm:ss", zone);
    const midnight = formatDate(ms, "HH:mm", zone) === "00:00";
    if (stepMs < DAY)
      return midnight || (first && stepMs >= 6 * HOUR) ? day : formatDate(ms, "HH:mm", zone);
    if (stepMs < 27 * DAY) return day;
    return formatDate(ms, stepMs < 360 * DAY ? "YYYY-MM" : "YYYY", zone);
  });
}
