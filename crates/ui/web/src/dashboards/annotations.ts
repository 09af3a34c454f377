// Marks on time charts: stored annotations, and series of PromQL that say when something was so.
// Asked for once per dashboard and range, shared by all panels.

import { effect, untracked } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isAbort } from "../api/client";
import { queryRange } from "../api/prometheus";
import { param } from "../app/route";
import { rawRange, timeRange } from "../app/time";
import { chartTheme } from "../charts/theme";
import { resolveColor } from "../charts/colors";
import type { ChartMark } from "../charts/model";
import { parseDuration } from "../format/durations";
import { interpolate } from "../panels/interpolate";
import type { AnnotationQuery } from "../panels/model";
import { legendName } from "../panels/names";
import { stepOf } from "../panels/step";
import { loadAnnotations, type StoredAnnotation } from "./api";
import type { Session } from "./session";

const MARKS_MAX = 500;

interface Range {
  fromMs: number;
  toMs: number;
}

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
      untracked(() => void load(session, active, range, signal));
    });
    return () => {
      stop();
      abort.abort();
    };
  }, [session]);
}

async function load(
  session: Session,
  active: readonly AnnotationQuery[],
  range: Range,
  signal: AbortSignal,
): Promise<void> {
  try {
    const found = await Promise.all(active.map((query) => marksOf(query, session, range, signal)));
    const marks = found
      .flat()
      .sort((a, b) => a.timeMs - b.timeMs)
      .slice(0, MARKS_MAX);
    // Charts are painted anew for other marks only.
    if (JSON.stringify(marks) !== JSON.stringify(session.marks.peek())) session.marks.value = marks;
  } catch (error) {
    if (!isAbort(error)) console.warn("cannot load annotations", error);
  }
}

async function marksOf(
  query: AnnotationQuery,
  session: Session,
  range: Range,
  signal: AbortSignal,
): Promise<ChartMark[]> {
  const theme = chartTheme.peek();
  const color = resolveColor(query.iconColor ?? "blue", theme.dark, theme.accent);
  const expr = query.expr ?? query.target?.expr;
  try {
    if (expr) return await marksOfSeries({ ...query, expr }, session, range, { color, signal });
    const tags =
      query.target?.type === "tags" || query.type === "tags"
        ? (query.target?.tags ?? query.tags ?? [])
        : [];
    const stored = await loadAnnotations(range, tags, { signal });
    return stored.filter((one) => isMeant(one, query, session)).map((one) => markOf(one, color));
  } catch (error) {
    if (isAbort(error)) throw error;
    console.warn(`cannot load the annotations ${query.name}`, error);
    return [];
  }
}

/** Built-in: those of this dashboard and those of none; others ask by tags. */
function isMeant(one: StoredAnnotation, query: AnnotationQuery, session: Session): boolean {
  if (!query.builtIn && query.target?.type !== "dashboard") return true;
  return !one.dashboardUID || one.dashboardUID === session.dashboard.peek().uid;
}

function markOf({ time, timeEnd, text, tags }: StoredAnnotation, color: string): ChartMark {
  const mark: ChartMark = { timeMs: time, color, title: text, tags };
  if (timeEnd !== undefined && timeEnd > time) mark.endMs = timeEnd;
  return mark;
}

async function marksOfSeries(
  query: AnnotationQuery & { expr: string },
  session: Session,
  range: Range,
  how: { color: string; signal: AbortSignal },
): Promise<ChartMark[]> {
  const least = parseDuration(query.step ?? "");
  const { stepMs } = stepOf({
    ...range,
    maxDataPoints: 400,
    minInterval: least ? query.step : undefined,
  });
  const expr = interpolate(query.expr, session.scope(), "promql");
  const answer = await queryRange(
    { query: expr, start: range.fromMs / 1000, end: range.toMs / 1000, step: stepMs / 1000 },
    { signal: how.signal },
  );
  return answer.data.result.flatMap((series) => {
    const title =
      legendName(query.titleFormat || "{{alertname}}", series.metric, query.name) ?? query.name;
    const text = query.textFormat ? legendName(query.textFormat, series.metric, "") : undefined;
    const tags = (query.tagKeys ?? "")
      .split(",")
      .flatMap((name) => series.metric[name.trim()] ?? []);
    const times = (series.values ?? [])
      .filter(([, value]) => Number(value) !== 0)
      .map(([seconds, value]) =>
        query.useValueForTime === true || query.useValueForTime === "on"
          ? Number(value)
          : seconds * 1000,
      );
    return stretches(times, stepMs).map(([timeMs, endMs]): ChartMark => ({
      timeMs,
      color: how.color,
      title,
      tags,
      ...(endMs > timeMs ? { endMs } : {}),
      ...(text ? { text } : {}),
    }));
  });
}

/** Neighbouring points become one stretch of time. */
export function stretches(times: readonly number[], stepMs: number): [from: number, to: number][] {
  const made: [number, number][] = [];
  for (const time of times) {
    const last = made[made.length - 1];
    if (last && time - last[1] <= stepMs * 1.5) last[1] = time;
    else made.push([time, time]);
  }
  return made;
}
