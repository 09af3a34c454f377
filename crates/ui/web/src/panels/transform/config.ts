// Field configuration that comes from data: transformations `configFromData` and `rowsToFields`.

import { type Field, fieldOf, type Frame, frameOf, guessType } from "../frame";
import type { FieldConfig, MappingResult, Override } from "../model";
import { matches } from "../overrides";
import { reduce } from "../reduce";
import type { Options } from ".";

const nameOf = (field: Field): string => field.displayName ?? field.name;
const isNamed = (field: Field, name: unknown): boolean =>
  nameOf(field) === name || field.name === name;

interface Mapping {
  fieldName?: string;
  handlerKey?: string | null;
  reducerId?: string;
  handlerArguments?: { threshold?: { color?: string } };
}

/** Mapped values with their colours and texts, in lists of equal length. */
interface Lists {
  value?: readonly unknown[];
  color?: readonly unknown[];
  text?: readonly unknown[];
}

type Setter = (value: unknown, mapping: Mapping | undefined, config: FieldConfig) => FieldConfig;

const numbered =
  (name: "min" | "max" | "decimals"): Setter =>
  (value) =>
    value !== "" && Number.isFinite(Number(value)) ? { [name]: Number(value) } : {};

const SETTERS: Readonly<Record<string, Setter>> = {
  min: numbered("min"),
  max: numbered("max"),
  decimals: numbered("decimals"),
  unit: (value) => ({ unit: String(value) }),
  displayname: (value) => ({ displayName: String(value) }),
  color: (value) => ({ color: { mode: "fixed", fixedColor: String(value) } }),
  threshold1: (value, mapping, config) => threshold(Number(value), mapping, config),
};

/** Below the first threshold of data is what nothing was said about. */
function threshold(value: number, mapping: Mapping | undefined, config: FieldConfig): FieldConfig {
  if (!Number.isFinite(value)) return {};
  const color = mapping?.handlerArguments?.threshold?.color ?? "red";
  const steps = config.thresholds?.steps ?? [{ value: null, color: "green" }];
  return { thresholds: { mode: "absolute", steps: [...steps, { value, color }] } };
}

/** What a column is for: as it is mapped, else by its name. */
function keyOf(field: Field, mapping: Mapping | undefined): string {
  return (mapping ? (mapping.handlerKey ?? "") : nameOf(field)).toLowerCase();
}

/** The configuration in one row of these columns. */
function configIn(
  fields: readonly Field[],
  mappings: readonly Mapping[],
  cell: (field: Field, mapping: Mapping | undefined) => unknown,
): FieldConfig {
  let config: FieldConfig = {};
  for (const field of fields) {
    const mapping = mappings.find(({ fieldName }) => isNamed(field, fieldName));
    const key = keyOf(field, mapping);
    const set = Object.hasOwn(SETTERS, key) ? SETTERS[key] : undefined;
    const value = set && cell(field, mapping);
    if (value !== undefined && value !== null)
      config = { ...config, ...set!(value, mapping, config) };
  }
  return config;
}

/** Value mappings of all rows: a column has the values, others their colours and texts. */
function valueMappings(fields: readonly Field[], mappings: readonly Mapping[]): FieldConfig {
  const lists: Lists = {};
  for (const field of fields) {
    const mapping = mappings.find(({ fieldName }) => isNamed(field, fieldName));
    const [, part] = /^mappings\.(value|color|text)$/.exec(keyOf(field, mapping)) ?? [];
    if (part) lists[part as keyof Lists] = field.values;
  }
  if (!lists.value) return {};
  const options: Record<string, MappingResult> = {};
  lists.value.forEach((value, index) => {
    if (value === null || value === undefined) return;
    const [color, text] = [lists.color?.[index], lists.text?.[index]];
    options[String(value)] = {
      index,
      ...(color == null ? {} : { color: String(color) }),
      ...(text == null ? {} : { text: String(text) }),
    };
  });
  return { mappings: [{ type: "value", options }] };
}

/** The answer of one query configures the fields of the others. */
export function configFromData(frames: readonly Frame[], options: Options): Frame[] {
  const {
    configRefId = "config",
    mappings = [],
    applyTo = { id: "numeric" },
  } = options as { configRefId?: string; mappings?: Mapping[]; applyTo?: Override["matcher"] };
  const source = frames.find(({ refId }) => refId === configRefId);
  if (!source) return [...frames];
  const config = {
    ...configIn(source.fields, mappings, (field, mapping) =>
      reduce(mapping?.reducerId ?? "lastNotNull", field.values),
    ),
    ...valueMappings(source.fields, mappings),
  };
  return frames
    .filter((frame) => frame !== source || frames.length === 1)
    .map((frame) => ({
      ...frame,
      fields: frame.fields.map((field) =>
        matches(applyTo, field, frame, frames)
          ? { ...field, config: { ...field.config, ...config } }
          : field,
      ),
    }));
}

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
    const labelled = others.filter((field) => {
      const key = keyOf(
        field,
        mappings.find(({ fieldName }) => isNamed(field, fieldName)),
      );
      return field.type === "string" && key !== "__ignore" && !Object.hasOwn(SETTERS, key);
    });
    const fields = name.values.map((title, row) => ({
      ...fieldOf(String(title), guessType([value.values[row]]), [value.values[row]]),
      labels: Object.fromEntries(
        labelled.map(({ name: key, values }) => [key, String(values[row])]),
      ),
      config: configIn(others, mappings, (field) => field.values[row]),
    }));
    return frameOf(frame.refId, fields, { meta: { type: "table" } });
  });
}
