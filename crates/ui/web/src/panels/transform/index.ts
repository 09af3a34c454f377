// Transformations of a panel's frames, in the order of the dashboard.
// Between answers and field configuration. Pure; frames are copied, never changed.
// A transformation nobody knows changes nothing and is named, so that the panel can say so.

import type { Frame } from "../frame";
import type { Override, Transformation } from "../model";
import { nameFields } from "../names";
import { interpolate, type Scope } from "../interpolate";
import { heatmap, histogram } from "./buckets";
import { calculateField } from "./calculate";
import { filterByName, filterByRefId, filterByValue, organize, renameByRegex } from "./columns";
import { configFromData, rowsToFields } from "./config";
import { extractFields, labelsToFields, timeSeriesTable } from "./fields";
import { regression } from "./fit";
import { groupBy, limit, reduceFrames, sortBy } from "./group";
import { concatenate, joinByField, merge, seriesToRows } from "./join";
import { joinByLabels } from "./labels";
import { convertFieldType, groupingToMatrix, partitionByValues, transpose } from "./shape";
import { formatString, formatTime, prepareTimeSeries } from "./texts";

export type Options = Record<string, unknown>;
export type Transform = (frames: readonly Frame[], options: Options) => Frame[];

const KNOWN: Record<string, Transform> = {
  organize,
  merge,
  joinByField,
  seriesToColumns: joinByField,
  groupBy,
  renameByRegex,
  filterFieldsByName: filterByName,
  filterByRefId,
  filterByValue,
  calculateField,
  sortBy,
  reduce: reduceFrames,
  labelsToFields,
  timeSeriesTable,
  extractFields,
  limit,
  seriesToRows,
  concatenate,
  convertFieldType,
  partitionByValues,
  groupingToMatrix,
  transpose,
  prepareTimeSeries,
  rowsToFields,
  formatTime,
  formatString,
  configFromData,
  heatmap,
  histogram,
  joinByLabels,
  regression,
};

export interface Transformed {
  frames: Frame[];
  /** Ids of transformations that were left out. */
  unknown: string[];
}

/** Applies all transformations that are switched on, with variables filled in. */
export function transform(
  frames: readonly Frame[],
  list: readonly Transformation[] | undefined,
  scope: Scope = () => undefined,
): Transformed {
  let now = [...frames];
  const unknown: string[] = [];
  for (const { id, options, disabled, filter } of list ?? []) {
    if (disabled) continue;
    const apply = Object.hasOwn(KNOWN, id) ? KNOWN[id] : undefined;
    if (!apply) unknown.push(id);
    else
      now = onlySome(now, filter, (some) =>
        apply(nameFields(some), filled(options ?? {}, scope) as Options),
      );
  }
  return { frames: now, unknown };
}

/** Options whose texts have their variables filled in, however deep they stand. */
function filled(options: unknown, scope: Scope): unknown {
  if (typeof options === "string") return interpolate(options, scope, "glob");
  if (Array.isArray(options)) return options.map((one) => filled(one, scope));
  if (typeof options !== "object" || options === null) return options;
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, filled(value, scope)]),
  );
}

/** A transformation may be meant for the frames of some queries only. */
function onlySome(
  frames: Frame[],
  filter: Override["matcher"] | undefined,
  apply: (frames: readonly Frame[]) => Frame[],
): Frame[] {
  if (filter?.id !== "byRefId" || typeof filter.options !== "string") return apply(frames);
  const wanted = filter.options.split("|");
  const isMeant = (frame: Frame): boolean => wanted.includes(frame.refId);
  return [...apply(frames.filter(isMeant)), ...frames.filter((frame) => !isMeant(frame))];
}

/** The transformations to choose from. */
export function transformIds(): string[] {
  return Object.keys(KNOWN);
}
