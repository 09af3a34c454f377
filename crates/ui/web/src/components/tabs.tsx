// Tabs: one of several views of the same thing. Arrows move between them.

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { nextChoice } from "./menu";
import "./tabs.css";

export interface Tab {
  readonly id: string;
  readonly label: string;
  /** A number beside the label. */
  readonly count?: number | undefined;
}

export interface TabsProps {
  readonly tabs: readonly Tab[];
  /** The one that is shown; belongs into the address. */
  readonly active: string;
  readonly onChange: (id: string) => void;
  readonly label: string;
  /** The view of the active tab. */
  readonly children: ComponentChildren;
}

export function Tabs({ tabs, active, onChange, label, children }: TabsProps): JSX.Element {
  const id = useId();
  const onKey = (event: KeyboardEvent) => {
    const key = { ArrowRight: "ArrowDown", ArrowLeft: "ArrowUp", Home: "Home", End: "End" }[
      event.key
    ];
    const to =
      key &&
      nextChoice(
        key,
        tabs.findIndex((tab) => tab.id === active),
        tabs.map((tab) => tab.label),
      );
    const tab = typeof to === "number" ? tabs[to] : undefined;
    if (!tab || !(event.currentTarget instanceof HTMLElement)) return;
    event.preventDefault();
    onChange(tab.id);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${CSS.escape(tab.id)}"]`)?.focus();
  };
  return (
    <div class="tabs">
      <div class="tab-list" role="tablist" aria-label={label} onKeyDown={onKey}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            data-tab={tab.id}
            id={`${id}-${tab.id}`}
            aria-controls={`${id}-panel`}
            aria-selected={tab.id === active}
            tabIndex={tab.id === active ? 0 : -1}
            onClick={() => onChange(tab.id)}
          >
            {tab.label}
            {tab.count !== undefined && <small class="muted">{tab.count}</small>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${active}`}>
        {children}
      </div>
    </div>
  );
}

export interface SwitchProps {
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label: string;
}

/** A choice between a few words that all stay visible. */
export function Switch({ options, value, onChange, label }: SwitchProps): JSX.Element {
  return (
    <div class="switch" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          class="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
