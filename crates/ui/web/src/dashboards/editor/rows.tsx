// A list that is edited row by row: each row a form, with buttons to remove, move and add.

import type { ComponentChildren, JSX } from "preact";
import { Button } from "../../components/button";
import "./editor.css";

export interface RowsProps<T> {
  /** What a row is: `mapping`, `link`. */
  what: string;
  rows: readonly T[];
  onChange: (rows: T[]) => void;
  /** A new row. */
  fresh: () => T;
  render: (row: T, put: (row: T) => void, place: number) => ComponentChildren;
  /** Rows whose order matters can be moved. */
  isOrdered?: boolean;
}

export function Rows<T>(props: RowsProps<T>): JSX.Element {
  const { what, rows, onChange, isOrdered = false } = props;
  const without = (place: number): T[] => rows.filter((_row, at) => at !== place);
  const lift = (place: number): void => {
    const next = without(place);
    next.splice(place - 1, 0, rows[place]!);
    onChange(next);
  };
  return (
    <div class="stack">
      {rows.map((row, place) => (
        <fieldset key={place} class="edit-row" aria-label={`${what} ${place + 1}`}>
          {props.render(row, (next) => onChange(rows.with(place, next)), place)}
          <span class="edit-row-acts">
            {isOrdered && place > 0 && (
              <Button
                look="quiet"
                icon="up"
                label={`Move ${what} ${place + 1} up`}
                onClick={() => lift(place)}
              />
            )}
            <Button
              look="quiet"
              icon="trash"
              label={`Remove ${what} ${place + 1}`}
              onClick={() => onChange(without(place))}
            />
          </span>
        </fieldset>
      ))}
      <span>
        <Button icon="plus" onClick={() => onChange([...rows, props.fresh()])}>
          Add {/^[aeiou]/.test(what) ? "an" : "a"} {what}
        </Button>
      </span>
    </div>
  );
}
