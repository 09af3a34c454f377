// A silence as the form has it, and as the API wants it. Pure.

import type { ApiMatcher, Silence, SilenceDraft } from "../../api/alertmanager";
import { offsetMs } from "../../app/time";
import { parseDuration } from "../../format/durations";
import { parseMatchers, renderMatchers } from "../parts/matchers";

/** Annotation: mutes only within these time intervals, so that the silence recurs until its end. */
export const DURING = "flyball/during";
/** Annotation: mutes only in these hours of every week: `mon-fri 22:00-06:00 Europe/Berlin`. */
export const WEEKLY = "flyball/weekly";
/** Annotation with `resolved`: ends after the last alert that it muted has ended. */
export const UNTIL = "flyball/until";

export interface Form {
  readonly id: string;
  readonly filter: string;
  /** `2026-11-22 04:15` on the browser's clock; empty is now. */
  readonly start: string;
  /** The same, or empty: the length counts. */
  readonly end: string;
  readonly length: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly during: string;
  readonly weekly: Weekly;
  readonly isUntilResolved: boolean;
}

/** Hours of some days of every week; without days it does not recur. */
export interface Weekly {
  readonly days: readonly string[];
  /** `22:00`. */
  readonly begin: string;
  /** `06:00`; before the beginning: of the next day. */
  readonly end: string;
  /** A name of the zone database. */
  readonly zone: string;
}

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** Hours that nobody changed yet, on the clock of the browser. */
export function noHours(): Weekly {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  return { days: [], begin: "22:00", end: "06:00", zone };
}

/** Reads `mon-fri,sun 22:00-06:00 Europe/Berlin`; what cannot be read has no days. */
export function weeklyOf(text: string): Weekly {
  const [days = "", hours = "", zone = "UTC"] = text.trim().split(/\s+/);
  const [begin, end] = hours.split("-");
  if (!begin || !end) return noHours();
  const at = (day: string): number => DAYS.findIndex((one) => one === day.toLowerCase());
  const chosen = days.split(",").flatMap((part) => {
    const [first = "", last = first] = part.split("-");
    const [from, to] = [at(first), at(last)];
    if (from < 0 || to < 0) return [];
    return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_none, i) => DAYS[(from + i) % 7]!);
  });
  return { days: DAYS.filter((day) => chosen.includes(day)), begin, end, zone };
}

/** The hours as the server reads them; three days and more that follow each other are a range. */
export function weeklyText({ days, begin, end, zone }: Weekly): string {
  return days.length === 0 ? "" : `${daysText(days)} ${begin}-${end} ${zone}`;
}

function daysText(days: readonly string[]): string {
  const runs: string[][] = [];
  for (const day of DAYS.filter((one) => days.includes(one))) {
    const last = runs.at(-1);
    const follows = last && DAYS.findIndex((one) => one === last.at(-1)) + 1 === DAYS.indexOf(day);
    if (follows) last.push(day);
    else runs.push([day]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(","))).join(",");
}

/** Does the silence mute at this moment, as far as its hours say? */
export function holdsNow({ days, begin, end, zone }: Weekly, nowMs: number): boolean {
  const local = new Date(nowMs + offsetMs(nowMs, zone === "UTC" ? "utc" : zone));
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  const today = (local.getUTCDay() + 6) % 7;
  const isDay = (day: number): boolean => days.includes(DAYS[(day + 7) % 7]!);
  const [from, to] = [minuteOf(begin), minuteOf(end)];
  if (from < to) return isDay(today) && minute >= from && minute < to;
  return (isDay(today) && minute >= from) || (isDay(today - 1) && minute < to);
}

