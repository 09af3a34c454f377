// Exemplars of a question: single observations with the labels of their traces.
// Asked by Explore and by panels, drawn by `overlays`.

import { getData, type RequestOptions } from "../api/client";
import { parseValue } from "../panels/number";
import type { ChartExemplar } from "./model";

/** More make a chart unreadable. */
const SHOWN_MAX = 500;

interface ExemplarSeries {
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
    readonly timestamp: number;
  }[];
}

/** Exemplars of the series that an expression names, oldest first; start and end in seconds. */
export async function askExemplars(
  params: { readonly query: string; readonly start: number; readonly end: number },
  options: RequestOptions,
): Promise<ChartExemplar[]> {
  const series = await getData<ExemplarSeries[]>("api/v1/query_exemplars", params, options);
  const all = series.flatMap((one) =>
    one.exemplars.map(({ labels, value, timestamp }) => ({
      timeMs: timestamp * 1000,
      value: parseValue(value),
      labels,
    })),
  );
  return thinned(all, SHOWN_MAX);
}

/** At most so many, oldest first: of each stretch of time the largest, as outliers are looked for. */
export function thinned(all: readonly ChartExemplar[], most: number): ChartExemplar[] {
  const sorted = [...all].sort((a, b) => a.timeMs - b.timeMs);
  if (sorted.length <= most) return sorted;
  const first = sorted[0]!.timeMs;
  const stretch = (sorted[sorted.length - 1]!.timeMs - first + 1) / most;
  const largest = new Map<number, ChartExemplar>();
  for (const one of sorted) {
    const place = Math.floor((one.timeMs - first) / stretch);
    const known = largest.get(place);
    if (!known || one.value > known.value) largest.set(place, one);
  }
  return [...largest.values()];
}
