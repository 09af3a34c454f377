// Makes an alert rule of an expression: kept by the server, evaluated from its next turn on.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, getJson, sendJson } from "../../api/client";
import { asError } from "../../app/load";
import { href } from "../../app/route";
import { Button, ButtonLink } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Field, Input, Select } from "../../components/field";
import { Empty, Problem } from "../../components/state";
import { parseDuration } from "../../format/durations";

interface Draft {
  readonly namespace: string;
  readonly name: string;
  readonly expr: string;
  readonly wait: string;
  readonly severity: string;
  readonly summary: string;
}

const SEVERITIES = ["critical", "high", "warning", "medium", "low", "info"].map((value) => ({
  value,
  label: value,
}));

export interface RuleDialogProps {
  readonly expr: string;
  readonly onClose: () => void;
}

export function RuleDialog({ expr, onClose }: RuleDialogProps): JSX.Element {
  const [draft, setDraft] = useState<Draft>({
    namespace: "explore",
    name: "",
    expr,
    wait: "5m",
    severity: "warning",
    summary: "",
  });
  const [error, setError] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const set = (patch: Partial<Draft>) => setDraft({ ...draft, ...patch });
  const wrong = complaint(draft);
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await create(draft);
      setDone(true);
    } catch (thrown) {
      setError(asError(thrown));
    } finally {
      setBusy(false);
    }
  };
  if (isDone) {
    return (
      <Dialog
        title="New alert rule"
        onClose={onClose}
        footer={
          <ButtonLink href={href("/rules", { search: draft.name })} look="primary">
            Show the rule
          </ButtonLink>
        }
      >
        <Empty isGood title={`${draft.name} is kept.`}>
          It is evaluated from the next turn of its group on.
        </Empty>
      </Dialog>
    );
  }
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button
        look="primary"
        isDisabled={wrong !== undefined}
        isBusy={isBusy}
        onClick={() => void submit()}
      >
        Create the rule
      </Button>
    </>
  );
  return (
    <Dialog title="New alert rule" onClose={onClose} footer={footer}>
      <div class="stack">
        {error && <Problem isSlim error={error} />}
        <Field
          label="Expression"
          hint="The alert fires for every series of the answer; compare with a threshold, such as > 0.9."
        >
          {(id, about) => (
            <textarea
              id={id}
              aria-describedby={about}
              class="input mono"
              rows={3}
              value={draft.expr}
              onInput={(event) => set({ expr: event.currentTarget.value })}
            />
          )}
        </Field>
        <div class="explore-pair">
          <Field label="Name of the alert">
            {(id) => (
              <Input
                id={id}
                value={draft.name}
                onInput={(name) => set({ name })}
                placeholder="HighErrorRate"
              />
            )}
          </Field>
          <Field
            label="Fires after"
            error={
              parseDuration(draft.wait) === undefined
                ? "expected a duration, such as 5m"
                : undefined
            }
          >
            {(id, about) => (
              <Input
                id={id}
                describedBy={about}
                value={draft.wait}
                onInput={(wait) => set({ wait })}
              />
            )}
          </Field>
          <Field label="Severity">
            {(id) => (
              <Select
                id={id}
                value={draft.severity}
                options={SEVERITIES}
                onChange={(severity) => set({ severity })}
              />
            )}
          </Field>
          <Field label="Namespace" hint="A file of rules that the server keeps.">
            {(id, about) => (
              <Input
                id={id}
                describedBy={about}
                value={draft.namespace}
                onInput={(namespace) => set({ namespace })}
              />
            )}
          </Field>
        </div>
        <Field
          label="Summary"
          hint="For people; {{ $value }} and {{ $labels.instance }} are filled in."
        >
          {(id, about) => (
            <Input
              id={id}
              describedBy={about}
              value={draft.summary}
              onInput={(summary) => set({ summary })}
            />
          )}
        </Field>
        {wrong && <small class="muted">{wrong}</small>}
      </div>
    </Dialog>
  );
}

function complaint({ name, namespace, expr, wait }: Draft): string | undefined {
  if (name.trim() === "") return "The alert needs a name.";
  if (namespace.trim() === "") return "The namespace needs a name.";
  if (expr.trim() === "") return "There is no expression.";
  return parseDuration(wait) === undefined ? "The wait is not a duration." : undefined;
}

/** A group of its own per rule, so that nothing else is replaced. JSON is YAML. */
async function create({ namespace, name, expr, wait, severity, summary }: Draft): Promise<void> {
  const space = `config/v1/rules/${encodeURIComponent(namespace)}`;
  if (await exists(`${space}/${encodeURIComponent(name)}`)) {
    throw new ApiError(
      "Not created",
      `${namespace} has a group ${name} already; choose another name.`,
      409,
    );
  }
  const rule = {
    alert: name,
    expr,
    for: wait,
    labels: { severity },
    ...(summary ? { annotations: { summary } } : {}),
  };
  await sendJson("POST", space, { name, rules: [rule] });
}

async function exists(path: string): Promise<boolean> {
  try {
    await getJson(path);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false;
    throw error;
  }
}
