// The line above the content of a page: its name, what narrows it, what can be done.

import type { ComponentChildren, JSX } from "preact";
import { param, setParams } from "../../app/route";
import { Search } from "../../components/field";
import "./parts.css";

export interface PageHeadProps {
  readonly title: string;
  /** Beside the title: how many of what. */
  readonly note?: ComponentChildren;
  readonly children?: ComponentChildren;
}

export function PageHead({ title, note, children }: PageHeadProps): JSX.Element {
  return (
    <div class="page-head">
      <h1>{title}</h1>
      {note && <span class="muted page-note">{note}</span>}
      {children}
    </div>
  );
}

/** Narrows a list by words; they stand in the address as `search`. */
export function SearchParam({ label }: { readonly label: string }): JSX.Element {
  return (
    <Search
      value={param("search")}
      label={label}
      onInput={(search) => setParams({ search }, { replace: true })}
    />
  );
}

/** Does a text have all words of the search? Upper and lower case are the same. */
export function hasWords(text: string, search: string): boolean {
  const lower = text.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
