// What long lists of rows have in common: how many are in which state, and heads that fold groups.

import type { ComponentChildren, JSX } from "preact";
import { param, setParams } from "../../app/route";
import { Icon } from "../../components/icon";
import { Mark, type Tone } from "../../components/state";
import "./rows.css";

export interface StateCountsProps<S extends string> {
  readonly states: readonly S[];
  readonly counts: Readonly<Record<S, number>>;
  readonly tones: Readonly<Record<S, Tone>>;
  /** Parameter of the address with the chosen state. */
  readonly name?: string;
}

/** How many are in each state; a click narrows the list to one, another widens it again. */
export function StateCounts<S extends string>(props: StateCountsProps<S>): JSX.Element {
  const { states, counts, tones, name = "state" } = props;
  const active = param(name);
  return (
    <span class="line state-counts">
      {states.map((state) => (
        <button
          key={state}
          type="button"
          class="button quiet"
          aria-pressed={active === state}
          onClick={() => setParams({ [name]: active === state ? null : state })}
        >
          <Mark tone={counts[state] > 0 ? tones[state] : "none"} />
          {counts[state].toLocaleString("en-US")} {state}
        </button>
      ))}
    </span>
  );
}

export interface GroupHeadProps {
  /** Tells the group from the others, in the address too. */
  readonly id: string;
  readonly isOpen: boolean;
  readonly children: ComponentChildren;
  /** At the right edge, where there is room. */
  readonly end?: ComponentChildren;
}

/** The head of a group of rows; closes and opens it. */
export function GroupHead({ id, isOpen, children, end }: GroupHeadProps): JSX.Element {
  return (
    <div class="group-head">
      <button
        type="button"
        class="group-fold"
        aria-expanded={isOpen}
        aria-label={`${isOpen ? "Close" : "Open"} the group ${id}`}
        onClick={() => toggleGroup(id)}
      >
        <Icon name={isOpen ? "down" : "right"} size={12} />
      </button>
      {children}
      {end && <span class="group-end">{end}</span>}
    </div>
  );
}

/** Groups that the address says are closed. */
export function closedGroups(closed: string): ReadonlySet<string> {
  return new Set(closed.split("|").filter((one) => one !== ""));
}

function toggleGroup(id: string): void {
  const closed = new Set(closedGroups(param("closed")));
  if (!closed.delete(id)) closed.add(id);
  setParams({ closed: [...closed].join("|") }, { replace: true });
}
