// Ad hoc filters of a dashboard: label, operator and value, added to every query of its panels.
// They stand in the address as `var-NAME=label|=|value`, as Grafana writes them.

import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { labelNames, labelValues } from "../api/prometheus";
import { useLoad } from "../app/load";
import { timeRange } from "../app/time";
import { Button } from "../components/button";
import { Icon } from "../components/icon";
import { type Filter, filterText, filtersOf, OPERATORS } from "../panels/adhoc";
import type { Variable } from "../panels/model";
import { useSession } from "./session";
import "./filters.css";
import "../components/field.css";

/** Suggestions of a list; typing narrows them in the browser. */
const OFFERED_MAX = 1000;
const NONE: readonly string[] = [];

export function Filters({ variable, label }: { variable: Variable; label: string }): JSX.Element {
  const session = useSession();
  const [isAdding, setAdding] = useState(false);
  const asked = session.variables.value.asked(variable.name);
  const filters = filtersOf(variable, asked);
  const put = (next: readonly Filter[]): void =>
    session.choose(variable.name, next.map(filterText));
  return (
    <div class="variable filters" role="group" aria-label={label || variable.name}>
      {label && <span class="variable-label">{label}</span>}
      {filters.map((filter, i) => (
        <span key={filterText(filter)} class="filter">
          <span class="clip">
            {filter.key} <span class="muted">{filter.operator}</span> {filter.value}
          </span>
          <button
            type="button"
            aria-label={`Remove the filter on ${filter.key}`}
            onClick={() => put(filters.filter((_one, at) => at !== i))}
          >
            <Icon name="close" size={11} />
          </button>
        </span>
      ))}
      {isAdding ? (
        <Adding
          add={(filter) => {
            put([...filters, filter]);
            setAdding(false);
          }}
          cancel={() => setAdding(false)}
        />
      ) : (
        <Button look="quiet" icon="plus" label="Add a filter" onClick={() => setAdding(true)} />
      )}
    </div>
  );
}

interface AddingProps {
  add: (filter: Filter) => void;
  cancel: () => void;
}

function Adding({ add, cancel }: AddingProps): JSX.Element {
  const [key, setKey] = useState("");
  const [operator, setOperator] = useState<string>("=");
  const [value, setValue] = useState("");
  const lists = useId();
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const { fromMs, toMs } = timeRange.peek();
  const within = { start: fromMs / 1000, end: toMs / 1000, limit: OFFERED_MAX };
  const { data: names = NONE } = useLoad((signal) => labelNames(within, { signal }), []);
  const { data: values = NONE } = useLoad(
    (signal) =>
      names.includes(key) ? labelValues(key, within, { signal }) : Promise.resolve<string[]>([]),
    [key, names.includes(key)],
  );
  const take = (event: Event): void => {
    event.preventDefault();
    if (key !== "") add({ key, operator, value });
  };
  return (
    <form
      class="filter-form"
      onSubmit={take}
      onKeyDown={(event) => event.key === "Escape" && cancel()}
    >
      <input
        class="input"
        aria-label="Label"
        placeholder="label"
        list={`${lists}-names`}
        value={key}
        ref={first}
        onInput={(event) => setKey(event.currentTarget.value)}
      />
      <datalist id={`${lists}-names`}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <select
        class="input"
        aria-label="Operator"
        value={operator}
        onChange={(event) => setOperator(event.currentTarget.value)}
      >
        {OPERATORS.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <input
        class="input"
        aria-label="Value"
        placeholder="value"
        list={`${lists}-values`}
        value={value}
        onInput={(event) => setValue(event.currentTarget.value)}
      />
      <datalist id={`${lists}-values`}>
        {values.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <button type="submit" class="button primary" disabled={key === ""}>
        Apply
      </button>
      <Button look="quiet" icon="close" label="Cancel" onClick={cancel} />
    </form>
  );
}