function minuteOf(clock: string): number {
  const [hours, minutes] = clock.split(":").map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

const CLOCK = /^(?:[01]?\d|2[0-3]):[0-5]\d$/;

function wrongHours({ days, begin, end }: Weekly): string | undefined {
  if (days.length === 0) return undefined;
  if (!CLOCK.test(begin)) return "expected the beginning as 22:00";
  if (!CLOCK.test(end) && end !== "24:00") return "expected the end as 06:00";
  return begin === end ? "it ends when it begins; 00:00 to 24:00 is the whole day" : undefined;
}

export const LENGTHS = ["30m", "1h", "2h", "4h", "8h", "1d", "3d", "1w", "4w"] as const;

export function emptyForm(filter: string, createdBy: string): Form {
  return {
    id: "",
    filter,
    start: "",
    end: "",
    length: "2h",
    createdBy,
    comment: "",
    during: "",
    weekly: noHours(),
    isUntilResolved: false,
  };
}

/** The form that changes a silence; one that has ended is made anew from now. */
export function formOf(silence: Silence): Form {
  const { annotations = {}, status } = silence;
  const hasEnded = status.state === "expired";
  const lengthMs = Date.parse(silence.endsAt) - Date.parse(silence.startsAt);
  return {
    id: hasEnded ? "" : silence.id,
    filter: renderMatchers(silence.matchers),
    start: hasEnded ? "" : localText(Date.parse(silence.startsAt)),
    end: hasEnded ? "" : localText(Date.parse(silence.endsAt)),
    length: hasEnded ? `${Math.max(1, Math.round(lengthMs / 60_000))}m` : "2h",
    createdBy: silence.createdBy,
    comment: silence.comment,
    during: annotations[DURING] ?? "",
    weekly: weeklyOf(annotations[WEEKLY] ?? ""),
    isUntilResolved: annotations[UNTIL] === "resolved",
  };
}

/** What is wrong with the form, by field. */
export type Complaints = Partial<
  Record<"filter" | "start" | "end" | "length" | "weekly" | "createdBy" | "comment", string>
>;

export function complaints(form: Form, nowMs: number): Complaints {
  const found: Record<string, string> = {};
  const parsed = parseMatchers(form.filter);
  if (parsed.error !== undefined) found.filter = parsed.error;
  else if (!parsed.matchers.some(selects))
    found.filter = "at least one matcher that the empty value does not satisfy";
  if (form.end === "" && !parseDuration(form.length))
    found.length = "expected a duration, such as 2h or 1d12h";
  const { startMs, endMs } = span(form, nowMs);
  const date = `expected a date, such as ${localText(nowMs)}`;
  if (Number.isNaN(startMs)) found.start = date;
  if (form.end !== "" && Number.isNaN(endMs)) found.end = date;
  if (endMs <= Math.max(startMs, nowMs))
    found[form.end === "" ? "length" : "end"] = "the end lies before the beginning, or has passed";
  const hours = wrongHours(form.weekly);
  if (hours) found.weekly = hours;
  if (form.createdBy.trim() === "") found.createdBy = "who makes it?";
  if (form.comment.trim() === "") found.comment = "say why, so that others know whether it may go";
  return found;
}

function selects({ value, isRegex, isEqual = true }: ApiMatcher): boolean {
  return isEqual ? value !== "" && !(isRegex && /^(?:\.\*|\(\))?$/.test(value)) : value === "";
}

/** Beginning and end in milliseconds. */
export function span(form: Form, nowMs: number): { startMs: number; endMs: number } {
  const startMs = form.start === "" ? nowMs : new Date(form.start).getTime();
  const endMs =
    form.end === "" ? startMs + (parseDuration(form.length) ?? 0) : new Date(form.end).getTime();
  return { startMs, endMs };
}

/** The form as the API wants it; call it when there are no complaints. */
export function draftOf(form: Form, nowMs: number): SilenceDraft {
  const parsed = parseMatchers(form.filter);
  const { startMs, endMs } = span(form, nowMs);
  const annotations = {
    ...(form.during.trim() ? { [DURING]: form.during.trim() } : {}),
    ...(form.weekly.days.length > 0 ? { [WEEKLY]: weeklyText(form.weekly) } : {}),
    ...(form.isUntilResolved ? { [UNTIL]: "resolved" } : {}),
  };
  return {
    ...(form.id ? { id: form.id } : {}),
    matchers: parsed.error === undefined ? parsed.matchers : [],
    startsAt: new Date(startMs).toISOString(),
    endsAt: new Date(endMs).toISOString(),
    createdBy: form.createdBy.trim(),
    comment: form.comment.trim(),
    annotations,
  };
}

/** `2026-11-22 04:15` on the browser's clock. */
export function localText(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16).replace("T", " ");
}

/** Names of the time intervals of an alertmanager.yml, as the server writes it. */
export function intervalNames(yaml: string): string[] {
  const section = /^(?:mute_)?time_intervals:\n((?:[ -].*\n?)*)/gm;
  return [...yaml.matchAll(section)].flatMap(([, body = ""]) =>
    [...body.matchAll(/^ {0,2}- name: *(.+)$/gm)].map(([, name = ""]) =>
      name.replace(/^["'](.*)["']$/, "$1"),
    ),
  );
}
