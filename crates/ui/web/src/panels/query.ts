// Runs the plan of a panel: every query on its own, so that one failure costs one query.
// Asks through the API client; answers become frames here. Cancelled by its signal.

import { ApiError, getData, isAbort } from "../api/client";
import { queryInstant, queryRange } from "../api/prometheus";
import type { ChartExemplar } from "../charts/model";
import type { Frame } from "./frame";
import type { Plan, PlannedQuery } from "./plan";
import { framesOf, type QueryAnswer } from "./prometheus_frames";

export interface QueryProblem {
  refId: string;
  message: string;
}

export interface PanelData {
  frames: Frame[];
  problems: QueryProblem[];
  notices: string[];
  exemplars: ChartExemplar[];
  plan: Plan;
  tookMs: number;
  series: number;
  points: number;
}

const EXEMPLARS_MAX = 200;

interface Answered {
  frames: Frame[];
  notices: string[];
  problem?: QueryProblem;
}

/** Asks everything the plan says at once. */
export async function runPlan(plan: Plan, signal: AbortSignal): Promise<PanelData> {
  const started = performance.now();
  const [answers, exemplars] = await Promise.all([
    Promise.all(plan.queries.map((query) => ask(query, signal))),
    Promise.all(
      plan.queries.filter((query) => query.exemplars).map((query) => askExemplars(query, signal)),
    ),
  ]);
  const frames = answers.flatMap((answer) => answer.frames);
  return {
    frames,
    problems: answers.flatMap((answer) => answer.problem ?? []),
    notices: [...plan.notices, ...new Set(answers.flatMap((answer) => answer.notices))],
    exemplars: exemplars.flat().slice(0, EXEMPLARS_MAX),
    plan,
    tookMs: performance.now() - started,
    series: frames.length,
    points: frames.reduce((total, frame) => total + frame.length, 0),
  };
}

async function ask(query: PlannedQuery, signal: AbortSignal): Promise<Answered> {
  try {
    const answer =
      query.kind === "instant"
        ? await queryInstant(query.expr, query.endMs / 1000, { signal })
        : await queryRange(
            {
              query: query.expr,
              start: query.startMs / 1000,
              end: query.endMs / 1000,
              step: query.stepMs / 1000,
            },
            { signal },
          );
    const frames = framesOf(answer.data as unknown as QueryAnswer, query);
    return { frames, notices: [...answer.warnings, ...answer.infos] };
  } catch (error) {
    if (isAbort(error)) throw error;
    const message = error instanceof ApiError ? error.message : String(error);
    return { frames: [], notices: [], problem: { refId: query.refId, message } };
  }
}

interface ExemplarSeries {
  exemplars: { labels: Record<string, string>; value: string; timestamp: number }[];
}

/** Exemplars are extras: a server without them, or an error, leaves the panel as it is. */
async function askExemplars(query: PlannedQuery, signal: AbortSignal): Promise<ChartExemplar[]> {
  try {
    const params = { query: query.expr, start: query.startMs / 1000, end: query.endMs / 1000 };
    const series = await getData<ExemplarSeries[]>("api/v1/query_exemplars", params, { signal });
    return series.flatMap((one) =>
      one.exemplars.map(({ labels, value, timestamp }) => ({
        timeMs: timestamp * 1000,
        value: Number(value),
        labels,
      })),
    );
  } catch (error) {
    if (isAbort(error)) throw error;
    return [];
  }
}
