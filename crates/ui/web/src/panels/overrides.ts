// Field configuration: a panel's defaults and the overrides whose matcher fits a field.
// Between transformations and panels; names are settled before, since matchers ask for them.
// Pure; frames are copied, never changed.

import { type Field, type Frame, timeField } from "./frame";
import { interpolate, type Scope } from "./interpolate";
import { toRegex } from "./mappings";
import type { Custom, FieldConfig, FieldConfigSource, Override, OverrideProperty } from "./model";
import { nameFields } from "./names";
import { reduce } from "./reduce";

/** Frames whose fields have their whole configuration and their final names, variables filled in. */
export function configured(
  frames: readonly Frame[],
  source: FieldConfigSource | undefined,
  scope?: Scope,
): Frame[] {
  const named = nameFields(frames);
  const defaults = source?.defaults ?? {};
  const overrides = (source?.overrides ?? []).filter((one) => one?.matcher && one.properties);
  let index = 0;
  const done = named.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const config = {
        ...defaults,
        ...own(field.config),
        custom: { ...defaults.custom, ...field.config.custom },
      };
      // An own name of the data stands above the panel's general one only when there is none.
      for (const override of overrides) {
        if (matches(override.matcher, field, frame, named)) applyAll(config, override.properties);
      }
      if (scope && config.displayName)
        config.displayName = interpolate(config.displayName, scope, "text");
      const seriesIndex = field.type === "time" || field.type === "string" ? -1 : index++;
      return { ...field, config: sound(config), seriesIndex };
    }),
  }));
  return nameFields(done);
}

/** A configuration whose members are what views take them for: files of others have everything. */
export function sound(config: FieldConfig): FieldConfig {
  const made: FieldConfig = { ...config };
  const keep = (name: string, isSound: boolean | undefined): void => {
    if (!isSound) delete made[name];
  };
  for (const name of ["min", "max", "decimals"]) {
    const value = made[name];
    if (typeof value === "string") made[name] = Number.parseFloat(value);
    keep(name, Number.isFinite(made[name]));
  }
  keep("decimals", made.decimals! >= 0);
  for (const name of ["mappings", "links"]) keep(name, Array.isArray(made[name]));
  keep("thresholds", Array.isArray(made.thresholds?.steps));
  keep("color", typeof made.color?.mode === "string");
  keep("unit", typeof made.unit === "string");
  return made;
}

function own(config: FieldConfig): FieldConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

type Matcher = (field: Field, frame: Frame, options: never, frames: readonly Frame[]) => boolean;

const nameOf = (field: Field): string => field.displayName ?? field.name;
const isNamed = (field: Field, name: string): boolean =>
  nameOf(field) === name || field.name === name;

interface ByNames {
  names?: string[];
  mode?: string;
  prefix?: string;
}
interface ByValue {
  reducer?: string;
  op?: string;
  value?: number;
}

const MATCHERS: Record<string, Matcher> = {
  byName: (field, _frame, name: string) => isNamed(field, name),
  byRegexp: (field, _frame, pattern: string) => toRegex(pattern)?.test(nameOf(field)) ?? false,
  byType: (field, _frame, type: string) => field.type === type,
  byTypes: (field, _frame, types: string[]) => types.includes(field.type),
  byFrameRefID: (_field, frame, refId: string) => frame.refId === refId,
  byNames: (field, _frame, options: ByNames) => {
    const listed = (options.names ?? []).some((name) => isNamed(field, name));
    return options.mode === "exclude" ? !listed && field.type !== "time" : listed;
  },
  byValue: (field, _frame, options: ByValue) => field.type === "number" && compares(field, options),
  numeric: (field) => field.type === "number",
  time: (field) => field.type === "time",
  first: (field, _frame, _options, frames) => frames[0]?.fields[0] === field,
  firstTimeField: (field, frame) => timeField(frame) === field,
};

/** Whether a matcher of an override (or of a filter) fits a field. */
export function matches(
  matcher: Override["matcher"],
  field: Field,
  frame: Frame,
  frames: readonly Frame[],
): boolean {
  const test = Object.hasOwn(MATCHERS, matcher.id) ? MATCHERS[matcher.id] : undefined;
  return test ? test(field, frame, (matcher.options ?? "") as never, frames) : false;
}

function compares(
  field: Field,
  { reducer = "lastNotNull", op = ">=", value = 0 }: ByValue,
): boolean {
  const result = reduce(reducer, field.values);
  if (op === "isNull" || op === "==null") return result === null;
  if (typeof result !== "number" && typeof result !== "boolean") return false;
  const number = Number(result);
  switch (op) {
    case ">":
      return number > value;
    case ">=":
      return number >= value;
    case "<":
      return number < value;
    case "<=":
      return number <= value;
    case "!=":
      return number !== value;
    default:
      return number === value;
  }
}

function applyAll(config: FieldConfig, properties: readonly OverrideProperty[]): void {
  for (const { id, value } of properties) {
    if (id.startsWith("custom."))
      config.custom = withPath(config.custom ?? {}, id.slice(7).split("."), value);
    else config[id] = value;
  }
}

/** A copy of nested options with one member set: `lineStyle`, `hideFrom.viz`. */
function withPath(custom: Custom, [head, ...rest]: readonly string[], value: unknown): Custom {
  if (head === undefined) return custom;
  const below = (custom[head] ?? {}) as Custom;
  return { ...custom, [head]: rest.length === 0 ? value : withPath(below, rest, value) };
}
