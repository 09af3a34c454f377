// What a series is called: legend format of the query, or the shortest text of labels that tells it apart.
// Between answers and overrides, because overrides match by name.
// Follows Grafana's rules, so that `byName` overrides of imported dashboards hit.

import { type Field, type Frame, type Labels, labelsText } from "./frame";

/** A legend format with its `{{label}}` filled in; `__auto` is answered by `autoNames`. */
export function legendName(
  format: string | undefined,
  labels: Labels,
  expr: string,
): string | undefined {
  if (format === "__auto") return undefined;
  if (!format) return seriesText(labels) || expr;
  const text = format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_all, name: string) => labels[name] ?? "");
  return text || seriesText(labels) || expr;
}

/** The metric with its labels, as Prometheus writes a series. */
export function seriesText(labels: Labels): string {
  return `${labels.__name__ ?? ""}${labelsText(labels)}`;
}

/** The value shared by all, if there is one. */
function common(values: readonly (string | undefined)[]): string | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

/** Names of the series of one query with `__auto`: the labels that differ, else the whole series. */
export function autoNames(series: readonly Labels[], expr: string): string[] {
  if (series.length === 1) {
    const only = series[0]!;
    const values = Object.entries(only).filter(([name]) => name !== "__name__");
    if (values.length === 1) return [values[0]![1]];
    return [seriesText(only) || expr];
  }
  const names = [...new Set(series.flatMap((labels) => Object.keys(labels)))];
  const differing = names.filter(
    (name) => common(series.map((labels) => labels[name])) === undefined,
  );
  return series.map((labels) => autoName(labels, differing) || seriesText(labels) || expr);
}

function autoName(labels: Labels, differing: readonly string[]): string {
  const plain = differing.filter((name) => name !== "__name__");
  const metric = differing.includes("__name__") ? (labels.__name__ ?? "") : "";
  const present = plain.filter((name) => labels[name]);
  if (present.length === 1 && plain.length === 1) {
    return metric ? `${metric} ${labels[present[0]!]}` : labels[present[0]!]!;
  }
  const pairs = Object.fromEntries(present.map((name) => [name, labels[name]!]));
  return `${metric}${labelsText(pairs)}`;
}

/** Settles the display name of every field: override, query name, then what tells it apart. */
export function nameFields(frames: readonly Frame[]): Frame[] {
  const single = frames.length === 1;
  const named = frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => ({
      ...field,
      displayName: displayName(field, frame, single),
    })),
  }));
  return apart(named);
}

function displayName(field: Field, frame: Frame, single: boolean): string {
  const configured = field.config.displayName;
  if (configured) return fillName(configured, field, frame);
  if (field.queryName) return field.queryName;
  if (field.type === "time" && field.name === "Time") return "Time";
  if (frame.meta?.type === "table" || frame.meta?.type === undefined) return field.name;
  return field.name === "Value" && frame.name && (single || frame.name) ? frame.name : field.name;
}

/** `${__field.labels.x}`, `${__field.name}`, `${__series.name}` in a configured name. */
export function fillName(text: string, field: Field, frame: Frame): string {
  if (!text.includes("$")) return text;
  return text
    .replace(/\$\{__(field|series|cell)([^}]*)\}/g, (_all, what: string, path: string) => {
      if (what === "series") return field.queryName ?? frame.name ?? field.name;
      return fieldMember(field, path);
    })
    .replace(/\$__cell_0/g, field.name);
}

/** The member of a field that a path such as `.labels.x` or `.labels["x"]` names. */
export function fieldMember(field: Field, path: string): string {
  const label = /^\.labels(?:\.([^.[\]]+)|\[["']?(.+?)["']?\])$/.exec(path);
  if (label) return field.labels?.[label[1] ?? label[2] ?? ""] ?? "";
  if (path === ".labels") return labelsText(field.labels);
  if (path === ".displayName") return field.displayName ?? field.queryName ?? field.name;
  return field.queryName ?? field.name;
}

/** Equal names of several value columns get a number, as two lines of one name cannot be told apart. */
function apart(frames: Frame[]): Frame[] {
  const seen = new Map<string, number>();
  for (const frame of frames) {
    for (const field of frame.fields) {
      if (field.type === "time" || frame.meta?.type === "table") continue;
      const name = field.displayName ?? field.name;
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      if (times > 1) field.displayName = `${name} ${times}`;
    }
  }
  return frames;
}
