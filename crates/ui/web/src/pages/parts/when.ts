// Moments and lengths in few letters, for tables: `3m 12s`, `2d 4h`, with the whole date as a title.

import { formatTime, zone } from "../../app/time";

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
];

/** `850ms`, `12s`, `3m 12s`, `2d 4h`: the two largest units. */
export function shortLength(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 0) return `-${shortLength(-seconds)}`;
  if (seconds > 0 && seconds < 1)
    return seconds < 0.001 ? `${(seconds * 1000).toFixed(2)}ms` : `${Math.round(seconds * 1000)}ms`;
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
  }
  return parts.join(" ") || "0s";
}

/** Seconds since an instant of RFC 3339; nothing for Go's zero time and what is no time. */
export function secondsSince(text: string | undefined, nowMs = Date.now()): number | undefined {
  const ms = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) || ms < 0 ? undefined : (nowMs - ms) / 1000;
}

/** How long ago: `3m 12s`, `never`. */
export function ago(text: string | undefined): string {
  const seconds = secondsSince(text);
  return seconds === undefined ? "never" : shortLength(Math.max(0, seconds));
}

/** An instant of RFC 3339 on the clock of the reader. */
export function clock(text: string | undefined): string {
  const ms = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) || ms < 0 ? "never" : formatTime(ms, zone.value);
}
