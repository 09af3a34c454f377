// Transformations of what cells say: times and texts in another form, rows as fields, series prepared for joins.

import { formatDate } from "../../format/dates";
import { type Field, fieldOf, type Frame, frameOf, guessType } from "../frame";
import type { FieldConfig } from "../model";
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

interface Mapping {
  fieldName?: string;
  handlerKey?: string;
}

const SETTINGS = ["unit", "min", "max", "decimals", "displayName", "color"];

/** Each row becomes a field: one column names it, one has its value, others configure it or are labels. */
export function rowsToFields(frames: readonly Frame[], options: Options): Frame[] {
  const mappings = (options.mappings ?? []) as Mapping[];
  return frames.map((frame) => {
    const find = (key: string, type: Field["type"]): Field | undefined => {
      const wanted = mappings.find((one) => one.handlerKey === key)?.fieldName;
      return frame.fields.find((field) => (wanted ? isNamed(field, wanted) : field.type === type));
    };
    const [name, value] = [find("field.name", "string"), find("field.value", "number")];
    if (!name || !value) return frame;
    const others = frame.fields.filter((field) => field !== name && field !== value);
    const fields = name.values.map((title, row) => {
      const made = fieldOf(String(title), guessType([value.values[row]]), [value.values[row]]);
      const labels: Record<string, string> = {};
      const config: Record<string, unknown> = {};
      for (const field of others) {
        const key = mappings.find((one) => isNamed(field, one.fieldName))?.handlerKey;
        if (key && SETTINGS.includes(key)) config[key] = field.values[row];
        else if (key !== "__ignore" && field.type === "string")
          labels[field.name] = String(field.values[row]);
      }
      return { ...made, labels, config: config as FieldConfig };
    });
    return frameOf(frame.refId, fields, { meta: { type: "table" } });
  });
}
