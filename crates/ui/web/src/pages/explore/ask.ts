// Asks what a question of Explore needs, and makes lines of the answers.
// Between the query API and the views; keeps nothing.

import type { Answer, RequestOptions } from "../../api/client";
import {
  type Labels,
  type MatrixSeries,
  type QueryResult,
  queryInstant,
  queryRange,
} from "../../api/prometheus";
import type { TimeRange } from "../../app/time";
import { askExemplars } from "../../charts/exemplars";
import type { ChartExemplars, ChartSeries } from "../../charts/model";
import { type ChartTheme, paletteColor } from "../../charts/theme";
import { parseDuration } from "../../format/durations";
import { parseValue } from "../../panels/number";
import type { Question } from "./state";

export interface RangeAnswer {
  readonly now: Answer<{ readonly result: readonly MatrixSeries[] }>;
  /** The same of the time it is compared with, and how far that is back. */
  readonly before?:
    { readonly series: readonly MatrixSeries[]; readonly shiftMs: number } | undefined;
  readonly exemplars: ChartExemplars | undefined;
  readonly range: TimeRange;
  readonly stepSeconds: number;
}

/** All of a graph; its steps lie on a grid, so that lines stand still while time goes on. */
export async function askRange(
  question: Question,
  { fromMs, toMs }: TimeRange,
  step: number,
  options: RequestOptions,
): Promise<RangeAnswer> {
  const start = Math.ceil(fromMs / 1000 / step) * step;
  const end = Math.max(start, Math.floor(toMs / 1000 / step) * step);
  const shiftMs = shiftOf(question.compare, toMs - fromMs);
  const at = (backMs: number) =>
    queryRange(
      { query: question.expr, start: start - backMs / 1000, end: end - backMs / 1000, step },
      options,
    );
  const [now, before, exemplars] = await Promise.all([
    at(0),
    shiftMs ? at(shiftMs) : undefined,
    question.hasExemplars
      ? askExemplars([{ query: question.expr, start, end }], options)
      : undefined,
  ]);
  const range = { fromMs, toMs };
  return {
    now,
    before: before && { series: before.data.result, shiftMs },
    exemplars,
    range,
    stepSeconds: step,
  };
}

/** How far back the comparison lies; 0 without one. */
function shiftOf(compare: string, lengthMs: number): number {
  return compare === "period" ? lengthMs : (parseDuration(compare) ?? 0);
}

export function askInstant(
  question: Question,
  toMs: number,
  options: RequestOptions,
): Promise<Answer<QueryResult>> {
  return queryInstant(question.expr, toMs / 1000, options);
}

/** `name{a="b"}` of a series without what all share; the expression when nothing is left. */
export function seriesName(metric: Labels, expr: string, shared: Labels = {}): string {
  const { __name__: name = "", ...labels } = metric;
  const differing = Object.entries(labels).filter(([label]) => shared[label] === undefined);
  const pairs = differing.map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return name + (pairs.length > 0 ? `{${pairs.join(", ")}}` : "") || expr;
}

/** Labels that all of several series have; told once instead of in every name. */
export function sharedLabels(series: readonly MatrixSeries[]): Labels {
  const [first, ...others] = series;
  if (!first || others.length === 0) return {};
  const shared = Object.entries(first.metric).filter(
    ([name, value]) => name !== "__name__" && others.every(({ metric }) => metric[name] === value),
  );
  return Object.fromEntries(shared);
}

/** The lines of an answer: now, and dashed what it is compared with. */
export function linesOf(
  answer: RangeAnswer,
  question: Question,
  theme: ChartTheme,
  linesMax: number,
): ChartSeries[] {
  const now = answer.now.data.result.slice(0, linesMax);
  const shared = sharedLabels(answer.now.data.result);
  const names = now.map((one) => seriesName(one.metric, question.expr, shared));
  const place = new Map(names.map((name, index) => [name, index]));
  const style = question.isStacked
    ? { fillOpacity: 35 }
    : { fillOpacity: now.length === 1 ? 10 : 0 };
  const lines = now.map((one, index): ChartSeries => ({
    name: names[index] ?? "",
    color: paletteColor(index, theme),
    ...pointsOf(one, answer.stepSeconds, 0),
    style,
    ...(question.isStacked ? { stack: { group: "all" } } : {}),
  }));
  const { before } = answer;
  const then = (before?.series ?? []).slice(0, linesMax).map((one, index): ChartSeries => {
    const name = seriesName(one.metric, question.expr, shared);
    return {
      name: `before: ${name}`,
      color: paletteColor(place.get(name) ?? index, theme),
      ...pointsOf(one, answer.stepSeconds, before?.shiftMs ?? 0),
      style: { dash: [4, 4], fillOpacity: 0 },
    };
  });
  return [...lines, ...then];
}

/** Points with a gap where steps have no value. */
function pointsOf(
  series: MatrixSeries,
  step: number,
  shiftMs: number,
): { times: number[]; values: (number | null)[] } {
  const times: number[] = [];
  const values: (number | null)[] = [];
  const stepMs = step * 1000;
  for (const [seconds, text] of series.values ?? []) {
    const at = Math.round(seconds * 1000 + shiftMs);
    const last = times.at(-1);
    if (last !== undefined && at - last > stepMs * 1.5) {
      times.push(last + stepMs);
      values.push(null);
    }
    times.push(at);
    values.push(parseValue(text));
  }
  return { times, values };
}

/** A request that asks the same, for a shell. */
export function asCurl(question: Question, { fromMs, toMs }: TimeRange, step: number): string {
  const isTable = question.tab === "table";
  const url = new URL(isTable ? "api/v1/query" : "api/v1/query_range", document.baseURI).href;
  const data = isTable
    ? [`time=${toMs / 1000}`]
    : [`start=${fromMs / 1000}`, `end=${toMs / 1000}`, `step=${step}`];
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  return [
    "curl -G",
    quoted(url),
    `--data-urlencode ${quoted(`query=${question.expr}`)}`,
    ...data.map((one) => `-d ${one}`),
  ].join(" ");
}
