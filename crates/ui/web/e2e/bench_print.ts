// How figures are printed: one a line, the median of several runs.

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function print(what: string, values: readonly number[], unit: string): void {
  console.log(`${what.padEnd(60)} ${median(values).toFixed(1).padStart(10)} ${unit}`);
}
