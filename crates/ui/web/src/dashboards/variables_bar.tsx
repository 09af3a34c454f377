// The line of variables above the panels: a choice each, several at once where allowed, text, filters.
// A choice goes into the address. Closed dropdowns load nothing.

import type { JSX } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { Icon } from "../components/icon";
import { useAway } from "../components/menu";
import type { Variable, VariableOption } from "../panels/model";
import { lazyPart } from "../components/lazy";
import { ALL } from "../panels/variable_options";
import { flip, isOn, queriesOf } from "./annotations";
import { useSession } from "./session";

const Filters = lazyPart(() => import("./filters").then((module) => module.Filters));
const Choices = lazyPart(() => import("./choices").then((module) => module.Choices));

export function VariablesBar(): JSX.Element | null {
  const session = useSession();
  const store = session.variables.value;
  const shown = store.variables.filter(
    (variable) =>
      variable.hide !== 2 &&
      variable.type !== "constant" &&
      !(variable.type === "datasource" && store.state(variable.name).options.length < 2),
  );
  const annotations = queriesOf(session.dashboard.value).filter((query) => !query.hide);
  if (shown.length === 0 && annotations.length === 0) return null;
  return (
    <div class="variables no-print" role="group" aria-label="Variables">
      {shown.map((variable) => (
        <Control key={variable.name} variable={variable} />
      ))}
      {annotations.map((query) => (
        <label key={query.name} class="variable">
          <input type="checkbox" checked={isOn(query)} onChange={() => flip(query)} />
          <span>{query.name}</span>
        </label>
      ))}
    </div>
  );
}

function Control({ variable }: { variable: Variable }): JSX.Element {
  const label = variable.hide === 1 ? "" : variable.label || variable.name;
  if (variable.type === "textbox") return <TextControl variable={variable} label={label} />;
  if (variable.type === "adhoc") return <Filters variable={variable} label={label} />;
  return <Picker variable={variable} label={label} />;
}

interface ControlProps {
  variable: Variable;
  label: string;
}

function TextControl({ variable, label }: ControlProps): JSX.Element {
  const session = useSession();
  const [value] = session.variables.value.values(variable.name);
  return (
    <label class="variable">
      {label && <span class="variable-label">{label}</span>}
      <input
        type="text"
        class="input"
        value={value ?? ""}
        aria-label={label || variable.name}
        onChange={(event) => session.choose(variable.name, [event.currentTarget.value])}
      />
    </label>
  );
}

function Picker({ variable, label }: ControlProps): JSX.Element {
  const session = useSession();
  const store = session.variables.value;
  const { status, error, options } = store.state(variable.name);
  const values = store.values(variable.name);
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  useAway(root, isOpen, () => setOpen(false));
  const close = (): void => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  return (
    <div class="variable" ref={root}>
      {label && (
        <span class="variable-label" id={`${id}-label`} title={variable.description ?? undefined}>
          {label}
        </span>
      )}
      <button
        type="button"
        class="variable-button"
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        data-variable={variable.name}
        aria-label={`${label || variable.name}: ${textOf(values, options)}`}
        onClick={() => setOpen(!isOpen)}
      >
        <span class="clip">{textOf(values, options)}</span>
        {status === "loading" && <span class="spinner" />}
        {error && (
          <span title={error.message}>
            <Icon name="warning" size={13} />
          </span>
        )}
        <Icon name="down" size={12} />
      </button>
      {isOpen && (
        <Choices
          variable={variable}
          options={options}
          values={values}
          close={close}
          error={error}
        />
      )}
    </div>
  );
}

function textOf(values: readonly string[], options: readonly VariableOption[]): string {
  if (values.length === 0) return "None";
  return values
    .map((value) =>
      value === ALL ? "All" : (options.find((option) => option.value === value)?.text ?? value),
    )
    .join(" + ");
}
