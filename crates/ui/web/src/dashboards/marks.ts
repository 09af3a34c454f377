// Marks on time charts: stored annotations, and series of PromQL that say when something was so.

import { isAbort } from "../api/client";
import { queryRange } from "../api/prometheus";
import type { TimeRange } from "../app/time";
import { resolveColor } from "../charts/colors";
import type { ChartMark } from "../charts/model";
import { chartTheme } from "../charts/theme";
import { parseDuration } from "../format/durations";
import { interpolate } from "../panels/interpolate";
import type { AnnotationQuery } from "../panels/model";
import { legendName } from "../panels/names";
import { stepOf } from "../panels/step";
import { type AnnotationFilter, loadAnnotations, type StoredAnnotation } from "./api";
import type { Session } from "./session";

const MARKS_MAX = 500;

/** The marks of these queries within a range, in the order of time. */
export async function loadMarks(
  session: Session,
  active: readonly AnnotationQuery[],
  range: TimeRange,
  signal: AbortSignal,
): Promise<ChartMark[]> {
  const found = await Promise.all(active.map((query) => marksOf(query, session, range, signal)));
  return found
    .flat()
    .sort((a, b) => a.timeMs - b.timeMs)
    .slice(0, MARKS_MAX);
}

async function marksOf(
  query: AnnotationQuery,
  session: Session,
  range: TimeRange,
  signal: AbortSignal,
): Promise<ChartMark[]> {
  const theme = chartTheme.peek();
  const color = resolveColor(query.iconColor ?? "blue", theme.dark, theme.accent);
  const expr = query.expr ?? query.target?.expr;
  try {
    if (expr) return await marksOfSeries({ ...query, expr }, session, range, { color, signal });
    const stored = await loadAnnotations(range, wantedOf(query, session), { signal });
    const meant = stored.filter((one) => isMeant(one, query, session));
    return meant.map((one) => ({ ...markOf(one, color), ...placeOf(query, one) }));
  } catch (error) {
    if (isAbort(error)) throw error;
    console.warn(`cannot load the annotations ${query.name}`, error);
    return [];
  }
}

/** Of tags, all or one; of a dashboard that does not say, what people made on it. */
function wantedOf(query: AnnotationQuery, session: Session): AnnotationFilter {
  const { target } = query;
  if (query.type === "own") return { dashboardUID: session.meta.peek().uid, type: "annotation" };
  // When alerts fired is asked for by its tag: something fires nearly always, and hides the rest.
  if (target?.type !== "tags" && query.type !== "tags") return { type: "annotation" };
  return { tags: target?.tags ?? query.tags ?? [], matchAny: target?.matchAny };
}

/** Built-in: those of this dashboard and those of none; others ask by tags. */
function isMeant(one: StoredAnnotation, query: AnnotationQuery, session: Session): boolean {
  const { uid } = session.meta.peek();
  if (query.type === "own") return one.dashboardUID === uid;
  if (!query.builtIn && query.target?.type !== "dashboard") return true;
  return !one.dashboardUID || one.dashboardUID === uid;
}

/** On which panels it is shown: those of the query, or the one on which it was made. */
function placeOf({ filter }: AnnotationQuery, one?: StoredAnnotation): Partial<ChartMark> {
  if (one?.panelId) return { on: [one.panelId] };
  if (!filter?.ids) return {};
  return filter.exclude ? { except: filter.ids } : { on: filter.ids };
}

function markOf({ time, timeEnd, text, tags }: StoredAnnotation, color: string): ChartMark {
  const mark: ChartMark = { timeMs: time, color, title: text, tags };
  if (timeEnd !== undefined && timeEnd > time) mark.endMs = timeEnd;
  return mark;
}

async function marksOfSeries(
  query: AnnotationQuery & { expr: string },
  session: Session,
  range: TimeRange,
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
      ...placeOf(query),
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
