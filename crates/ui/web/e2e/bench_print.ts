// How figures are printed: one a line, the median of several runs.

import type { CDPSession } from "playwright-core";

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function print(what: string, values: readonly number[], unit: string): void {
  console.log(`${what.padEnd(60)} ${median(values).toFixed(1).padStart(10)} ${unit}`);
}

/** What a page has taken of its main thread so far; `Performance.enable` says in which time. */
export async function taskSeconds(session: CDPSession): Promise<number> {
  const { metrics: found } = await session.send("Performance.getMetrics");
  return found.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
}
