// The list that a variable opens: search, choose one or several, or write a value of one's own.
// Its code is loaded with the first list.

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../components/icon";
import type { Variable, VariableOption } from "../panels/model";
import { ALL } from "../panels/variable_options";
import { useSession } from "./session";
import "./choices.css";
import "../components/field.css";

const SHOWN_MAX = 500;

export interface ChoicesProps {
  variable: Variable;
  options: readonly VariableOption[];
  values: readonly string[];
  close: () => void;
  error: Error | undefined;
}

export function Choices({ variable, options, values, close, error }: ChoicesProps): JSX.Element {
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
