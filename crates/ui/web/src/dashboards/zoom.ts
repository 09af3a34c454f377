// Gestures on charts, written into the address as ranges.

import { setRange, timeRange, zoomed } from "../app/time";

export function zoomTo(fromMs: number, toMs: number): void {
  if (toMs - fromMs >= 1000) setRange(fromMs, toMs);
}

export function zoomOut(): void {
  const { fromMs, toMs } = zoomed(timeRange.peek(), 2);
  setRange(fromMs, toMs);
}
