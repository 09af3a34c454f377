// When an alert was pending and when it fired, over the last day, as a strip.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type Labels, queryRange } from "../../api/prometheus";
import { useLoad } from "../../app/load";
import { formatTime, zone } from "../../app/time";
import { shortLength } from "../parts/when";

const LENGTH_S = 86_400;
const STEP_S = 120;

interface Span {
  readonly state: string;
  readonly from: number;
  readonly to: number;
}

/** Spans of a state out of the series `ALERTS`, in seconds. */
export function spansOf(
  series: readonly {
    readonly metric: Labels;
    readonly values?: readonly (readonly [number, string])[];
  }[],
): Span[] {
  return series.flatMap(({ metric, values = [] }) => {
    const spans: { state: string; from: number; to: number }[] = [];
    for (const [at] of values) {
      const last = spans.at(-1);
      if (last && at - last.to <= STEP_S * 1.5) last.to = at;
      else spans.push({ state: metric.alertstate ?? "firing", from: at, to: at });
    }
    return spans;
  });
}

export function History({ labels }: { readonly labels: Labels }): JSX.Element {
  const [end] = useState(() => Math.floor(Date.now() / 1000));
  const { data, error } = useLoad(
    async (signal) => {
      const wanted = ["alertname", "instance", "job"].filter((name) => labels[name] !== undefined);
      const query = `ALERTS{${wanted.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(",")}}`;
      const answer = await queryRange(
        { query, start: end - LENGTH_S, end, step: STEP_S },
        { signal },
      );
      // Labels that were added on the way here are not in the series.
      return answer.data.result.filter(({ metric }) =>
        Object.entries(metric).every(
          ([name, value]) => name === "__name__" || name === "alertstate" || labels[name] === value,
        ),
      );
    },
    [JSON.stringify(labels)],
  );
  if (error) return <p class="muted">No history: {error.message}</p>;
  if (!data) return <p class="muted">…</p>;
  const spans = spansOf(data);
  if (spans.length === 0)
    return (
      <p class="muted">
        No rule here made this alert in the last day; it was sent by another server.
      </p>
    );
  const place = (at: number) => (100 * (at - end + LENGTH_S)) / LENGTH_S;
  const firing = spans.filter((span) => span.state === "firing");
  const total = firing.reduce((sum, span) => sum + span.to - span.from + STEP_S, 0);
  return (
    <figure>
      <svg
        class="alert-strip"
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Fired ${firing.length} times in the last day, ${shortLength(total)} in all`}
      >
        {spans.map((span, at) => (
          <rect
            key={at}
            class={span.state}
            x={place(span.from)}
            y={span.state === "firing" ? 0 : 5}
            width={Math.max(0.3, place(span.to + STEP_S) - place(span.from))}
            height={span.state === "firing" ? 10 : 5}
          >
            <title>{`${span.state} ${formatTime(span.from * 1000, zone.value)} to ${formatTime(span.to * 1000, zone.value)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption class="muted">
        Last day: fired {firing.length === 1 ? "once" : `${firing.length} times`},{" "}
        {shortLength(total)} in all (full height; half height: pending).
      </figcaption>
    </figure>
  );
}
