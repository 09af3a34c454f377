// Ranges of time as Grafana writes them: `now-6h`, `now/d`, `now-1d/d`, epoch milliseconds, ISO 8601.
// Pure: the present and the zone come in as arguments. The signals at the end read the address.

import { computed, signal } from "@preact/signals";
import { param, route, setParams } from "./route";
import { stored } from "./stored";

/** `browser`, `utc`, or a name of the zone database. */
export type Zone = string;

/** A range in milliseconds since 1970. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A range as it stands in the address. */
export interface RawRange {
  readonly from: string;
  readonly to: string;
}

const FIXED_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 };
const RELATIVE = /^now(?<steps>(?:[+-]\d{1,6}[smhdwMy])*)(?:\/(?<round>[smhdwMy]))?$/;

/** A date and time on the clock of a zone. */
interface WallTime {
  year: number;
  /** 0 is January. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/**
 * The instant that `text` names, or nothing when it names none.
 * `edge` says which end of a rounded period is meant: `now/d` is its start, or its last millisecond.
 */
export function resolveTime(
  text: string,
  nowMs: number,
  zone: Zone,
  edge: "start" | "end",
): number | undefined {
  const relative = RELATIVE.exec(text.trim());
  if (!relative) return parseAbsolute(text.trim(), zone);
  const { steps = "", round } = relative.groups ?? {};
  let at = nowMs;
  for (const [, sign, count, unit] of steps.matchAll(/([+-])(\d+)([smhdwMy])/g)) {
    at = add(at, Number(`${sign}${count}`), unit as string, zone);
  }
  if (round) {
    const start = startOf(at, round, zone);
    at = edge === "start" ? start : add(start, 1, round, zone) - 1;
  }
  return Number.isFinite(at) ? at : undefined;
}

/** Both ends; what cannot be read, or ends before it begins, becomes the last hour. */
export function resolveRange(from: string, to: string, nowMs: number, zone: Zone): TimeRange {
  const toMs = resolveTime(to, nowMs, zone, "end") ?? nowMs;
  const fromMs = resolveTime(from, nowMs, zone, "start") ?? toMs - 3_600_000;
  return fromMs < toMs ? { fromMs, toMs } : { fromMs: toMs - 3_600_000, toMs };
}

/** Does `text` name an instant? */
export function isTime(text: string): boolean {
  return resolveTime(text, 0, "utc", "start") !== undefined;
}

/** Does the range move with the present? */
export function isRelative({ from, to }: RawRange): boolean {
  return from.startsWith("now") || to.startsWith("now");
}

function parseAbsolute(text: string, zone: Zone): number | undefined {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  const local = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/.exec(
    text,
  );
  if (local) {
    const [year, month, day, hour, minute, second] = local
      .slice(1)
      .map((part) => Number(part ?? 0));
    const wall = { year, month: (month ?? 1) - 1, day, hour, minute, second } as WallTime;
    return wall.month < 12 && wall.day >= 1 && wall.day <= 31 ? fromWall(wall, zone) : undefined;
  }
  const ms = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function add(ms: number, count: number, unit: string, zone: Zone): number {
  const fixed = FIXED_MS[unit];
  if (fixed) return ms + count * fixed;
  const wall = toWall(ms, zone);
  if (unit === "d") wall.day += count;
  if (unit === "w") wall.day += 7 * count;
  if (unit === "M" || unit === "y") {
    const months = wall.month + (unit === "M" ? count : 12 * count);
    // The 31st of a short month is its last day.
    const last = new Date(Date.UTC(wall.year, months + 1, 0)).getUTCDate();
    Object.assign(wall, { month: months, day: Math.min(wall.day, last) });
  }
  return fromWall(wall, zone) + (((ms % 1000) + 1000) % 1000);
}

/** Start of the second, minute, hour, day, week (Monday), month or year around `ms`. */
export function startOf(ms: number, unit: string, zone: Zone): number {
  const wall = toWall(ms, zone);
  const weekday = (new Date(Date.UTC(wall.year, wall.month, wall.day)).getUTCDay() + 6) % 7;
  if (unit === "w") wall.day -= weekday;
  if (unit === "y") wall.month = 0;
  if (unit === "y" || unit === "M") wall.day = 1;
  if ("dwMy".includes(unit)) wall.hour = 0;
  if ("hdwMy".includes(unit)) wall.minute = 0;
  if (unit !== "s") wall.second = 0;
  return fromWall(wall, zone);
}

function toWall(ms: number, zone: Zone): WallTime {
  const utc = new Date(ms + offsetMs(ms, zone));
  return {
    year: utc.getUTCFullYear(),
    month: utc.getUTCMonth(),
    day: utc.getUTCDate(),
    hour: utc.getUTCHours(),
    minute: utc.getUTCMinutes(),
    second: utc.getUTCSeconds(),
  };
}

function fromWall({ year, month, day, hour, minute, second }: WallTime, zone: Zone): number {
  const asUtc = Date.UTC(year, month, day, hour, minute, second);
  // The offset is that of the instant we look for: guess, then look again beside a change of it.
  const guess = asUtc - offsetMs(asUtc, zone);
  return asUtc - offsetMs(guess, zone);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the clock of the zone is ahead of UTC at `ms`. */
export function offsetMs(ms: number, zone: Zone): number {
  if (zone === "utc") return 0;
  if (zone === "browser") return -new Date(ms).getTimezoneOffset() * 60_000;
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ms)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

/** A zone that the browser knows, or `browser`. */
export function knownZone(name: string): Zone {
  if (name === "" || name === "browser") return "browser";
  if (/^(utc|etc\/utc|gmt)$/i.test(name)) return "utc";
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return "browser";
    throw error;
  }
}

/** `2026-11-22 04:15:05` on the clock of the zone. */
export function formatTime(ms: number, zone: Zone): string {
  const { year, month, day, hour, minute, second } = toWall(ms, zone);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${year}-${two(month + 1)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
}

const UNITS: Record<string, string> = {
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
  M: "month",
  y: "year",
};

/** The range in words: `Last 6 hours`, `Today`, or both ends. */
export function describeRange({ from, to }: RawRange, zone: Zone): string {
  const last = /^now-(\d+)([smhdwMy])$/.exec(from);
  if (last && to === "now") {
    const unit = UNITS[last[2] as string];
    return last[1] === "1" ? `Last ${unit}` : `Last ${last[1]} ${unit}s`;
  }
  const named: Record<string, string> = {
    "now/d now/d": "Today",
    "now/d now": "Today so far",
    "now-1d/d now-1d/d": "Yesterday",
    "now/w now/w": "This week",
    "now/w now": "This week so far",
    "now-1w/w now-1w/w": "Last week",
    "now/M now/M": "This month",
    "now/M now": "This month so far",
    "now-1M/M now-1M/M": "Last month",
    "now/y now/y": "This year",
  };
  const shown = (text: string) => {
    const ms = text.startsWith("now") ? undefined : resolveTime(text, 0, zone, "start");
    return ms === undefined ? text : formatTime(ms, zone);
  };
  return named[`${from} ${to}`] ?? `${shown(from)} to ${shown(to)}`;
}

/** The range moved by half its length. */
export function shifted({ fromMs, toMs }: TimeRange, direction: -1 | 1): TimeRange {
  const half = (direction * (toMs - fromMs)) / 2;
  return { fromMs: Math.round(fromMs + half), toMs: Math.round(toMs + half) };
}

/** The range around the same middle, `factor` times as long; never shorter than a second. */
export function zoomed({ fromMs, toMs }: TimeRange, factor: number): TimeRange {
  const middle = (fromMs + toMs) / 2;
  const half = Math.max(500, ((toMs - fromMs) * factor) / 2);
  return { fromMs: Math.round(middle - half), toMs: Math.round(middle + half) };
}

/** Milliseconds of `10s`, `5m`, `1h`, `1d`; 0 for anything else. */
export function parseInterval(text: string): number {
  const found = /^(\d{1,6})(ms|s|m|h|d)$/.exec(text);
  if (!found) return 0;
  const unit = found[2] as string;
  return Number(found[1]) * (unit === "ms" ? 1 : unit === "d" ? 86_400_000 : (FIXED_MS[unit] ?? 0));
}

// What the address says.

/** What applies where the address names no range; a dashboard sets its own. */
export const defaultRange = signal<RawRange>({ from: "now-1h", to: "now" });

/** What applies where the address names no zone: that of a dashboard, when it has one. */
export const defaultZone = signal<Zone>("");

/** What applies where nothing else names a zone: the reader's own. */
export const ownZone = stored<Zone>("zone", "browser", (value) => typeof value === "string");

/** How often to refresh where the address does not say; empty is never. */
export const defaultRefresh = signal("");

// Texts of their own, so that what else changes in the address moves no range.
const from = computed(() => param("from") || defaultRange.value.from);
const to = computed(() => param("to") || defaultRange.value.to);

/** The range of the page, as text. */
export const rawRange = computed<RawRange>(() => ({ from: from.value, to: to.value }));

/** The zone in which the page shows times. */
export const zone = computed<Zone>(() =>
  knownZone(param("tz") || param("timezone") || defaultZone.value || ownZone.value),
);

/** `10s`, `1m`, ... or empty. */
export const refreshEvery = computed(() => {
  const asked = param("refresh");
  return asked === "off" ? "" : asked || defaultRefresh.value;
});

/** Grows with each refresh, by the clock or by hand; reading it subscribes to refreshes. */
export const refreshes = signal(0);

/** Loads everything that depends on the range anew. */
export function refresh(): void {
  refreshes.value += 1;
}

const path = computed(() => route.value.path);

/** The range of the page in milliseconds; one relative to now moves with each refresh and page. */
export const timeRange = computed<TimeRange>(() => {
  void [refreshes.value, path.value];
  return resolveRange(rawRange.value.from, rawRange.value.to, Date.now(), zone.value);
});

/** Shows another range; instants are given in milliseconds or as text. */
export function setRange(from: string | number, to: string | number): void {
  setParams({ from: String(from), to: String(to) });
}
