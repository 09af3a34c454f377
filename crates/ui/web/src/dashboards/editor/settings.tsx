// Settings of a dashboard: general, variables, annotations and links, the whole JSON.

import type { JSX } from "preact";
import { param, setParams } from "../../app/route";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Checkbox, Field, Input, Select } from "../../components/field";
import { Tabs } from "../../components/tabs";
import type { Dashboard, Variable } from "../../panels/model";
import { queryText } from "../../panels/variable_options";
import type { Session } from "../session";
import { AnnotationsForm } from "./annotations_form";
import { withMember } from "./change";
import { DashboardLinksForm } from "./dashboard_links_form";
import { JsonField } from "./json_field";
import "./editor.css";

const TABS = [
  { id: "general", label: "General" },
  { id: "variables", label: "Variables" },
  { id: "links", label: "Annotations and links" },
  { id: "json", label: "JSON" },
];

/** Where Grafana's `editview` has a page of its own. */
const OF_GRAFANA: Readonly<Record<string, string>> = {
  "variables": "variables",
  "templating": "variables",
  "annotations": "links",
  "links": "links",
  "json-model": "json",
  "dashboard_json": "json",
};

export function Settings({
  session,
  onClose,
}: {
  session: Session;
  onClose: () => void;
}): JSX.Element {
  const tab = param("tab") || OF_GRAFANA[param("editview")] || "general";
  const setTab = (id: string): void => setParams({ tab: id }, { replace: true });
  return (
    <Dialog
      title="Settings"
      size="large"
      onClose={onClose}
      footer={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Tabs tabs={TABS} active={tab} onChange={setTab} label="Settings">
        {tab === "general" ? (
          <General session={session} />
        ) : tab === "variables" ? (
          <Variables session={session} />
        ) : tab === "links" ? (
          <Links session={session} />
        ) : (
          <JsonField
            label="The whole dashboard"
            rows={26}
            value={session.dashboard.value}
            onChange={(value: Dashboard) =>
              session.change(() => ({ ...value, panels: value.panels ?? [] }))
            }
          />
        )}
      </Tabs>
    </Dialog>
  );
}

function General({ session }: { session: Session }): JSX.Element {
  const dashboard = session.dashboard.value;
  const set = (name: string, value: unknown): void =>
    session.change((now) => withMember(now, name, value));
  return (
    <div class="stack">
      <Field label="Title">
        {(id) => <Input id={id} value={dashboard.title} onInput={(value) => set("title", value)} />}
      </Field>
      <Field label="Description">
        {(id) => (
          <Input
            id={id}
            value={dashboard.description ?? ""}
            onInput={(value) => set("description", value)}
          />
        )}
      </Field>
      <Field label="Tags" hint="Separated by commas">
        {(id) => (
          <Input
            id={id}
            value={(dashboard.tags ?? []).join(", ")}
            onInput={(value) =>
              set(
                "tags",
                value
                  .split(",")
                  .map((tag) => tag.trim())
                  .filter(Boolean),
              )
            }
          />
        )}
      </Field>
      <Field label="From">
        {(id) => (
          <Input
            id={id}
            value={dashboard.time?.from ?? "now-6h"}
            onInput={(from) => set("time", { to: "now", ...dashboard.time, from })}
          />
        )}
      </Field>
      <Field label="To">
        {(id) => (
          <Input
            id={id}
            value={dashboard.time?.to ?? "now"}
            onInput={(to) => set("time", { from: "now-6h", ...dashboard.time, to })}
          />
        )}
      </Field>
      <Field label="Refresh" hint="10s, 1m, ...; empty is never">
        {(id) => (
          <Input
            id={id}
            value={typeof dashboard.refresh === "string" ? dashboard.refresh : ""}
            onInput={(value) => set("refresh", value)}
          />
        )}
      </Field>
      <Field label="Crosshair">
        {(id) => (
          <Select
            id={id}
            value={String(dashboard.graphTooltip ?? 0)}
            onChange={(value) => set("graphTooltip", Number(value))}
            options={[
              { value: "0", label: "Each panel its own" },
              { value: "1", label: "Shared by all panels" },
              { value: "2", label: "Shared, with what it says" },
            ]}
          />
        )}
      </Field>
    </div>
  );
}

const TYPES = ["query", "custom", "interval", "textbox", "constant", "datasource"].map((value) => ({
  value,
  label: value,
}));

function Variables({ session }: { session: Session }): JSX.Element {
  const list = session.dashboard.value.templating?.list ?? [];
  const change = (next: Variable[]): void =>
    session.change((now) => ({ ...now, templating: { ...now.templating, list: next } }));
  const put = (at: number, variable: Variable): void =>
    change(list.map((one, i) => (i === at ? variable : one)));
  const add = (): void =>
    change([
      ...list,
      {
        name: `var${list.length + 1}`,
        type: "query",
        query: "label_values(up, instance)",
        refresh: 1,
        sort: 1,
      },
    ]);
  return (
    <div class="stack">
      {list.map((variable, i) => (
        <VariableForm
          key={i}
          variable={variable}
          put={(next) => put(i, next)}
          remove={() => change(list.filter((_one, at) => at !== i))}
        />
      ))}
      <div>
        <Button icon="plus" onClick={add}>
          Add a variable
        </Button>
      </div>
    </div>
  );
}

interface VariableFormProps {
  variable: Variable;
  put: (variable: Variable) => void;
  remove: () => void;
}

function VariableForm({ variable, put, remove }: VariableFormProps): JSX.Element {
  const set = (name: string, value: unknown): void => put(withMember(variable, name, value));
  return (
    <details class="card" open={variable.name.startsWith("var")}>
      <summary>
        <b>{variable.name}</b>{" "}
        <span class="muted">
          {variable.type} {queryText(variable)}
        </span>
      </summary>
      <div class="stack">
        <Field label="Name">
          {(id) => (
            <Input
              id={id}
              value={variable.name}
              onInput={(value) => set("name", value.replace(/\W/g, ""))}
            />
          )}
        </Field>
        <Field label="Label">
          {(id) => (
            <Input id={id} value={variable.label ?? ""} onInput={(value) => set("label", value)} />
          )}
        </Field>
        <Field label="Type">
          {(id) => (
            <Select
              id={id}
              value={variable.type}
              options={TYPES}
              onChange={(value) => set("type", value)}
            />
          )}
        </Field>
        <Field
          label="Query"
          hint="label_values(metric, label), query_result(expr), or values separated by commas"
        >
          {(id) => (
            <Input
              id={id}
              isMono
              value={queryText(variable)}
              onInput={(value) => set("query", value)}
            />
          )}
        </Field>
        <Field label="Regex">
          {(id) => (
            <Input
              id={id}
              isMono
              value={variable.regex ?? ""}
              onInput={(value) => set("regex", value)}
            />
          )}
        </Field>
        <div class="line">
          <Checkbox isChecked={variable.multi === true} onChange={(value) => set("multi", value)}>
            Several values
          </Checkbox>
          <Checkbox
            isChecked={variable.includeAll === true}
            onChange={(value) => set("includeAll", value)}
          >
            Offer All
          </Checkbox>
          <Checkbox
            isChecked={variable.refresh === 2}
            onChange={(value) => set("refresh", value ? 2 : 1)}
          >
            Ask again when the time changes
          </Checkbox>
          <span class="grow" />
          <Button icon="trash" look="danger" onClick={remove}>
            Remove
          </Button>
        </div>
      </div>
    </details>
  );
}

function Links({ session }: { session: Session }): JSX.Element {
  return (
    <div class="stack">
      <AnnotationsForm session={session} />
      <DashboardLinksForm session={session} />
    </div>
  );
}
