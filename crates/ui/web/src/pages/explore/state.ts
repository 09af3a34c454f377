// The questions of Explore in the address: `g0.expr`, `g0.tab`, ... as Prometheus writes them.
// Pure. Links of Prometheus 2 and 3 (`range_input`, `end_input`, `display_mode`) become our own.

import type { ParamsPatch } from "../../app/route";
import { parseDuration } from "../../format/durations";

export const TABS = ["graph", "table", "heatmap", "explain"] as const;
export type TabId = (typeof TABS)[number];

export interface Question {
  readonly expr: string;
  readonly tab: TabId;
  readonly isStacked: boolean;
  readonly hasExemplars: boolean;
  /** What it is compared with: `period`, a duration, or empty. */
  readonly compare: string;
  /** Distance of points as a duration; empty: as the width of the screen wants it. */
  readonly step: string;
  /** The only series of the graph to show; none means all. */
  readonly series: readonly string[];
  /** What the legend is sorted by: `-Mean` is downwards. */
  readonly legend: string;
  /** What the table is sorted by, and the words its rows must have. */
  readonly sort: string;
  readonly search: string;
  /** Draws more lines than are drawn at first. */
  readonly hasAllLines: boolean;
}

/** What was chosen within an answer; another expression begins without. */
export const NOTHING_CHOSEN = {
  series: [],
  legend: "",
  sort: "",
  search: "",
  hasAllLines: false,
} as const;

export const NO_QUESTION: Question = {
  expr: "",
  tab: "graph",
  isStacked: false,
  hasExemplars: false,
  compare: "",
  step: "",
  ...NOTHING_CHOSEN,
};

/** More are not shown. */
export const QUESTIONS_MAX = 12;

/** The questions of an address, in the order of their numbers; never none. */
export function questionsOf(params: URLSearchParams): Question[] {
  const numbers = new Set<number>();
  for (const name of params.keys()) {
    const found = /^g(\d{1,3})\./.exec(name);
    if (found) numbers.add(Number(found[1]));
  }
  const questions = [...numbers]
    .sort((a, b) => a - b)
    .slice(0, QUESTIONS_MAX)
    .map((at) => questionAt(params, at));
  return questions.length > 0 ? questions : [NO_QUESTION];
}

function questionAt(params: URLSearchParams, at: number): Question {
  const get = (name: string) => params.get(`g${at}.${name}`) ?? "";
  const mode = get("display_mode");
  return {
    expr: get("expr"),
    tab: tabOf(get("tab"), mode),
    isStacked: get("stacked") === "1" || mode === "stacked",
    hasExemplars: get("show_exemplars") === "1",
    compare: get("compare"),
    step: stepOf(get("step_input") || get("res_step")),
    series: params.getAll(`g${at}.series`),
    legend: get("legend"),
    sort: get("sort"),
    search: get("search"),
    hasAllLines: get("lines") === "all",
  };
}

function tabOf(tab: string, mode: string): TabId {
  if (mode === "heatmap") return "heatmap";
  if (tab === "1") return "table";
  return TABS.find((known) => known === tab) ?? "graph";
}

function stepOf(text: string): string {
  if (/^\d{1,9}$/.test(text)) return `${text}s`;
  return parseDuration(text) ? text : "";
}

/** What the address says instead of the questions it has now. */
export function writeQuestions(
  params: URLSearchParams,
  questions: readonly Question[],
): ParamsPatch {
  const patch: Record<string, string | readonly string[] | null> = {};
  for (const name of params.keys()) {
    if (/^g\d+\./.test(name)) patch[name] = null;
  }
  questions.forEach((one, at) => {
    // The expression of the first stands even when it is empty, so that the others keep their order.
    patch[`g${at}.expr`] = one.expr;
    patch[`g${at}.tab`] = one.tab === "graph" && one.expr ? null : one.tab;
    patch[`g${at}.stacked`] = one.isStacked ? "1" : null;
    patch[`g${at}.show_exemplars`] = one.hasExemplars ? "1" : null;
    patch[`g${at}.compare`] = one.compare || null;
    patch[`g${at}.step_input`] = one.step || null;
    patch[`g${at}.series`] = one.series;
    patch[`g${at}.legend`] = one.legend;
    patch[`g${at}.sort`] = one.sort;
    patch[`g${at}.search`] = one.search;
    patch[`g${at}.lines`] = one.hasAllLines ? "all" : null;
  });
  return patch;
}

/** The range of a link made for Prometheus as our own `from` and `to`; nothing for other links. */
export function adoptRange(params: URLSearchParams): ParamsPatch | undefined {
  const get = (name: string) =>
    [...params].find(([key]) => /^g\d+\./.test(key) && key.endsWith(`.${name}`))?.[1] ?? "";
  const lengthMs = parseDuration(get("range_input"));
  const end = get("end_input") || get("moment_input");
  if (params.has("from") || (!lengthMs && !end)) return undefined;
  // Prometheus writes its times in UTC and without saying so.
  const endMs = end ? Date.parse(`${end.trim().replace(" ", "T")}Z`) : Number.NaN;
  const length = lengthMs || 3_600_000;
  if (Number.isNaN(endMs))
    return { from: `now-${Math.round(length / 1000)}s`, to: "now", ...without(params) };
  return { from: String(endMs - length), to: String(endMs), ...without(params) };
}

function without(params: URLSearchParams): ParamsPatch {
  const ended = [...params.keys()].filter((name) =>
    /^g\d+\.(range_input|end_input|moment_input)$/.test(name),
  );
  return Object.fromEntries(ended.map((name) => [name, null]));
}

/** Seconds between points: asked for, or so many that a point is about two pixels wide. */
export function stepSeconds(question: Question, lengthMs: number, widthPx: number): number {
  const asked = parseDuration(question.step);
  // The server refuses more than 11,000 points per series.
  const least = lengthMs / 1000 / 10_900;
  if (asked) return Math.max(asked / 1000, Math.ceil(least * 1000) / 1000);
  const wanted = lengthMs / 1000 / Math.max(100, widthPx / 2);
  return NICE.find((seconds) => seconds >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
}

const NICE = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];
