// A chart in words, for screen readers and tests.
// Pure.

import { reduce } from "../panels/reduce";
import type { TimeChartModel } from "./model";

const NAMED_MAX = 5;

/** `CPU: 3 series; user last 12 %, system last 3 % ...; no data`. */
export function summary(label: string, model: TimeChartModel): string {
  const shown = model.series.filter((one) => !one.hideFrom?.viz);
  if (shown.length === 0) return `${label}: no data`;
  const parts = shown.slice(0, NAMED_MAX).map((one) => {
    const last = reduce("lastNotNull", one.values);
    const text =
      typeof last !== "number" ? "nothing" : one.format ? one.format(last) : String(last);
    return `${one.name} last ${text}`;
  });
  const more = shown.length > NAMED_MAX ? `, and ${shown.length - NAMED_MAX} more` : "";
  return `${label}: ${shown.length} series; ${parts.join(", ")}${more}`;
}
