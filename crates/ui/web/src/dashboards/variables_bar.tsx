// The line of variables above the panels: a choice each, several at once where allowed, text, filters.
// A choice goes into the address. Closed dropdowns load nothing.

import type { JSX } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { setParams } from "../app/route";
import { Icon } from "../components/icon";
import { useAway } from "../components/menu";
import type { Variable, VariableOption } from "../panels/model";
import { ALL } from "../panels/variable_options";
import { activeQueries, switchedOff } from "./annotations";
import { useSession } from "./session";

const SHOWN_MAX = 500;

export function VariablesBar(): JSX.Element | null {
  const session = useSession();
  const store = session.variables.value;
  const shown = store.variables.filter(
    (variable) =>
      variable.hide !== 2 &&
      variable.type !== "constant" &&
      !(variable.type === "datasource" && store.state(variable.name).options.length < 2),
  );
  const annotations = (session.dashboard.value.annotations?.list ?? []).filter(
    (query) => !query.builtIn && !query.hide && query.enable !== false,
  );
  if (shown.length === 0 && annotations.length === 0) return null;
  return (
    <div class="variables no-print" role="group" aria-label="Variables">
      {shown.map((variable) => (
        <Control key={variable.name} variable={variable} />
      ))}
      {annotations.map((query) => (
        <AnnotationSwitch
          key={query.name}
          name={query.name}
          all={annotations.map((one) => one.name)}
        />
      ))}
    </div>
  );
}

function AnnotationSwitch({ name }: { name: string; all: readonly string[] }): JSX.Element {
  const off = switchedOff();
  const isOn = activeQueries([{ name }], off).length > 0;
  const flip = (): void =>
    setParams({
      hideAnnotations: (isOn ? [...off, name] : off.filter((one) => one !== name)).join(","),
    });
  return (
    <label class="variable">
      <input type="checkbox" checked={isOn} onChange={flip} />
      <span>{name}</span>
    </label>
  );
}

function Control({ variable }: { variable: Variable }): JSX.Element {
  const label = variable.hide === 1 ? "" : variable.label || variable.name;
  if (variable.type === "textbox") return <TextControl variable={variable} label={label} />;
  if (variable.type === "adhoc")
    return (
      <p class="variable muted" title="Filters on any label are kept, but not applied here">
        {label}: filters are not applied
      </p>
    );
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

interface ChoicesProps {
  variable: Variable;
  options: readonly VariableOption[];
  values: readonly string[];
  close: () => void;
  error: Error | undefined;
}

function Choices({ variable, options, values, close, error }: ChoicesProps): JSX.Element {
  const session = useSession();
  const [text, setText] = useState("");
  const [picked, setPicked] = useState<readonly string[]>(values);
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const offered = useMemo(() => offer(variable, options, text), [variable, options, text]);
  const finish = (chosen: readonly string[]): void => {
    close();
    session.choose(variable.name, chosen);
  };
  const pick = (value: string): void => {
    if (!variable.multi) return finish([value]);
    setPicked(toggled(picked, value));
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((now) => Math.min(offered.length - 1, Math.max(0, now + step)));
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && variable.multi && (event.ctrlKey || offered.length === 0))
      finish(picked);
    else if (event.key === "Enter") pick(offered[at]?.value ?? text);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="choices" onKeyDown={onKey} onMouseDown={keepFocus}>
      <input
        ref={input}
        class="input"
        type="search"
        placeholder="Search or enter a value"
        value={text}
        role="combobox"
        aria-expanded="true"
        aria-controls={`${variable.name}-list`}
        aria-label={`Search ${variable.name}`}
        aria-activedescendant={offered[at] ? `${variable.name}-${at}` : undefined}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
      />
      {error && <p class="panel-problem">{error.message}</p>}
      <ul
        role="listbox"
        id={`${variable.name}-list`}
        aria-label={variable.name}
        aria-multiselectable={variable.multi === true}
      >
        {offered.slice(0, SHOWN_MAX).map((option, i) => (
          <li
            key={option.value}
            id={`${variable.name}-${i}`}
            role="option"
            aria-selected={picked.includes(option.value)}
            class={i === at ? "choice choice-at" : "choice"}
            onClick={() => pick(option.value)}
          >
            {variable.multi && (
              <span class="choice-box">
                {picked.includes(option.value) && <Icon name="check" size={11} />}
              </span>
            )}
            <span class="clip">{option.text}</span>
          </li>
        ))}
        {offered.length === 0 && (
          <li class="choice muted" role="option" aria-selected={false}>
            No values
          </li>
        )}
        {offered.length > SHOWN_MAX && (
          <li class="choice muted" role="option" aria-selected={false}>
            {offered.length - SHOWN_MAX} more: search to narrow
          </li>
        )}
      </ul>
      {variable.multi && (
        <button type="button" class="button primary" onClick={() => finish(picked)}>
          Apply
        </button>
      )}
    </div>
  );
}

/** A press on a choice must not take the focus from the search: that would close the list. */
function keepFocus(event: MouseEvent): void {
  if (!(event.target instanceof HTMLInputElement)) event.preventDefault();
}

/** What fits the text; "All" first; the text itself as a value of its own. */
export function offer(
  variable: Variable,
  options: readonly VariableOption[],
  text: string,
): VariableOption[] {
  const wanted = text.toLowerCase();
  const all = variable.includeAll ? [{ text: "All", value: ALL }] : [];
  const found = [...all, ...options].filter((option) => option.text.toLowerCase().includes(wanted));
  const isOwn =
    text !== "" &&
    variable.allowCustomValue !== false &&
    !options.some((option) => option.text === text);
  return isOwn ? [...found, { text, value: text }] : found;
}

/** A choice added or taken back; "All" stands alone. */
export function toggled(values: readonly string[], value: string): string[] {
  if (value === ALL) return [ALL];
  const rest = values.filter((one) => one !== ALL);
  const next = rest.includes(value) ? rest.filter((one) => one !== value) : [...rest, value];
  return next;
}
