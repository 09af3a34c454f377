// The pages: where they are, what they are called, how their code is loaded when it is needed.
// A page is `src/pages/NAME/page.tsx` with a component as its default export; what has no such
// file is not in the navigation.

import type { ComponentType } from "preact";

/** What a page is given. */
export interface PageProps {
  /** What follows the page's own path, split at the slashes: `UID` and `SLUG` of `/d/UID/SLUG`. */
  readonly rest: readonly string[];
}

export interface PageModule {
  readonly default: ComponentType<PageProps>;
}

export interface Page {
  /** Folder below `src/pages`. */
  readonly name: string;
  /** Its path, and everything below it. */
  readonly path: string;
  readonly title: string;
  /** Where the navigation has it: in the bar, or in the menu of the server. */
  readonly place: "bar" | "server" | "none";
  /** Keys that lead there. */
  readonly keys?: string;
  /** Does it show the range of time and the refresh of the header? */
  readonly hasTime?: boolean;
  /** Further words to find it by. */
  readonly words?: string;
}

const KNOWN: readonly Page[] = [
  {
    name: "home",
    path: "/",
    title: "Home",
    place: "bar",
    keys: "g h",
    words: "overview start",
  },
  {
    name: "health",
    path: "/health",
    title: "Health",
    place: "bar",
    keys: "g v",
    words: "score components degraded unknown critical vital signs",
  },
  {
    name: "explore",
    path: "/explore",
    title: "Explore",
    place: "bar",
    keys: "g x",
    hasTime: true,
    words: "query promql metrics graph",
  },
  {
    name: "dashboards",
    path: "/dashboards",
    title: "Dashboards",
    place: "bar",
    keys: "g d",
    words: "browse folders import",
  },
  { name: "dashboard", path: "/d", title: "Dashboard", place: "none", hasTime: true },
  {
    name: "alerts",
    path: "/alerts",
    title: "Alerts",
    place: "bar",
    keys: "g a",
    words: "firing pending",
  },
  {
    name: "silences",
    path: "/silences",
    title: "Silences",
    place: "bar",
    keys: "g s",
    words: "mute maintenance",
  },
  {
    name: "targets",
    path: "/targets",
    title: "Targets",
    place: "bar",
    keys: "g t",
    words: "scrape pools up down",
  },
  {
    name: "rules",
    path: "/rules",
    title: "Rules",
    place: "server",
    keys: "g r",
    words: "recording alerting groups",
  },
  {
    name: "routes",
    path: "/routes",
    title: "Routing tree",
    place: "server",
    words: "notification receivers tester",
  },
  {
    name: "receivers",
    path: "/receivers",
    title: "Receivers",
    place: "server",
    words: "notifications dead letters",
  },
  {
    name: "discovery",
    path: "/discovery",
    title: "Service discovery",
    place: "server",
    words: "relabelling labels dropped",
  },
  {
    name: "cardinality",
    path: "/cardinality",
    title: "Cardinality",
    place: "server",
    words: "series labels metrics tsdb",
  },
  {
    name: "queries",
    path: "/queries",
    title: "Queries",
    place: "server",
    words: "cost slow running",
  },
  {
    name: "storage",
    path: "/storage",
    title: "Storage",
    place: "server",
    words: "disk blocks segments retention",
  },
  {
    name: "limits",
    path: "/limits",
    title: "Limits",
    place: "server",
    words: "bounds memory refused maximum",
  },
  { name: "config", path: "/config", title: "Configuration", place: "server", words: "yaml file" },
  { name: "flags", path: "/flags", title: "Flags", place: "server", words: "command line options" },
  {
    name: "status",
    path: "/status",
    title: "Status",
    place: "server",
    words: "version runtime build parts",
  },
  {
    name: "profile",
    path: "/profile",
    title: "Profile",
    place: "server",
    keys: "g p",
    words: "preferences theme zone user who drafts",
  },
];

const modules = import.meta.glob<PageModule>("../pages/*/page.tsx");
const fileOf = (page: Page) => `../pages/${page.name}/page.tsx`;

/** The pages that are there. */
export const pages: readonly Page[] = KNOWN.filter((page) => modules[fileOf(page)] !== undefined);

/** A page and what follows its path. */
export interface Place {
  readonly page: Page;
  readonly rest: readonly string[];
}

/** The page of a path, if there is one. */
export function placeOf(path: string, among: readonly Page[] = pages): Place | undefined {
  const page = among.find(
    (one) => path === one.path || (one.path !== "/" && path.startsWith(`${one.path}/`)),
  );
  if (!page) return undefined;
  const rest = path
    .slice(page.path.length)
    .split("/")
    .filter((part) => part !== "");
  return { page, rest: rest.map(decoded) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}

const loaded = new Map<string, Promise<PageModule>>();

/** The code of a page; loaded once, and again after a failure. */
export function loadPage(page: Page): Promise<PageModule> {
  const known = loaded.get(page.name);
  if (known) return known;
  const load = modules[fileOf(page)];
  if (!load) return Promise.reject(new Error(`there is no page ${page.name}`));
  const loading = load().catch((error: unknown) => {
    loaded.delete(page.name);
    throw error;
  });
  loaded.set(page.name, loading);
  return loading;
}
