// A value of the last minutes, drawn small; a point a second.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { watch } from "../../api/live";
import { queryRange } from "../../api/prometheus";
import { asPoints, extended, firstValue, type Point, sparkPath } from "./points";

/** Milliseconds that a spark shows. */
export const SPAN_MS = 5 * 60_000;
const STEP_MS = 1000;
const WIDTH = 240;
const HEIGHT = 36;

/** The last minutes of an expression; grows as values come. */
export function usePoints(expr: string): readonly Point[] {
  const [points, setPoints] = useState<readonly Point[]>([]);
  useEffect(() => {
    setPoints([]);
    const abort = new AbortController();
    const add = (added: readonly Point[]) => setPoints((old) => extended(old, added, SPAN_MS));
    const end = Math.floor(Date.now() / STEP_MS);
    const range = { query: expr, start: end - SPAN_MS / 1000, end, step: STEP_MS / 1000 };
    queryRange(range, { signal: abort.signal }).then(
      ({ data }) => add(asPoints(data.result[0]?.values)),
      // The stream that follows says whether the server answers.
      (error: unknown) => abort.signal.aborted || console.warn("no history of a tile", error),
    );
    const stop = watch({ expr, stepMs: STEP_MS }, STEP_MS, {
      onPoint: ({ timeMs, value }) => add([{ timeMs, value: firstValue(value) }]),
    });
    return () => {
      abort.abort();
      stop();
    };
  }, [expr]);
  return points;
}

export interface SparkProps {
  readonly points: readonly Point[];
  /** Value at the upper edge; the largest one unless told. */
  readonly top?: number | undefined;
}

export function Spark({ points, top }: SparkProps): JSX.Element {
  const largest = points.reduce((most, { value }) => Math.max(most, value), 0);
  const box = { width: WIDTH, height: HEIGHT, spanMs: SPAN_MS, top: top ?? (largest * 1.15 || 1) };
  const line = sparkPath(points, box);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="spark-line" d={line} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
