// Which marks the charts of a dashboard show; asked for once per dashboard and range, shared by all panels.
// What they are made of is in `marks`, loaded when there are some.

import { effect, untracked } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isAbort } from "../api/client";
import { param, setParams } from "../app/route";
import { rawRange, type TimeRange, timeRange } from "../app/time";
import type { ChartMark } from "../charts/model";
import type { AnnotationQuery, Dashboard } from "../panels/model";
import type { Session } from "./session";

/** What Grafana gives every dashboard: annotations that were made on it. */
const OWN: AnnotationQuery = { name: "Annotations", builtIn: 1, hide: true, type: "own" };

/** The annotations of a dashboard; those that were made on it are always among them. */
export function queriesOf({ annotations }: Dashboard): readonly AnnotationQuery[] {
  const list = annotations?.list ?? [];
  return list.some((query) => query.builtIn) ? list : [OWN, ...list];
}

/** Is a query on? The address switches others than the dashboard: `hideAnnotations`, `showAnnotations`. */
export function isOn({ name, enable }: AnnotationQuery): boolean {
  return enable === false
    ? named("showAnnotations").includes(name)
    : !named("hideAnnotations").includes(name);
}

const named = (list: string): string[] => param(list).split(",").filter(Boolean);

/** Switches a query on or off. */
export function flip(query: AnnotationQuery): void {
  const list = query.enable === false ? "showAnnotations" : "hideAnnotations";
  const names = named(list);
  const rest = names.filter((name) => name !== query.name);
  setParams({ [list]: (names.length > rest.length ? rest : [...rest, query.name]).join(",") });
}

/** The marks that a panel shows. */
export function marksOn(marks: readonly ChartMark[], id: number): readonly ChartMark[] {
  return marks.filter(({ on, except }) => (on ? on.includes(id) : !except?.includes(id)));
}

/** Refreshes that follow each other quickly ask for marks once in this time. */
const MARKS_EVERY_MS = 10_000;

/** Keeps the session's marks up to date while the page is open, without drawing the page for it. */
export function useAnnotations(session: Session): void {
  useEffect(() => {
    let abort = new AbortController();
    let [asked, askedAtMs] = ["", 0];
    const stop = effect(() => {
      const dashboard = session.dashboard.value;
      const range = timeRange.value;
      const active = queriesOf(dashboard).filter(isOn);
      const turn = session.annotated.value;
      const wanted = JSON.stringify([active, rawRange.value, dashboard.uid, turn]);
      if (wanted === asked && Date.now() - askedAtMs < MARKS_EVERY_MS) return;
      [asked, askedAtMs] = [wanted, Date.now()];
      abort.abort();
      abort = new AbortController();
      const { signal } = abort;
      untracked(() => void show(session, active, range, signal));
    });
    return () => {
      stop();
      abort.abort();
    };
  }, [session]);
}

/** Charts are painted anew for other marks only. */
async function show(
  session: Session,
  active: readonly AnnotationQuery[],
  range: TimeRange,
  signal: AbortSignal,
): Promise<void> {
  if (active.length === 0) {
    session.marks.value = NO_MARKS;
    return;
  }
  try {
    const { loadMarks } = await import("./marks");
    const marks = await loadMarks(session, active, range, signal);
    if (JSON.stringify(marks) !== JSON.stringify(session.marks.peek())) session.marks.value = marks;
  } catch (error) {
    if (!isAbort(error)) console.warn("cannot load annotations", error);
  }
}

const NO_MARKS: readonly ChartMark[] = [];
