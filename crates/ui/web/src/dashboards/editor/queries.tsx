// The queries of a panel: expression, legend, form, step; added, hidden and removed.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Field, Input, Select } from "../../components/field";
import { ExpressionField } from "../../expression/field";
import type { Panel, Target } from "../../panels/model";
import { nextRefId, withMember } from "./change";

export interface QueriesProps {
  panel: Panel;
  change: (next: (panel: Panel) => Panel) => void;
}

export function Queries({ panel, change }: QueriesProps): JSX.Element {
  const targets = panel.targets ?? [];
  const put = (next: Target[]): void => change((now) => ({ ...now, targets: next }));
  const add = (): void =>
    put([
      ...targets,
      {
        refId: nextRefId(targets.map((one) => one.refId)),
        expr: "",
        legendFormat: "__auto",
        range: true,
      },
    ]);
  return (
    <div>
      {targets.map((target, i) => (
        <Query
          key={target.refId}
          target={target}
          put={(next) => put(targets.map((one, at) => (at === i ? next : one)))}
          remove={() => put(targets.filter((_one, at) => at !== i))}
        />
      ))}
      <Button icon="plus" onClick={add}>
        Add a query
      </Button>
    </div>
  );
}

const FORMATS = [
  { value: "time_series", label: "Time series" },
  { value: "table", label: "Table" },
  { value: "heatmap", label: "Heatmap" },
];
const KINDS = [
  { value: "range", label: "Range" },
  { value: "instant", label: "Instant" },
  { value: "both", label: "Both" },
];

function Query({
  target,
  put,
  remove,
}: {
  target: Target;
  put: (target: Target) => void;
  remove: () => void;
}): JSX.Element {
  const set = (name: string, value: unknown): void => put(withMember(target, name, value));
  const kind = target.instant ? (target.range ? "both" : "instant") : "range";
  const setKind = (value: string): void =>
    put({ ...target, instant: value !== "range", range: value !== "instant" });
  return (
    <fieldset class="query-edit">
      <legend>
        <b>{target.refId}</b>
      </legend>
      <Expression target={target} put={(expr) => set("expr", expr)} />
      <div class="line">
        <Field label="Legend" hint="{{label}} or __auto">
          {(id) => (
            <Input
              id={id}
              value={target.legendFormat ?? ""}
              onInput={(value) => set("legendFormat", value)}
            />
          )}
        </Field>
        <Field label="Form">
          {(id) => (
            <Select
              id={id}
              value={target.format ?? "time_series"}
              options={FORMATS}
              onChange={(value) => set("format", value)}
            />
          )}
        </Field>
        <Field label="Type">
          {(id) => <Select id={id} value={kind} options={KINDS} onChange={setKind} />}
        </Field>
        <Field label="Least step">
          {(id) => (
            <Input
              id={id}
              value={target.interval ?? ""}
              placeholder="automatic"
              onInput={(value) => set("interval", value)}
            />
          )}
        </Field>
        <span class="grow" />
        <Button isPressed={target.hide === true} onClick={() => set("hide", !target.hide)}>
          {target.hide ? "Hidden" : "Hide"}
        </Button>
        <Button icon="trash" label={`Remove query ${target.refId}`} onClick={remove} />
      </div>
    </fieldset>
  );
}

/** The expression, with completion; it is asked when it is done: at enter, or when the field is left. */
function Expression({ target, put }: { target: Target; put: (expr: string) => void }): JSX.Element {
  const [draft, setDraft] = useState<string>();
  const finish = (): void => {
    if (draft !== undefined && draft !== (target.expr ?? "")) put(draft);
    setDraft(undefined);
  };
  return (
    <div onFocusOut={finish}>
      <ExpressionField
        text={draft ?? target.expr ?? ""}
        label={`Expression of query ${target.refId}`}
        isInvalid={false}
        isFirst={false}
        hasVariables
        onChange={setDraft}
        onRun={finish}
        onPast={() => undefined}
      />
    </div>
  );
}
