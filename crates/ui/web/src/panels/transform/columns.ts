// Transformations of columns: order, names, which ones, which rows.

import { type Field, type Frame, pickRows } from "../frame";
import { toRegex } from "../mappings";
import type { Options } from ".";

const nameOf = (field: Field): string => field.displayName ?? field.name;
const either = <T>(table: Record<string, T> | undefined, field: Field): T | undefined =>
  table?.[nameOf(field)] ?? table?.[field.name];

interface Organize {
  excludeByName?: Record<string, boolean>;
  includeByName?: Record<string, boolean>;
  indexByName?: Record<string, number>;
  renameByName?: Record<string, string>;
}

/** Leaves out, orders and renames columns. */
export function organize(frames: readonly Frame[], options: Options): Frame[] {
  const { excludeByName, includeByName, indexByName, renameByName } = options as Organize;
  const only = includeByName && Object.values(includeByName).some(Boolean);
  return frames.map((frame) => {
    const kept = frame.fields.filter(
      (field) => !either(excludeByName, field) && (!only || either(includeByName, field)),
    );
    const order = (field: Field): number => either(indexByName, field) ?? Number.MAX_SAFE_INTEGER;
    const fields = kept
      .map((field, i) => ({ field, i }))
      .sort((a, b) => order(a.field) - order(b.field) || a.i - b.i)
      .map(({ field }) => renamed(field, either(renameByName, field)));
    return { ...frame, fields };
  });
}

function renamed(field: Field, name: string | undefined): Field {
  if (!name) return field;
  return { ...field, config: { ...field.config, displayName: name }, displayName: name };
}

/** Renames by a regular expression. */
export function renameByRegex(frames: readonly Frame[], options: Options): Frame[] {
  const { regex, renamePattern } = options as { regex?: string; renamePattern?: string };
  const once = toRegex(regex ?? "");
  if (!once || !regex) return [...frames];
  const isGlobal = /^\/.*\/[a-z]*g[a-z]*$/s.test(regex);
  const pattern = isGlobal ? new RegExp(once.source, `${once.flags}g`) : once;
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const name = nameOf(field);
      return field.type === "time" || !once.test(name)
        ? field
        : renamed(field, name.replace(pattern, renamePattern ?? ""));
    }),
  }));
}

interface NameFilter {
  names?: string[];
  pattern?: string;
  /** A variable that lists names, filled in already: `{a,b}` or `a`. */
  variable?: string;
}

const listed = (variable: string): string[] => variable.replace(/^\{(.*)\}$/s, "$1").split(",");

/** Keeps and drops columns by name or pattern. */
export function filterByName(frames: readonly Frame[], options: Options): Frame[] {
  const { include, exclude, byVariable } = options as {
    include?: NameFilter;
    exclude?: NameFilter;
    byVariable?: boolean;
  };
  const fits = (filter: NameFilter, field: Field): boolean => {
    const names = byVariable ? listed(filter.variable ?? "") : (filter.names ?? []);
    if (names.some((name) => name === nameOf(field) || name === field.name)) return true;
    const pattern = byVariable ? undefined : filter.pattern;
    return pattern ? (toRegex(pattern)?.test(nameOf(field)) ?? false) : false;
  };
  return frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter(
        (field) => (!include || fits(include, field)) && !(exclude && fits(exclude, field)),
      ),
    }))
    .filter((frame) => frame.fields.length > 0);
}

/** Keeps the frames of some queries. */
export function filterByRefId(frames: readonly Frame[], options: Options): Frame[] {
  const pattern = toRegex(`^(${String(options.include ?? ".*")})$`);
  return frames.filter((frame) => pattern?.test(frame.refId) ?? true);
}

interface ValueFilter {
  fieldName: string;
  config: { id: string; options: Record<string, unknown> };
}

/** Keeps or drops rows by conditions on their values. */
export function filterByValue(frames: readonly Frame[], options: Options): Frame[] {
  const {
    filters = [],
    match = "any",
    type = "include",
  } = options as { filters?: ValueFilter[]; match?: string; type?: string };
  return frames.map((frame) => {
    const tests = filters.flatMap((filter) => {
      const field = frame.fields.find(
        (one) => nameOf(one) === filter.fieldName || one.name === filter.fieldName,
      );
      return field ? [(row: number) => meets(field.values[row], filter.config)] : [];
    });
    if (tests.length === 0) return frame;
    const rows = Array.from({ length: frame.length }, (_row, i) => i).filter((row) => {
      const met =
        match === "all" ? tests.every((test) => test(row)) : tests.some((test) => test(row));
      return (type === "include") === met;
    });
    return pickRows(frame, rows);
  });
}

const CONDITIONS: Record<string, (value: unknown, options: Record<string, unknown>) => boolean> = {
  isNull: (value) => value === null || value === undefined,
  isNotNull: (value) => value !== null && value !== undefined,
  greater: (value, { value: than }) => Number(value) > Number(than),
  greaterOrEqual: (value, { value: than }) => Number(value) >= Number(than),
  lower: (value, { value: than }) => Number(value) < Number(than),
  lowerOrEqual: (value, { value: than }) => Number(value) <= Number(than),
  equal: (value, { value: to }) => String(value) === String(to),
  notEqual: (value, { value: to }) => String(value) !== String(to),
  between: (value, { from, to }) => Number(value) > Number(from) && Number(value) < Number(to),
  regex: (value, { value: pattern }) =>
    toRegex(String(pattern), true)?.test(String(value)) ?? false,
  substring: (value, { value: part }) =>
    String(value).toLowerCase().includes(String(part).toLowerCase()),
  notSubstring: (value, { value: part }) =>
    !String(value).toLowerCase().includes(String(part).toLowerCase()),
};

function meets(value: unknown, config: ValueFilter["config"]): boolean {
  const test = Object.hasOwn(CONDITIONS, config.id) ? CONDITIONS[config.id] : undefined;
  const nothing = value === null || value === undefined;
  if (nothing && config.id !== "isNull" && config.id !== "isNotNull") return false;
  return test ? test(value, config.options ?? {}) : true;
}
