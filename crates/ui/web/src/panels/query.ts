// Runs the plan of a panel: every query on its own, so that one failure costs one query.
// Asks through the API client; answers become frames here. Cancelled by its signal.

import { type Answer, ApiError, isAbort } from "../api/client";
import {
  type MatrixResult,
  type MatrixSeries,
  queryInstant,
  type QueryRange,
  queryRange,
} from "../api/prometheus";
import type { ChartExemplars } from "../charts/model";
import type { Frame } from "./frame";
import type { Plan, PlannedQuery } from "./plan";
import { framesOf, type QueryAnswer, type SeriesAnswer } from "./prometheus_frames";
import { joined, keep, type Kept, tailStart } from "./tail";

export interface QueryProblem {
  refId: string;
  message: string;
}

export interface PanelData {
  frames: Frame[];
  problems: QueryProblem[];
  notices: string[];
  /** What the language remarks, such as a counter that is not named as one; nothing is wrong. */
  infos: string[];
  exemplars: ChartExemplars | undefined;
  plan: Plan;
  tookMs: number;
  series: number;
  points: number;
}

interface Answered {
  frames: Frame[];
  notices: string[];
  infos: string[];
  problem?: QueryProblem;
}

/** What a panel keeps of its range queries, by their place in the plan. */
export type Memory = Map<number, Kept>;

/** Asks everything the plan says at once; with a memory, of what is known only the newest part. */
export async function runPlan(
  plan: Plan,
  signal: AbortSignal,
  memory: Memory = new Map(),
): Promise<PanelData> {
  const started = performance.now();
  const [answers, exemplars] = await Promise.all([
    Promise.all(plan.queries.map((query, place) => ask(query, signal, { memory, place }))),
    exemplarsOf(
      plan.queries.filter((query) => query.exemplars),
      signal,
    ),
  ]);
  const frames = answers.flatMap((answer) => answer.frames);
  return {
    frames,
    problems: answers.flatMap((answer) => answer.problem ?? []),
    notices: [...plan.notices, ...new Set(answers.flatMap((answer) => answer.notices))],
    infos: [...new Set(answers.flatMap((answer) => answer.infos))],
    exemplars,
    plan,
    tookMs: performance.now() - started,
    series: frames.length,
    points: frames.reduce((total, frame) => total + frame.length, 0),
  };
}

interface Place {
  memory: Memory;
  place: number;
}

async function ask(query: PlannedQuery, signal: AbortSignal, place: Place): Promise<Answered> {
  try {
    const answer =
      query.kind === "instant"
        ? await queryInstant(query.expr, query.endMs / 1000, { signal })
        : await askRange(query, signal, place);
    const frames = framesOf(answer.data as unknown as QueryAnswer, query);
    return { frames, notices: [...answer.warnings], infos: [...answer.infos] };
  } catch (error) {
    // Without a server no question has an answer; what came last stays.
    if (isAbort(error) || (error instanceof ApiError && error.isOffline)) throw error;
    place.memory.delete(place.place);
    const message = error instanceof ApiError ? error.message : String(error);
    return { frames: [], notices: [], infos: [], problem: { refId: query.refId, message } };
  }
}

async function askRange(
  query: PlannedQuery,
  signal: AbortSignal,
  { memory, place }: Place,
): Promise<Answer<MatrixResult>> {
  const now = Date.now();
  const kept = memory.get(place);
  const from = tailStart(kept, query, now);
  if (kept && from !== undefined) {
    const answer = await queryRange(rangeOf(query, from), { signal });
    const series = joined(kept, seriesIn(answer), query, from);
    if (series) {
      memory.set(place, { query, series, wholeAtMs: kept.wholeAtMs });
      return {
        ...answer,
        data: { resultType: "matrix", result: series as unknown as MatrixSeries[] },
      };
    }
  }
  const answer = await queryRange(rangeOf(query, query.startMs), { signal });
  const fresh = keep(query, seriesIn(answer), now);
  if (fresh) memory.set(place, fresh);
  else memory.delete(place);
  return answer;
}

function seriesIn(answer: Answer<MatrixResult>): SeriesAnswer[] {
  return answer.data.result as unknown as SeriesAnswer[];
}

function rangeOf({ expr, endMs, stepMs }: PlannedQuery, fromMs: number): QueryRange {
  return { query: expr, start: fromMs / 1000, end: endMs / 1000, step: stepMs / 1000 };
}

/** Exemplars are extras: a server without them, or an error, leaves the panel as it is. */
async function exemplarsOf(
  queries: readonly PlannedQuery[],
  signal: AbortSignal,
): Promise<ChartExemplars | undefined> {
  if (queries.length === 0) return undefined;
  try {
    const { askExemplars } = await import("../charts/exemplars");
    const asked = queries.map(({ expr, startMs, endMs }) => ({
      query: expr,
      start: startMs / 1000,
      end: endMs / 1000,
    }));
    return await askExemplars(asked, { signal });
  } catch (error) {
    if (isAbort(error)) throw error;
    return undefined;
  }
}
