// What changed: when alerts began and ended, when targets went and came back, when the
// configuration was loaded. Pure: from series that exist only while something is wrong to events.

import type { MatrixSeries } from "../../api/prometheus";
import type { Tone } from "../../components/state";
import { labelText } from "./trouble";

export interface Change {
  readonly atMs: number;
  readonly tone: Tone;
  readonly text: string;
  readonly where: string;
}

/** Changes shown at most. */
const CHANGES_MAX = 40;

/** What is wrong as series: it has samples while an alert fires or a target is down. */
export const WRONG = 'ALERTS{alertstate="firing"} or up == 0';

/** Beginnings and ends in a matrix of `WRONG`; a gap of more than two steps is an end. */
export function transitions(
  matrix: readonly MatrixSeries[],
  range: { readonly start: number; readonly end: number; readonly step: number },
): Change[] {
  const { start, end, step } = range;
  const changes: Change[] = [];
  for (const { metric, values = [] } of matrix) {
    const tell = (seconds: number, isBeginning: boolean) => {
      changes.push(describe(metric, seconds * 1000, isBeginning));
    };
    let last: number | undefined;
    for (const [seconds] of values) {
      const isGap = last === undefined || seconds - last > 2 * step;
      if (last !== undefined && isGap) tell(last + step, false);
      // What is there from the first step on began before it.
      if (isGap && seconds > start + step) tell(seconds, true);
      last = seconds;
    }
    if (last !== undefined && end - last > 2 * step) tell(last + step, false);
  }
  return changes;
}

function describe(
  metric: Readonly<Record<string, string>>,
  atMs: number,
  isBeginning: boolean,
): Change {
  const { __name__: name, alertname, alertstate: _state, severity: _severity, ...rest } = metric;
  const isAlert = name === "ALERTS";
  const what = isAlert ? (alertname ?? "alert") : "target";
  const verb = isAlert
    ? isBeginning
      ? "fires"
      : "is over"
    : isBeginning
      ? "is down"
      : "is up again";
  return {
    atMs,
    tone: isBeginning ? "bad" : "good",
    text: `${what} ${verb}`,
    where: labelText(rest),
  };
}

export interface Runtime {
  readonly startTime: string;
  readonly lastConfigTime: string;
  readonly reloadConfigSuccess: boolean;
}

/** Starts and reloads of the server. */
export function ofServer(runtime: Runtime): Change[] {
  const started = Date.parse(runtime.startTime);
  const loaded = Date.parse(runtime.lastConfigTime);
  const changes: Change[] = [{ atMs: started, tone: "info", text: "Flyball started", where: "" }];
  if (loaded - started > 5000) {
    const text = "configuration loaded";
    changes.push({ atMs: loaded, tone: "info", text, where: "" });
  }
  if (!runtime.reloadConfigSuccess) {
    const where = "the one before stays in force; the log says why";
    changes.push({
      atMs: Math.max(started, loaded),
      tone: "bad",
      text: "configuration refused",
      where,
    });
  }
  return changes;
}

/** Newest first. */
export function newest(changes: readonly Change[]): Change[] {
  return [...changes].sort((a, b) => b.atMs - a.atMs).slice(0, CHANGES_MAX);
}
