// Transformations of what cells say: times and texts in another form, series prepared for joins.

import { formatDate } from "../../format/dates";
import type { Field, Frame } from "../frame";
import type { Options } from ".";
import { joinByField, seriesToRows } from "./join";

const nameOf = (field: Field): string => field.displayName ?? field.name;
const isNamed = (field: Field, name: unknown): boolean =>
  nameOf(field) === name || field.name === name;

/** One frame a series (as they are), one for all of them, or one of rows. */
export function prepareTimeSeries(frames: readonly Frame[], options: Options): Frame[] {
  if (options.format === "wide") return joinByField(frames, { byField: "Time", mode: "outer" });
  return options.format === "long" ? seriesToRows(frames) : [...frames];
}

/** Times as texts; without a zone in UTC. */
export function formatTime(frames: readonly Frame[], options: Options): Frame[] {
  const { timeField, outputFormat, useTimezone, timezone } = options;
  const zone = typeof timezone === "string" ? timezone : useTimezone === false ? "utc" : "browser";
  const write = (value: unknown): unknown =>
    typeof value === "number"
      ? formatDate(value, String(outputFormat || "YYYY-MM-DD"), zone)
      : value;
  return mapped(frames, timeField, write);
}

const CASES: Readonly<Record<string, (text: string) => string>> = {
  "Upper Case": (text) => text.toUpperCase(),
  "Lower Case": (text) => text.toLowerCase(),
  "Sentence Case": (text) => text.charAt(0).toUpperCase() + text.slice(1),
  "Title Case": (text) => words(text).map(capital).join(" "),
  "Pascal Case": (text) => words(text).map(capital).join(""),
  "Camel Case": (text) =>
    words(text)
      .map((word, at) => (at === 0 ? word.toLowerCase() : capital(word)))
      .join(""),
  "Snake Case": (text) => words(text).join("_").toLowerCase(),
  "Kebab Case": (text) => words(text).join("-").toLowerCase(),
  "Trim": (text) => text.trim(),
};

const words = (text: string): string[] => text.split(/[\s_-]+/).filter(Boolean);
const capital = (word: string): string =>
  word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();

/** Texts in another case, trimmed, or a part of them. */
export function formatString(frames: readonly Frame[], options: Options): Frame[] {
  const { stringField, outputFormat, substringStart = 0, substringEnd } = options;
  const part = (text: string): string =>
    text.substring(Number(substringStart), Number(substringEnd ?? text.length));
  const change = outputFormat === "Substring" ? part : CASES[String(outputFormat)];
  if (!change) return [...frames];
  return mapped(frames, stringField, (value) => (value == null ? value : change(String(value))));
}

function mapped(
  frames: readonly Frame[],
  name: unknown,
  write: (value: unknown) => unknown,
): Frame[] {
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) =>
      isNamed(field, name) ? { ...field, type: "string", values: field.values.map(write) } : field,
    ),
  }));
}
