// Which marks the charts of a dashboard show; asked for once per dashboard and range, shared by all panels.
// What they are made of is in `marks`, loaded when there are some.

import { effect, untracked } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isAbort } from "../api/client";
import { param } from "../app/route";
import { rawRange, type TimeRange, timeRange } from "../app/time";
import type { ChartMark } from "../charts/model";
import type { AnnotationQuery } from "../panels/model";
import type { Session } from "./session";

/** The queries of the dashboard that are switched on; `annotations=-Name` in the address switches one off. */
export function activeQueries(
  list: readonly AnnotationQuery[],
  off: readonly string[],
): AnnotationQuery[] {
  return list.filter((query) => query.enable !== false && !off.includes(query.name));
}

/** Which queries the reader switched off. */
export function switchedOff(): string[] {
  return param("hideAnnotations").split(",").filter(Boolean);
}

/** Refreshes that follow each other quickly ask for marks once in this time. */
const MARKS_EVERY_MS = 10_000;

/** Keeps the session's marks up to date while the page is open, without drawing the page for it. */
export function useAnnotations(session: Session): void {
  useEffect(() => {
    let abort = new AbortController();
    let [asked, askedAtMs] = ["", 0];
    const stop = effect(() => {
      const list = session.dashboard.value.annotations?.list ?? [];
      const range = timeRange.value;
      const active = activeQueries(list, switchedOff());
      const wanted = JSON.stringify([active, rawRange.value, session.dashboard.value.uid]);
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
