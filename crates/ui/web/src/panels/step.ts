// The step of a range query and `$__rate_interval`, computed as Grafana's Prometheus source does.
// Used before every query. Pure.

import { parseDuration } from "../format/durations";

const POINTS_MAX = 11_000;
const SCRAPE_DEFAULT_MS = 15_000;
const STEP_LEAST_MS = 1000;

// [below, rounded]: spans smaller than the first number become the second.
const ROUNDED: readonly (readonly [number, number])[] = [
  [10, 1],
  [15, 10],
  [35, 20],
  [75, 50],
  [150, 100],
  [350, 200],
  [750, 500],
  [1500, 1000],
  [3500, 2000],
  [7500, 5000],
  [12_500, 10_000],
  [17_500, 15_000],
  [25_000, 20_000],
  [45_000, 30_000],
  [90_000, 60_000],
  [210_000, 120_000],
  [450_000, 300_000],
  [750_000, 600_000],
  [1_050_000, 900_000],
  [1_500_000, 1_200_000],
  [2_700_000, 1_800_000],
  [5_400_000, 3_600_000],
  [9_000_000, 7_200_000],
  [16_200_000, 10_800_000],
  [32_400_000, 21_600_000],
  [64_800_000, 43_200_000],
  [604_800_000, 86_400_000],
  [1_814_400_000, 604_800_000],
  [3_628_800_000, 2_592_000_000],
];

/** A span rounded to one that people use. */
export function roundInterval(ms: number): number {
  return ROUNDED.find(([below]) => ms < below)?.[1] ?? 31_536_000_000;
}

export interface StepInput {
  fromMs: number;
  toMs: number;
  maxDataPoints: number;
  /** The panel's or the query's own least step: `15s`, `>10s`. */
  minInterval?: string | null | undefined;
  intervalFactor?: number | undefined;
  scrapeMs?: number;
}

export interface Step {
  /** Between the points of the answer. */
  stepMs: number;
  /** `$__interval`: the same before the factor of the query. */
  intervalMs: number;
  /** `$__rate_interval`: long enough for `rate` to see four scrapes. */
  rateMs: number;
}

/** How far apart points are asked for. */
export function stepOf(input: StepInput): Step {
  const range = Math.max(1, input.toMs - input.fromMs);
  const own = parseDuration((input.minInterval ?? "").replace(/^[><=]+/, ""));
  const scrape = own ?? input.scrapeMs ?? SCRAPE_DEFAULT_MS;
  const safe = Math.ceil(range / POINTS_MAX / 1000) * 1000;
  const wished = Math.max(
    roundInterval(range / Math.max(1, input.maxDataPoints)),
    range / POINTS_MAX > 1000 ? safe : 0,
  );
  const intervalMs = Math.max(wished, scrape);
  // Points may be closer than scrapes: what is measured every second is seen every second.
  const stepMs = Math.max(wished, own ?? STEP_LEAST_MS) * Math.max(1, input.intervalFactor ?? 1);
  const rateMs = Math.max(stepMs + scrape, 4 * scrape);
  return { stepMs, intervalMs, rateMs };
}

/** Start and end moved to multiples of the step, so that refreshed points stay where they were. */
export function aligned(
  fromMs: number,
  toMs: number,
  stepMs: number,
): { startMs: number; endMs: number } {
  return {
    startMs: Math.floor(fromMs / stepMs) * stepMs,
    endMs: Math.floor(toMs / stepMs) * stepMs,
  };
}
