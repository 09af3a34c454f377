// The health of everything as one number, with its worst reason; on its own page and at home.

import type { JSX } from "preact";
import type { Health } from "../../api/health";
import { classes } from "../../components/button";
import { Badge } from "../../components/state";
import { toneOf } from "../health/causes";
import { ago, clock } from "./when";
import "./score.css";

export interface ScoreProps {
  readonly health: Health;
  /** Where the number leads; nothing on the page that it leads to. */
  readonly to?: string;
}

/** The number, the word and the worst reason. */
export function Score({ health, to }: ScoreProps): JSX.Element {
  const tone = toneOf(health.status);
  return (
    <section class={classes("card health-whole", tone)} aria-label="The whole system">
      <div class="health-score">
        <strong>{health.score ?? "?"}</strong>
        <span class="muted">of 100</span>
      </div>
      <div class="grow">
        <div class="line">
          <Badge tone={tone}>{health.status}</Badge>
          {to && <a href={to}>Health: all reasons</a>}
          {health.since && (
            <span class="muted" title={clock(health.since)}>
              for {ago(health.since)}
            </span>
          )}
        </div>
        <p class="health-summary">{health.summary}</p>
        <Spent health={health} />
      </div>
    </section>
  );
}

/** Where the points went, as one bar: what is left, then each deduction. */
function Spent({ health }: { readonly health: Health }): JSX.Element | null {
  if (health.score === null) return null;
  const parts = health.deductions.filter((one) => one.points > 0);
  return (
    <div class="spent" aria-hidden="true">
      <i class={toneOf(health.status)} style={{ width: `${health.score}%` }} />
      {parts.map((one, at) => (
        <i
          key={at}
          class="lost"
          style={{ width: `${one.points}%` }}
          title={`${one.subject}: ${one.points} points`}
        />
      ))}
    </div>
  );
}
