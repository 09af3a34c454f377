// What the relabelling rules of a job make of a target, rule by rule, and of a sample that it exposes.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Labels } from "../../api/prometheus";
import { type RelabelWay, relabelled } from "../../api/server";
import { useLoad } from "../../app/load";
import { Button, classes } from "../../components/button";
import { Field, Input } from "../../components/field";
import { Badge, Loading, Problem } from "../../components/state";
import { type Change, changesOf } from "./label_changes";
import "./relabel_steps.css";

export function RelabelSteps({
  job,
  labels,
}: {
  readonly job: string;
  readonly labels: Labels;
}): JSX.Element {
  const [metric, setMetric] = useState("");
  const { data, error, reload } = useLoad(
    (signal) => relabelled(job, labels, metric, { signal }),
    [job, JSON.stringify(labels), metric],
  );
  return (
    <section class="stack" aria-label="Relabelling">
      <h3>Relabelling, rule by rule</h3>
      {error && <Problem isSlim error={error} onRetry={reload} />}
      {!data && !error && <Loading what="the rules" />}
      {data?.target && <Way way={data.target} file={data.file} list="relabel_configs" />}
      {data?.target?.kept && <Sample onTry={setMetric} />}
      {data?.sample && <Way way={data.sample} file={data.file} list="metric_relabel_configs" />}
    </section>
  );
}

/** A sample to send through `metric_relabel_configs`. */
function Sample({ onTry }: { readonly onTry: (metric: string) => void }): JSX.Element {
  const [draft, setDraft] = useState("");
  return (
    <Field label="A sample of the target" hint='As name{label="value"}.'>
      {(id, about) => (
        <span class="line">
          <Input
            id={id}
            describedBy={about}
            value={draft}
            isMono
            placeholder={'http_requests_total{code="200"}'}
            onInput={setDraft}
            onEnter={() => onTry(draft.trim())}
          />
          <Button onClick={() => onTry(draft.trim())}>Try</Button>
        </span>
      )}
    </Field>
  );
}

interface WayProps {
  readonly way: RelabelWay;
  readonly file: string;
  readonly list: string;
}

function Way({ way, file, list }: WayProps): JSX.Element {
  if (way.steps.length === 0) return <p class="muted">The job has no {list}.</p>;
  return (
    <div>
      <ol class="relabel-steps" aria-label={list}>
        {stepsOf(way).map((step) => (
          <li key={step.line} class={classes(!step.isKept && "drops")}>
            <div class="line">
              <code>{step.rule}</code>
              {!step.isKept && <Badge tone="bad">drops it</Badge>}
              <small class="muted relabel-place">
                {file}:{step.line}
              </small>
            </div>
            {step.isKept && step.changes.length === 0 && <small class="muted">no change</small>}
            {step.changes.map((one) => (
              <div key={one.name} class={classes("mono", "relabel-change", one.what)}>
                {words(one)}
              </div>
            ))}
          </li>
        ))}
      </ol>
      {way.notApplied > 0 && (
        <p class="muted">
          {way.notApplied} {way.notApplied === 1 ? "rule behind it is" : "rules behind it are"} not
          asked.
        </p>
      )}
      {way.stored && (
        <p>
          <span class="muted">Stored as </span>
          <code>{`{${Object.entries(way.stored)
            .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
            .join(", ")}}`}</code>
        </p>
      )}
    </div>
  );
}

export interface Step {
  readonly line: number;
  readonly rule: string;
  readonly isKept: boolean;
  /** What the rule changed. */
  readonly changes: readonly Change[];
}

/** Steps with what each of them changed. */
export function stepsOf(way: RelabelWay): readonly Step[] {
  return way.steps.map(({ line, rule, kept, after }, at) => {
    const before = at === 0 ? way.before : (way.steps[at - 1]?.after ?? {});
    const changes = kept ? changesOf(before, after).filter((one) => one.what !== "kept") : [];
    return { line, rule, isKept: kept, changes };
  });
}

function words({ name, before, after }: Change): string {
  const quoted = (text: string | undefined) => JSON.stringify(text ?? "");
  if (after === undefined) return `− ${name}=${quoted(before)}`;
  if (before === undefined) return `+ ${name}=${quoted(after)}`;
  return `≠ ${name}=${quoted(after)}, was ${quoted(before)}`;
}
