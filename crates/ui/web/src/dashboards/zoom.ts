// Gestures on charts, written into the address: zoomed ranges and chosen series.

import { param, setParams } from "../app/route";
import { setRange, timeRange, zoomed } from "../app/time";

export function zoomTo(fromMs: number, toMs: number): void {
  if (toMs - fromMs >= 1000) setRange(fromMs, toMs);
}

export function zoomOut(): void {
  const { fromMs, toMs } = zoomed(timeRange.peek(), 2);
  setRange(fromMs, toMs);
}

/** The series that a panel shown alone is narrowed to. */
export function chosenSeries(): readonly string[] {
  const text = param("series");
  return text === "" ? [] : text.split("\n");
}

export function chooseSeries(names: readonly string[]): void {
  setParams({ series: names.join("\n") }, { replace: true });
}
