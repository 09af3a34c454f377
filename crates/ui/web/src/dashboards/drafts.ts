// Changes of a dashboard that nobody saved: kept by the browser while they are made, so that a
// reload, a closed window or a link that is followed loses nothing; found again by the next visit.
// Loaded after the dashboard. What is kept of other windows stays theirs: each has a key of its own.

import { effect } from "@preact/signals";
import { toast } from "../components/toast";
import type { Dashboard } from "../panels/model";
import type { Session } from "./session";

export interface Draft {
  /** Where the browser keeps it. */
  readonly key: string;
  readonly dashboard: Dashboard;
  /** The version that was changed. */
  readonly version: number;
  readonly keptMs: number;
}

const PREFIX = "flyball.draft.";
/** Drafts that are kept of all dashboards; beyond them the oldest go. */
const DRAFTS_MAX = 20;
/** A change is kept after so many milliseconds without another, and when the page is left. */
const PAUSE_MS = 300;

/** Keeps what is changed, and offers what was kept before; the answer ends it. */
export function watchDrafts(session: Session): () => void {
  const key = `${PREFIX}${session.meta.peek().uid}.${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isKept = false;
  const flush = (): void => {
    clearTimeout(timer);
    if (session.isChanged.peek()) isKept = keep(key, session) || isKept;
    else if (isKept) {
      localStorage.removeItem(key);
      isKept = false;
    }
  };
  offer(session);
  const stop = effect(() => {
    const isChanged = session.isChanged.value && session.dashboard.value;
    clearTimeout(timer);
    if (isChanged || isKept) timer = setTimeout(flush, PAUSE_MS);
  });
  const ask = (event: BeforeUnloadEvent): void => {
    flush();
    if (session.isChanged.peek()) event.preventDefault();
  };
  addEventListener("beforeunload", ask);
  addEventListener("pagehide", flush);
  return () => {
    stop();
    flush();
    removeEventListener("beforeunload", ask);
    removeEventListener("pagehide", flush);
    if (!session.isChanged.peek()) return;
    toast(`What you changed in "${session.dashboard.peek().title}" is kept as a draft`, "info");
  };
}

/** Shows the newest draft of this dashboard that says something else than what is stored. */
export function offer(session: Session): void {
  const saved = session.saved.peek();
  session.draft.value = draftsOf(session.meta.peek().uid).find(
    (draft) => JSON.stringify(draft.dashboard) !== saved,
  );
}

/** Takes a draft as it is; saving it over a newer version is noticed by its version. */
export function restore(session: Session, draft: Draft): void {
  session.change(() => draft.dashboard);
  session.meta.value = { ...session.meta.peek(), version: draft.version };
  forget(session, draft);
}

export function forget(session: Session, draft: Draft): void {
  localStorage.removeItem(draft.key);
  offer(session);
}

/** Drafts of a dashboard, the newest first. */
export function draftsOf(uid: string): Draft[] {
  return keys()
    .filter(
      (key) =>
        key.startsWith(`${PREFIX}${uid}.`) &&
        !key.slice(PREFIX.length + uid.length + 1).includes("."),
    )
    .flatMap((key) => parsed(key, localStorage.getItem(key)) ?? [])
    .sort((a, b) => b.keptMs - a.keptMs);
}

/** What was kept under a key, unless it is damaged. */
export function parsed(key: string, text: string | null): Draft | undefined {
  try {
    const draft = JSON.parse(text ?? "null") as Partial<Draft> | null;
    const { dashboard, version, keptMs } = draft ?? {};
    const isWhole = Array.isArray(dashboard?.panels) && typeof version === "number";
    return isWhole && typeof keptMs === "number" ? { key, dashboard, version, keptMs } : undefined;
  } catch (error) {
    console.warn(`cannot read the draft ${key}`, error);
    return undefined;
  }
}

/** All drafts that the browser keeps, the newest first. */
export function allDrafts(): Draft[] {
  return keys()
    .flatMap((key) => parsed(key, localStorage.getItem(key)) ?? [])
    .sort((a, b) => b.keptMs - a.keptMs);
}

/** Throws drafts away. */
export function drop(drafts: readonly Draft[]): void {
  for (const { key } of drafts) localStorage.removeItem(key);
}

function keys(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch (error) {
    console.warn("the browser keeps no drafts", error);
    return [];
  }
}

let isTold = false;

function keep(key: string, session: Session): boolean {
  const draft = {
    dashboard: session.dashboard.peek(),
    version: session.meta.peek().version,
    keptMs: Date.now(),
  };
  try {
    localStorage.setItem(key, JSON.stringify(draft));
    drop(allDrafts().slice(DRAFTS_MAX));
    return true;
  } catch (error) {
    console.warn("cannot keep a draft", error);
    if (!isTold) toast("The browser cannot keep a draft of this dashboard: save it soon", "warn");
    isTold = true;
    return false;
  }
}
