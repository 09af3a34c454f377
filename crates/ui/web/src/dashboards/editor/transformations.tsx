// The transformations of a panel: in order, each with a form; what no form knows is edited as JSON.

import type { JSX } from "preact";
import { Button } from "../../components/button";
import { Checkbox, Field, Input, Select } from "../../components/field";
import type { Panel, Transformation } from "../../panels/model";
import { reducerIds, reducerName } from "../../panels/reduce";
import { transformIds } from "../../panels/transform";
import { AsJson } from "./links_form";
import { choices, type OptionsProps } from "./options_props";
import { Rows } from "./rows";
import { at, type FormField, FORMS, withAt } from "./transformation_forms";

const KNOWN = transformIds()
  .filter((id) => FORMS[id])
  .map((value) => ({ value, label: FORMS[value]!.name }));
const REDUCERS = reducerIds().map((value) => ({ value, label: reducerName(value) }));

type Options = Record<string, unknown>;

export function Transformations({ panel, change }: OptionsProps): JSX.Element {
  const list = panel.transformations ?? [];
  const put = (transformations: Transformation[]): void =>
    change((now): Panel => ({ ...now, transformations }));
  return (
    <div class="stack">
      <Rows
        what="transformation"
        rows={list}
        onChange={put}
        fresh={(): Transformation => ({ id: "organize", options: {} })}
        isOrdered
        render={(one, set) => <Form one={one} set={set} />}
      />
      <AsJson label="Transformations, in order" value={list} onChange={put} />
    </div>
  );
}

interface FormProps {
  one: Transformation;
  set: (one: Transformation) => void;
}

function Form({ one, set }: FormProps): JSX.Element {
  const form = FORMS[one.id];
  const listed = form ? KNOWN : [{ value: one.id, label: one.id }, ...KNOWN];
  const options = one.options ?? {};
  const put = (next: unknown): void => set({ ...one, options: next as Options });
  return (
    <>
      <div class="line">
        <Select
          label="Transformation"
          value={one.id}
          options={listed}
          onChange={(id) => set({ id, options: {} })}
        />
        <Checkbox
          isChecked={one.disabled !== true}
          onChange={(isOn) => set({ ...one, disabled: !isOn })}
        >
          on
        </Checkbox>
      </div>
      <div class="edit-form">
        {one.id === "organize" && <Organize options={options} put={put} />}
        {one.id === "groupBy" && <GroupBy options={options} put={put} />}
        {form?.fields.map((field) => (
          <Entry key={field.path.join(".")} field={field} options={options} put={put} />
        ))}
      </div>
      <AsJson label="Options" value={options} onChange={put} />
    </>
  );
}

interface EntryProps {
  field: FormField;
  options: Options;
  put: (options: unknown) => void;
}

function Entry({ field, options, put }: EntryProps): JSX.Element {
  const { path, label, kind } = field;
  const value = at(options, path);
  const set = (next: unknown): void => put(withAt(options, path, next));
  if (kind === "flag")
    return (
      <Checkbox isChecked={value === true} onChange={set}>
        {label}
      </Checkbox>
    );
  const text = Array.isArray(value) ? value.join(", ") : String(value ?? "");
  const list = (from: string): string[] | undefined => {
    const parts = from.split(",").map((part) => part.trim());
    return parts.some(Boolean) ? parts.filter(Boolean) : undefined;
  };
  const select = kind === "reducer" ? REDUCERS : choices(...(field.choices ?? []));
  return (
    <Field label={label}>
      {(id) =>
        kind === "choice" || kind === "reducer" ? (
          <Select id={id} value={text || select[0]!.value} options={select} onChange={set} />
        ) : (
          <Input
            id={id}
            type={kind === "number" ? "number" : "text"}
            value={text}
            placeholder={kind === "list" || kind === "reducers" ? "one, another" : ""}
            onInput={(from) => {
              if (kind === "number") set(from === "" ? undefined : Number(from));
              else if (kind === "text") set(from === "" ? undefined : from);
            }}
            extra={
              kind === "list" || kind === "reducers"
                ? { onChange: (event) => set(list(event.currentTarget.value)) }
                : {}
            }
          />
        )
      }
    </Field>
  );
}

interface PartProps {
  options: Options;
  put: (options: unknown) => void;
}

/** Names of fields that a transformation treats each in its own way, and a field to add one. */
function FieldNames({ names, add }: { names: readonly string[]; add: (name: string) => void }) {
  return (
    <Input
      label="Add a field"
      placeholder="add a field by its name"
      value=""
      onInput={() => undefined}
      extra={{
        onChange: (event) => {
          const name = event.currentTarget.value.trim();
          event.currentTarget.value = "";
          if (name !== "" && !names.includes(name)) add(name);
        },
      }}
    />
  );
}

/** Which fields are hidden and what they are called. */
function Organize({ options, put }: PartProps): JSX.Element {
  const part = (name: string): Record<string, unknown> =>
    (options[name] ?? {}) as Record<string, unknown>;
  const [hidden, renamed, order] = [
    part("excludeByName"),
    part("renameByName"),
    part("indexByName"),
  ];
  const names = [
    ...new Set([...Object.keys(order), ...Object.keys(renamed), ...Object.keys(hidden)]),
  ].sort((a, b) => Number(order[a] ?? 999) - Number(order[b] ?? 999));
  return (
    <>
      {names.map((name) => (
        <div key={name} class="edit-property">
          <span class="clip">{name}</span>
          <Input
            label={`New name of ${name}`}
            placeholder="new name"
            value={String(renamed[name] ?? "")}
            onInput={(text) => put(withAt(options, ["renameByName", name], text || undefined))}
          />
          <Checkbox
            isChecked={hidden[name] !== true}
            onChange={(isShown) => put(withAt(options, ["excludeByName", name], !isShown))}
          >
            shown
          </Checkbox>
        </div>
      ))}
      <FieldNames
        names={names}
        add={(name) => put(withAt(options, ["excludeByName", name], false))}
      />
    </>
  );
}

interface Group {
  operation?: string;
  aggregations?: string[];
}

/** Which fields make groups, and what becomes of the others. */
function GroupBy({ options, put }: PartProps): JSX.Element {
  const fields = (options.fields ?? {}) as Record<string, Group>;
  const set = (name: string, group: Group | undefined): void =>
    put(withAt(options, ["fields", name], group));
  return (
    <>
      {Object.entries(fields).map(([name, group]) => (
        <div key={name} class="edit-property">
          <span class="clip">{name}</span>
          <Select
            label={`What ${name} does`}
            value={group.operation === "groupby" ? "groupby" : (group.aggregations?.[0] ?? "")}
            options={[
              { value: "groupby", label: "makes groups" },
              { value: "", label: "is left out" },
              ...REDUCERS,
            ]}
            onChange={(how) =>
              set(
                name,
                how === "groupby"
                  ? { operation: "groupby", aggregations: [] }
                  : { operation: "aggregate", aggregations: how === "" ? [] : [how] },
              )
            }
          />
          <Button
            look="quiet"
            icon="close"
            label={`Remove ${name}`}
            onClick={() => set(name, undefined)}
          />
        </div>
      ))}
      <FieldNames
        names={Object.keys(fields)}
        add={(name) => set(name, { operation: "groupby", aggregations: [] })}
      />
    </>
  );
}
