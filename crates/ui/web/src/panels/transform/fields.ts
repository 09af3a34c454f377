// Transformations between labels, texts and columns.

import {
  type Field,
  fieldOf,
  type Frame,
  frameOf,
  guessType,
  numberFields,
  timeField,
} from "../frame";
import { toRegex } from "../mappings";
import { reduce } from "../reduce";
import type { Options } from ".";
import { merge } from "./join";

/** Labels become columns; series that share a time become rows of one table. */
export function labelsToFields(frames: readonly Frame[], options: Options): Frame[] {
  const { mode, keepLabels, valueLabel } = options as {
    mode?: string;
    keepLabels?: string[];
    valueLabel?: string;
  };
  const wanted = (name: string): boolean => !keepLabels?.length || keepLabels.includes(name);
  if (mode === "rows")
    return frames.flatMap((frame) =>
      numberFields(frame).map((field) => labelRows(field, frame, wanted)),
    );
  const tables = frames.flatMap((frame) =>
    numberFields(frame).map((field) => {
      const labels = Object.entries(field.labels ?? {}).filter(
        ([name]) => wanted(name) && name !== valueLabel,
      );
      const name =
        (valueLabel && field.labels?.[valueLabel]) ||
        (field.name === "Value" ? (field.labels?.__name__ ?? "Value") : field.name);
      const time = timeField(frame);
      const columns = labels
        .filter(([label]) => label !== "__name__")
        .map(([label, value]) => fieldOf(label, "string", new Array(frame.length).fill(value)));
      const value: Field = { ...field, name };
      delete value.labels;
      delete value.queryName;
      delete value.displayName;
      return frameOf(frame.refId, [...(time ? [time] : []), ...columns, value], {
        meta: { type: "table" },
      });
    }),
  );
  return merge(tables);
}

function labelRows(field: Field, frame: Frame, wanted: (name: string) => boolean): Frame {
  const labels = Object.entries(field.labels ?? {}).filter(([name]) => wanted(name));
  return frameOf(
    frame.refId,
    [
      fieldOf(
        "label",
        "string",
        labels.map(([name]) => name),
      ),
      fieldOf(
        "value",
        "string",
        labels.map(([, value]) => value),
      ),
    ],
    { meta: { type: "table" } },
  );
}

/** A row per series: its labels and a column "Trend" with the line itself, drawn as a sparkline. */
export function timeSeriesTable(frames: readonly Frame[], options: Options): Frame[] {
  const byRef = new Map<string, { field: Field; time: Field }[]>();
  for (const frame of frames) {
    const time = timeField(frame);
    if (!time) continue;
    const list = byRef.get(frame.refId) ?? [];
    list.push(...numberFields(frame).map((field) => ({ field, time })));
    byRef.set(frame.refId, list);
  }
  return [...byRef].map(([refId, series]) => {
    const stat = ((options[refId] ?? {}) as { stat?: string }).stat ?? "lastNotNull";
    const names = [
      ...new Set(series.flatMap(({ field }) => Object.keys(field.labels ?? {}))),
    ].filter((name) => name !== "__name__");
    const trend = series.map(({ field, time }) => ({
      times: time.values,
      values: field.values,
      value: reduce(stat, field.values),
    }));
    return frameOf(
      refId,
      [
        ...names.map((name) =>
          fieldOf(
            name,
            "string",
            series.map(({ field }) => field.labels?.[name] ?? ""),
          ),
        ),
        fieldOf(byRef.size > 1 ? `Trend #${refId}` : "Trend", "other", trend, {
          config: { custom: { cellOptions: { type: "sparkline" } } },
        }),
      ],
      { meta: { type: "table" } },
    );
  });
}

interface Extract {
  source?: string;
  format?: string;
  regExp?: string;
  replace?: boolean;
  keepTime?: boolean;
  jsonPaths?: { path: string; alias?: string }[];
}

/** Columns out of a text: JSON, key=value pairs, the groups of a pattern. */
export function extractFields(frames: readonly Frame[], options: Options): Frame[] {
  const extract = options as Extract;
  return frames.map((frame) => {
    const source = frame.fields.find(
      (field) =>
        (field.displayName ?? field.name) === extract.source || field.name === extract.source,
    );
    if (!source) return frame;
    const rows = source.values.map((value) => parts(value, extract));
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const made = names.map((name) => {
      const values = rows.map((row) => row[name] ?? null);
      return fieldOf(name, guessType(values), values);
    });
    const time = timeField(frame);
    const kept = extract.replace ? (extract.keepTime && time ? [time] : []) : frame.fields;
    return { ...frame, fields: [...kept, ...made], meta: { type: "table" as const } };
  });
}

function parts(value: unknown, extract: Extract): Record<string, unknown> {
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  const text = String(value ?? "");
  const named = extract.regExp ? toRegex(extract.regExp, true)?.exec(text)?.groups : undefined;
  if (extract.format === "regexp") return { ...named };
  const json = extract.format === "kvp" ? undefined : parseJson(text);
  if (json) return extract.jsonPaths?.length ? picked(json, extract.jsonPaths) : json;
  return Object.fromEntries(
    [...text.matchAll(/([\w.-]+)\s*[=:]\s*("(?:\\"|[^"])*"|[^\s,]+)/g)].map(([, key, raw]) => [
      key!,
      raw!.replace(/^"(.*)"$/, "$1"),
    ]),
  );
}

function parseJson(text: string): Record<string, unknown> | undefined {
  if (!text.trim().startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function picked(
  json: Record<string, unknown>,
  paths: readonly { path: string; alias?: string }[],
): Record<string, unknown> {
  return Object.fromEntries(
    paths.map(({ path, alias }) => {
      const value = path
        .split(".")
        .reduce<unknown>(
          (at, key) =>
            typeof at === "object" && at !== null
              ? (at as Record<string, unknown>)[key]
              : undefined,
          json,
        );
      return [alias || path, value ?? null];
    }),
  );
}
