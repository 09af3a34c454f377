// Health: one number for everything that is watched, what costs it points, and what to do next.

import type { JSX } from "preact";
import { type BandChange, type Health, type HealthComponent, health } from "../../api/health";
import { useLoad } from "../../app/load";
import { href, param, prefix, setParams } from "../../app/route";
import { classes } from "../../components/button";
import { Badge, Empty, Loading, Mark, Problem } from "../../components/state";
import { PageHead } from "../parts/page_head";
import { RecentChart } from "../parts/recent_chart";
import { Score } from "../parts/score";
import { ago, clock } from "../parts/when";
import { type Cause, causes, isAddress, pieces, toneOf, worstFirst } from "./causes";
import "./health.css";

/** Causes that are listed before the rest is counted. */
const CAUSES_MAX = 12;
/** Changes that are listed. */
const CHANGES_MAX = 20;

export default function HealthPage(): JSX.Element {
  const { data, error, reload } = useLoad((signal) => health({ signal }), [], { everyMs: 5000 });
  return (
    <>
      <PageHead title="Health" note={data?.at && `judged ${ago(data.at)} ago`} />
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {!data && !error && <Loading what="the health of the system" />}
      {data && (
        <div class="health">
          <Score health={data} />
          <Next health={data} />
          <Components components={data.components} />
          <div class="health-past">
            <RecentChart
              title="Score in the last hour"
              query='flyball_health_score{component="system"}'
              unit="short"
            />
            <Changes changes={data.changes} components={data.components} />
          </div>
        </div>
      )}
    </>
  );
}

function Next({ health }: { readonly health: Health }): JSX.Element {
  const found = causes(health);
  if (health.at === null) {
    return (
      <Empty title="Nothing is judged yet.">
        The first answers of the <a href={href("/targets")}>targets</a> are on their way.
      </Empty>
    );
  }
  if (health.components.length === 0) {
    return (
      <Empty title="Nothing is watched yet.">
        Name targets in <code>prometheus.yml</code>, or services and probes in{" "}
        <code>flyball.yml</code>. <a href={href("/targets")}>Targets</a>
      </Empty>
    );
  }
  if (found.length === 0) {
    return (
      <Empty isGood title="Nothing to do.">
        No component lacks a point.
      </Empty>
    );
  }
  return (
    <section class="stack" aria-label="What to do next">
      <h2>What to do next</h2>
      <ol class="causes">
        {found.slice(0, CAUSES_MAX).map((cause, at) => (
          <li key={at}>
            <CauseView cause={cause} />
          </li>
        ))}
      </ol>
      {found.length > CAUSES_MAX && (
        <p class="muted">and {found.length - CAUSES_MAX} more, below by component</p>
      )}
    </section>
  );
}

function CauseView({ cause }: { readonly cause: Cause }): JSX.Element {
  const { component, deduction, suffering } = cause;
  const tone = deduction.kind === "unknown" ? "none" : deduction.points >= 30 ? "bad" : "warn";
  return (
    <article class={classes("card cause", tone)}>
      <div class="line">
        <Mark tone={tone} />
        <h3>
          {deduction.link ? (
            <a href={prefix + deduction.link}>{deduction.subject}</a>
          ) : (
            deduction.subject
          )}
        </h3>
        <span class="muted">{component ? component.title : "no component"}</span>
        <span class="grow" />
        <span class="muted cause-cost" title={clock(deduction.since)}>
          {deduction.points} points, for {ago(deduction.since)}
        </span>
      </div>
      {deduction.reason && <p class="cause-why">{deduction.reason}</p>}
      {deduction.remedy && (
        <p>
          <Remedy text={deduction.remedy} />
        </p>
      )}
      {suffering.length > 0 && <p class="muted">Suffering from it: {suffering.join(", ")}</p>}
      {component?.runbook && (
        <p>
          <a href={component.runbook}>Runbook of {component.title}</a>
        </p>
      )}
    </article>
  );
}

function Remedy({ text }: { readonly text: string }): JSX.Element {
  if (isAddress(text)) return <a href={text}>{text}</a>;
  return (
    <>{pieces(text).map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}</>
  );
}

function Components({
  components,
}: {
  readonly components: readonly HealthComponent[];
}): JSX.Element | null {
  if (components.length === 0) return null;
  return (
    <section class="stack" aria-label="Components">
      <h2>Components</h2>
      <ul class="components card">
        {worstFirst(components).map((component) => (
          <li key={component.name}>
            <ComponentView component={component} all={components} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ComponentViewProps {
  readonly component: HealthComponent;
  readonly all: readonly HealthComponent[];
}

function ComponentView({ component, all }: ComponentViewProps): JSX.Element {
  const { name, title, status, score, since, criticality, depends_on, subjects } = component;
  const isOpen = param("component") === name;
  const titleOf = (need: string) => all.find((one) => one.name === need)?.title ?? need;
  return (
    <details
      open={isOpen}
      onToggle={(event) => {
        const opens = event.currentTarget.open;
        if (opens !== isOpen) setParams({ component: opens ? name : null }, { replace: true });
      }}
    >
      <summary>
        <span class="component-score">{score ?? "?"}</span>
        <Badge tone={toneOf(status)}>{status}</Badge>
        <strong>{title}</strong>
        {criticality !== "normal" && <span class="muted">{criticality}</span>}
        <span class="component-worst muted clip">{component.deductions[0]?.subject}</span>
        <span class="muted component-since">{ago(since)}</span>
      </summary>
      <div class="component-more">
        <p class="muted">
          {subjects === 1 ? "1 target" : `${subjects} targets`}
          {depends_on.length > 0 && `; needs ${depends_on.map(titleOf).join(", ")}`}
        </p>
        <table>
          <thead>
            <tr>
              <th class="number">Points</th>
              <th>For</th>
              <th>Why</th>
              <th>Since</th>
            </tr>
          </thead>
          <tbody>
            {component.deductions.map((one, at) => (
              <tr key={at}>
                <td class="number">{one.points > 0 ? `-${one.points}` : 0}</td>
                <td>{one.subject}</td>
                <td>
                  {one.reason} {one.remedy && <Remedy text={one.remedy} />}
                </td>
                <td title={clock(one.since)}>{ago(one.since)}</td>
              </tr>
            ))}
            <tr>
              <td class="number">
                <b>{score ?? "?"}</b>
              </td>
              <td colSpan={3}>{score === null ? "nothing is known" : "left of 100"}</td>
            </tr>
          </tbody>
        </table>
      </div>
    </details>
  );
}

interface ChangesProps {
  readonly changes: readonly BandChange[];
  readonly components: readonly HealthComponent[];
}

function Changes({ changes, components }: ChangesProps): JSX.Element {
  const titleOf = (name: string) =>
    name === "system" ? "System" : (components.find((one) => one.name === name)?.title ?? name);
  return (
    <section class="card">
      <h2>What changed</h2>
      {changes.length === 0 && <p class="muted">Nothing since the start of the server.</p>}
      <ul class="health-changes">
        {changes.slice(0, CHANGES_MAX).map((change, at) => (
          <li key={at}>
            <time class="muted" dateTime={change.at} title={clock(change.at)}>
              {ago(change.at)} ago
            </time>
            <Badge tone={toneOf(change.to)}>{change.to}</Badge>
            <span>
              {titleOf(change.component)}
              {change.reason && <span class="muted"> {change.reason}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
