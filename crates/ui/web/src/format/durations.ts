// Lengths of time as text: scaled ("1.5 hour"), in words, as a clock, and PromQL's short form.
// Used by units, step computation and the variables of type interval.
// Pure.

import { fixed } from "./decimals";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;
export const YEAR = 365 * DAY;

type Step = readonly [belowMs: number, divisorMs: number, suffix: string];

const SCALE: readonly Step[] = [
  [1e-3, 1e-6, " ns"],
  [1, 1e-3, " µs"],
  [SECOND, 1, " ms"],
  [MINUTE, SECOND, " s"],
  [HOUR, MINUTE, " mins"],
  [DAY, HOUR, " hours"],
  [WEEK, DAY, " days"],
  [YEAR, WEEK, " weeks"],
  [Number.POSITIVE_INFINITY, YEAR, " years"],
];

/**
 * A scaled length such as `1.50 hours`. Never gets smaller than `smallestMs`; weeks are a unit of seconds
 * only, as in Grafana.
 */
export function scaledDuration(
  ms: number,
  unitMs: number,
  smallestMs: number,
  decimals?: number | null,
): [string, string] {
  if (!Number.isFinite(ms)) return [fixed(ms), ""];
  const size = Math.abs(ms);
  const weeks = smallestMs < unitMs;
  const usable = SCALE.filter(
    ([, divisor]) => divisor >= smallestMs * 0.999 && (weeks || divisor !== WEEK),
  );
  const [, divisor, suffix] =
    usable.find(([below, step]) =>
      size === 0 ? step >= unitMs * 0.999 : size < below || (step === DAY && !weeks && size < YEAR),
    ) ?? SCALE[8]!;
  const text = fixed(ms / divisor, decimals);
  return [text, text === "1" ? suffix.replace(/^( (?:min|hour|day|week|year))s$/, "$1") : suffix];
}

const WORDS: readonly (readonly [number, string])[] = [
  [YEAR, "year"],
  [30 * DAY, "month"],
  [WEEK, "week"],
  [DAY, "day"],
  [HOUR, "hour"],
  [MINUTE, "minute"],
  [SECOND, "second"],
  [1, "millisecond"],
];

/** A length in words: the largest unit and as many smaller ones as `decimals` says. */
export function durationWords(ms: number, zeroUnit: string, decimals?: number | null): string {
  if (!Number.isFinite(ms)) return fixed(ms);
  if (ms === 0) return `0 ${zeroUnit}s`;
  if (ms < 0) return `${durationWords(-ms, zeroUnit, decimals)} ago`;
  const parts: string[] = [];
  let rest = Math.round(ms * 1000) / 1000;
  for (const [unit, word] of WORDS) {
    const count = Math.floor(rest / unit);
    if (parts.length === 0 && count < 1) continue;
    parts.push(`${count} ${word}${count === 1 ? "" : "s"}`);
    rest -= count * unit;
    if (parts.length > (decimals ?? 0)) break;
  }
  return parts.length > 0 ? parts.join(", ") : `${fixed(ms)} milliseconds`;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** `hh:mm:ss`, or `d d hh:mm:ss` when days are asked for. */
export function clockDuration(seconds: number, withDays: boolean): string {
  if (!Number.isFinite(seconds)) return fixed(seconds);
  if (seconds < 0) return `${clockDuration(-seconds, withDays)} ago`;
  const whole = Math.floor(seconds);
  const days = withDays ? Math.floor(whole / 86_400) : 0;
  const rest = whole - days * 86_400;
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map(two).join(":");
  return days > 0 ? `${days} d ${clock}` : clock;
}

/** `01h:59m:59s:999ms`, cut after as many parts as `decimals` says. */
export function clockParts(ms: number, decimals?: number | null): string {
  if (!Number.isFinite(ms)) return fixed(ms);
  const whole = Math.floor(Math.abs(ms));
  const milli = `${String(whole % 1000).padStart(whole < SECOND ? 1 : 3, "0")}ms`;
  const parts = [
    `${two(Math.floor(whole / HOUR))}h`,
    `${two(Math.floor(whole / MINUTE) % 60)}m`,
    `${two(Math.floor(whole / SECOND) % 60)}s`,
    milli,
  ];
  const first = whole >= HOUR ? 0 : whole >= MINUTE ? 1 : whole >= SECOND ? 2 : 3;
  const last = decimals == null ? 4 : first + decimals + 1;
  return parts.slice(first, last).join(":");
}

const PROMETHEUS: Record<string, number> = {
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: WEEK,
  M: 30 * DAY,
  y: YEAR,
};

/** Milliseconds of `15s`, `1h30m`, `500ms`; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  const source = text.trim();
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhdwMy]))+$/.test(source)) return undefined;
  let total = 0;
  for (const [, count, unit] of source.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwMy])/g)) {
    total += Number(count) * (PROMETHEUS[unit!] ?? 0);
  }
  return total;
}

/** One unit's worth of a length, rounded down, as Grafana writes intervals: `15s`, `2m`, `500ms`. */
export function intervalText(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [YEAR, "y"],
    [DAY, "d"],
    [HOUR, "h"],
    [MINUTE, "m"],
    [SECOND, "s"],
  ];
  const fit =
    units.find(([unit]) => ms >= unit && ms % unit === 0) ?? units.find(([unit]) => ms >= unit * 2);
  if (fit && ms % fit[0] === 0) return `${ms / fit[0]}${fit[1]}`;
  if (ms >= SECOND && ms % SECOND === 0) return `${ms / SECOND}s`;
  return `${Math.max(1, Math.floor(ms))}ms`;
}
