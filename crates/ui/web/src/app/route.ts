// The address is the state: where we are and with which parameters, as a signal.
// Every page reads `route` and writes with `navigate` and `setParams`; nobody touches `history`.
// Paths start with a slash and are relative to the page's <base>, so any route prefix works.

import { computed, signal } from "@preact/signals";

/** Where we are: path below the base, parameters of the query. */
export interface Route {
  readonly path: string;
  readonly params: URLSearchParams;
}

/** New values of parameters; `null`, `undefined` and the empty string take one away. */
export type ParamsPatch = Record<string, string | readonly string[] | null | undefined>;

export interface HowToGo {
  /** Changes the current entry of the history instead of adding one. */
  readonly replace?: boolean;
}

/** Path of the base without the slash at its end: empty, or the route prefix. */
export const prefix = new URL(document.baseURI).pathname.replace(/\/$/, "");

const current = signal<Route>(read());

/** Where we are. */
export const route = computed(() => current.value);

/** The first value of a parameter, or the empty string. */
export function param(name: string): string {
  return current.value.params.get(name) ?? "";
}

/** Address of a page for the `href` of a link. */
export function href(path: string, params?: URLSearchParams | ParamsPatch): string {
  const query =
    params instanceof URLSearchParams ? params : merge(new URLSearchParams(), params ?? {});
  const text = readable(query);
  return `${prefix}${path}${text ? `?${text}` : ""}`;
}

/** Goes to a page. */
export function navigate(
  path: string,
  params?: URLSearchParams | ParamsPatch,
  how: HowToGo = {},
): void {
  const url = href(path, params);
  if (url === location.pathname + location.search) return;
  history[how.replace ? "replaceState" : "pushState"](null, "", url);
  current.value = read();
  if (!how.replace) scrollTo(0, 0);
}

/** Changes parameters of the page we are on. */
export function setParams(patch: ParamsPatch, how: HowToGo = {}): void {
  const { path, params } = current.peek();
  const url = href(path, merge(new URLSearchParams(params), patch));
  if (url === location.pathname + location.search) return;
  history[how.replace ? "replaceState" : "pushState"](null, "", url);
  current.value = read();
}

function merge(params: URLSearchParams, patch: ParamsPatch): URLSearchParams {
  for (const [name, value] of Object.entries(patch)) {
    const [first, ...others] = typeof value === "string" ? [value] : (value ?? []);
    if (first === undefined || value === "") params.delete(name);
    else params.set(name, first);
    for (const other of others) params.append(name, other);
  }
  return params;
}

/** The query as people like to read it: what may stay unescaped stays so. */
function readable(params: URLSearchParams): string {
  return params.toString().replace(/%(2F|3A|2C|28|29|5B|5D|7B|7D)/g, decodeURIComponent);
}

function read(): Route {
  const path = location.pathname.slice(prefix.length) || "/";
  const adopted = adopt({ path, params: new URLSearchParams(location.search) }, location.hash);
  if (!adopted) return { path: trimmed(path), params: new URLSearchParams(location.search) };
  history.replaceState(null, "", href(adopted.path, adopted.params));
  return adopted;
}

function trimmed(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") || "/" : path;
}

/**
 * Links made for other servers: Prometheus' `/graph` and `/query` with `g0.expr`, Alertmanager's
 * `/#/alerts?filter=` and `/#/silences/new?filter=`. Nothing when the address is our own.
 */
export function adopt(at: Route, hash: string): Route | undefined {
  const path = trimmed(at.path);
  if (path === "/graph" || path === "/query") return { path: "/explore", params: at.params };
  const fragment = /^#\/(alerts|silences|status|settings)([^?]*)(?:\?(.*))?$/.exec(hash);
  if (path !== "/" || !fragment) return undefined;
  const [, page, rest = "", query = ""] = fragment;
  const known = page === "settings" ? "status" : page;
  return { path: trimmed(`/${known}${rest}`), params: new URLSearchParams(query) };
}

addEventListener("popstate", () => {
  current.value = read();
});
addEventListener("hashchange", () => {
  current.value = read();
});

/** Links to pages are followed without loading the page again. */
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin)
    return;
  const path = link.pathname.slice(prefix.length);
  if (!link.pathname.startsWith(`${prefix}/`) || isOutside(path)) return;
  event.preventDefault();
  navigate(path, new URLSearchParams(link.search));
});

/** Paths that the server answers itself. */
function isOutside(path: string): boolean {
  return /^\/(api|-|metrics|federate|grafana\/api|assets)(\/|$)/.test(path);
}
