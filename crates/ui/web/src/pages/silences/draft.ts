// A silence as the form has it, and as the API wants it. Pure.

import type { ApiMatcher, Silence, SilenceDraft } from "../../api/alertmanager";
import { parseDuration } from "../../format/durations";
import { parseMatchers, renderMatchers } from "../parts/matchers";

/** Annotation: mutes only within these time intervals, so that the silence recurs until its end. */
export const DURING = "flyball/during";
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
  readonly isUntilResolved: boolean;
}

export const LENGTHS = ["30m", "1h", "2h", "4h", "8h", "1d", "3d", "1w"] as const;

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
    isUntilResolved: annotations[UNTIL] === "resolved",
  };
}

/** What is wrong with the form, by field. */
export type Complaints = Partial<
  Record<"filter" | "start" | "end" | "length" | "createdBy" | "comment", string>
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
