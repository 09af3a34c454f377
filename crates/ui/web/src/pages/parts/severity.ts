// How bad an alert calls itself: its order in lists and the tone of its mark, the same on every page.

import type { Labels } from "../../api/prometheus";
import type { Tone } from "../../components/state";

/** Words people give as `severity` or `priority`, the worst first. */
const SEVERITIES = [
  "critical",
  "page",
  "emergency",
  "disaster",
  "high",
  "error",
  "major",
  "warning",
  "warn",
  "medium",
  "minor",
  "low",
  "info",
  "none",
];

/** 0 is the worst; what says nothing, or a word nobody knows, stands between warnings and infos. */
export function severityRank(labels: Labels): number {
  const at = SEVERITIES.indexOf((labels.severity ?? labels.priority ?? "").toLowerCase());
  return at < 0 ? SEVERITIES.indexOf("medium") : at;
}

/** Red wakes somebody up, amber waits for the morning, blue only tells. */
export function severityTone(labels: Labels): Tone {
  const rank = severityRank(labels);
  if (rank <= SEVERITIES.indexOf("major")) return "bad";
  return rank < SEVERITIES.indexOf("info") ? "warn" : "info";
}
