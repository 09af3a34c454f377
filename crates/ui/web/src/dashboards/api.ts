// The server's dashboards: list, one, save, import, versions, stars, annotations.

import { getJson, type RequestOptions, sendJson } from "../api/client";
import type { Dashboard } from "../panels/model";

const ROOT = "api/flyball/v1/dashboards";
const at = (uid: string): string => `${ROOT}/${encodeURIComponent(uid)}`;

export interface Listed {
  uid: string;
  title: string;
  /** Identity of its folder; empty: none. */
  folder: string;
  folderTitle: string;
  tags: string[];
  starred: boolean;
  provisioned: boolean;
  builtin: boolean;
  version: number;
  /** Files have none. */
  updated: string | null;
}

export interface Folder {
  uid: string;
  title: string;
  provisioned: boolean;
}

/** A file of a provisioned folder that is no dashboard. */
export interface Trouble {
  path: string;
  message: string;
}

export interface Listing {
  dashboards: Listed[];
  folders: Folder[];
  troubles: Trouble[];
}

export interface Meta {
  uid: string;
  folder?: string;
  folderTitle?: string;
  version: number;
  provisioned?: boolean;
  builtin?: boolean;
  starred?: boolean;
  created?: string;
  updated?: string;
  message?: string;
}

/** What an import changed or left out, by path in the JSON. */
export interface Remark {
  path: string;
  kind: string;
  message: string;
}

export interface Stored {
  dashboard: Dashboard;
  meta: Meta;
  report?: Remark[];
}

export interface Imported {
  uid: string;
  dashboard: Dashboard;
  report: Remark[];
}

export interface Version {
  version: number;
  /** When it was saved. */
  updated: string;
  author?: string;
  message?: string;
}

export interface ListBy {
  query?: string;
  tag?: readonly string[];
  folder?: string;
  starred?: boolean;
}

export function loadListing(by: ListBy = {}, options?: RequestOptions): Promise<Listing> {
  const { query, tag, folder, starred } = by;
  return getJson<Listing>(ROOT, { query, tag, folder, starred: starred || undefined }, options);
}

export async function listDashboards(by: ListBy = {}, options?: RequestOptions): Promise<Listed[]> {
  return (await loadListing(by, options)).dashboards;
}

/** The identity of a folder with this title, made when there is none. */
export async function folderNamed(title: string): Promise<string> {
  if (title.trim() === "") return "";
  const { folders } = await loadListing();
  const known = folders.find(
    (folder) => folder.title === title.trim() || folder.uid === title.trim(),
  );
  if (known) return known.uid;
  return (await sendJson<Folder>("POST", "api/flyball/v1/folders", { title: title.trim() })).uid;
}

export const loadDashboard = (uid: string, options?: RequestOptions): Promise<Stored> =>
  getJson(at(uid), {}, options);

export interface Save {
  dashboard: Dashboard;
  folder?: string | undefined;
  message?: string | undefined;
  version?: number | undefined;
}

export const saveDashboard = (uid: string, save: Save): Promise<Meta> =>
  sendJson("PUT", at(uid), save);
export const createDashboard = (save: Save): Promise<Meta> => sendJson("POST", ROOT, save);
export const deleteDashboard = (uid: string): Promise<unknown> => sendJson("DELETE", at(uid));
export const exportPath = (uid: string): string => `${at(uid)}/export`;

export interface Import {
  dashboard: unknown;
  folder?: string | undefined;
  dry_run?: boolean;
  uid?: string | undefined;
}

export const importDashboard = (what: Import): Promise<Imported> =>
  sendJson("POST", `${ROOT}/import`, what);

export const starDashboard = (uid: string, starred: boolean): Promise<unknown> =>
  sendJson(starred ? "PUT" : "DELETE", `${at(uid)}/star`);

export async function listVersions(uid: string, options?: RequestOptions): Promise<Version[]> {
  return (await getJson<{ versions: Version[] }>(`${at(uid)}/versions`, {}, options)).versions;
}

export interface Difference {
  /** `panel "CPU": targets[0].expr`. */
  place: string;
  /** As JSON; nothing: it is new. */
  old: string | null;
  /** As JSON; nothing: it is gone. */
  new: string | null;
}

/** What is different in a dashboard, saved or not, from one of its versions. */
export async function compareWith(
  uid: string,
  version: number,
  dashboard: Dashboard,
  options?: RequestOptions,
): Promise<Difference[]> {
  const draft = { dashboard, from: version };
  const path = `${at(uid)}/diff`;
  return (await sendJson<{ differences: Difference[] }>("POST", path, draft, options)).differences;
}

export const restoreVersion = (uid: string, version: number): Promise<Meta> =>
  sendJson("POST", `${at(uid)}/versions/${version}/restore`);

export interface StoredAnnotation {
  id: number;
  time: number;
  timeEnd?: number;
  tags: string[];
  text: string;
  dashboardUID?: string;
  panelId?: number;
}

export interface AnnotationFilter {
  tags?: readonly string[];
  /** One of the tags is enough. */
  matchAny?: boolean | undefined;
  dashboardUID?: string;
  /** `annotation`: only what was told, not when alerts fired. */
  type?: "annotation";
}

export async function loadAnnotations(
  range: { fromMs: number; toMs: number },
  { tags = [], matchAny, ...wanted }: AnnotationFilter,
  options?: RequestOptions,
): Promise<StoredAnnotation[]> {
  const answer = await getJson<StoredAnnotation[] | { annotations: StoredAnnotation[] }>(
    "api/flyball/v1/annotations",
    {
      from: String(Math.round(range.fromMs)),
      to: String(Math.round(range.toMs)),
      tags,
      matchAny: matchAny ? "true" : undefined,
      ...wanted,
    },
    options,
  );
  return Array.isArray(answer) ? answer : answer.annotations;
}

export const addAnnotation = (what: Omit<StoredAnnotation, "id">): Promise<unknown> =>
  sendJson("POST", "api/flyball/v1/annotations", what);

export const deleteAnnotation = (id: number): Promise<unknown> =>
  sendJson("DELETE", `api/flyball/v1/annotations/${id}`);
