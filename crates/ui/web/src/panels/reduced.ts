// Values of panels that show one number per series or row: stat, gauge, bar gauge, pie.
// Between frames and those views. Pure.

import { limitsOf, type Look, show, type Shown } from "./display";
import { type Field, type Frame, timeField } from "./frame";
import { toRegex } from "./mappings";
import { reduce } from "./reduce";
import { seriesColor } from "./thresholds";

export interface ReduceOptions {
  calcs?: string[];
  fields?: string;
  values?: boolean;
  limit?: number;
}

export interface ReducedValue {
  name: string;
  shown: Shown;
  /** Its colour: of the value where thresholds colour, of the series else. */
  color: string;
  field: Field;
  frame: Frame;
  row: number;
  min: number;
  max: number;
}

const VALUES_MAX = 200;

/** One value per series (or per row, with `values`), as the options of the panel say. */
export function reducedValues(
  frames: readonly Frame[],
  options: ReduceOptions | undefined,
  look: Look,
): ReducedValue[] {
  const calcs = options?.calcs?.length ? options.calcs : ["lastNotNull"];
  const picked = frames.flatMap((frame) =>
    wantedFields(frame, options?.fields).map((field) => ({ frame, field })),
  );
  const all = picked.map(({ field }) => field);
  const most = Math.min(VALUES_MAX, options?.limit ?? VALUES_MAX);
  const made = picked.flatMap(({ frame, field }) => {
    const limits = limitsOf(
      field.config.min == null || field.config.max == null ? all : [],
      field.config,
    );
    const one = (value: unknown, row: number, name: string): ReducedValue => {
      const shown = show(value, field.config, limits, look);
      const own = seriesColor(
        field.config,
        Math.max(0, field.seriesIndex ?? 0),
        look.theme,
        shown.number,
      );
      const config = field.config.color?.mode
        ? field.config
        : { ...field.config, color: { mode: "thresholds" } };
      const byValue = shown.mapped ? shown.color : show(value, config, limits, look).color;
      return { name, shown, color: byValue ?? own, field, frame, row, ...limits };
    };
    if (options?.values) return rows(frame, field, one);
    return calcs.map((calc) =>
      one(reducedBy(calc, field), Math.max(0, frame.length - 1), field.displayName ?? field.name),
    );
  });
  return made.slice(0, most);
}

/** Texts have no mean: of those the last one is shown, whatever is calculated of numbers. */
function reducedBy(calc: string, { type, values }: Field): unknown {
  const result = reduce(calc, values);
  return type === "string" && result === null ? reduce("lastNotNull", values) : result;
}

function rows(
  frame: Frame,
  field: Field,
  one: (value: unknown, row: number, name: string) => ReducedValue,
): ReducedValue[] {
  const label = frame.fields.find((other) => other.type === "string");
  return field.values
    .slice(0, VALUES_MAX)
    .map((value, row) =>
      one(value, row, label ? String(label.values[row] ?? "") : (field.displayName ?? field.name)),
    );
}

/** The fields to reduce: numbers; all of them; or those whose name fits. */
function wantedFields(frame: Frame, wanted: string | undefined): Field[] {
  const visible = frame.fields.filter((field) => !field.config.custom?.hideFrom?.viz);
  if (!wanted)
    return visible.filter((field) => field.type === "number" || field.type === "boolean");
  const pattern = wanted.startsWith("/") ? toRegex(wanted) : undefined;
  return visible.filter((field) => {
    const name = field.displayName ?? field.name;
    return pattern
      ? field !== timeField(frame) && pattern.test(name)
      : name === wanted || field.name === wanted;
  });
}
