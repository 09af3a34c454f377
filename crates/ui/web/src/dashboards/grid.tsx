// The panels of a dashboard on its grid of 24 columns, with rows that open and close.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { param, setParams } from "../app/route";
import { Icon } from "../components/icon";
import { interpolate } from "../panels/interpolate";
import { fixedScope } from "../panels/macros";
import { lazyPart } from "../components/lazy";
import { ALL } from "../panels/variable_options";
import { layoutOf, type Placed } from "./layout";
import { PanelFrame } from "./panel_frame";
import { type Session, useSession } from "./session";

const Movable = lazyPart(() => import("./movable").then((module) => module.Movable));

/** Rows that the reader opened or closed, as the address has them. */
function toggledRows(): ReadonlySet<number> {
  return new Set(param("rows").split(",").filter(Boolean).map(Number));
}

/** Everything placed, for the variables and rows of the moment. */
export function usePlaced(session: Session): Placed[] {
  const { panels } = session.dashboard.value;
  const rows = param("rows");
  const used = [
    ...new Set(
      panels.flatMap((panel) => [
        panel.repeat,
        ...(panel.panels ?? []).map((inner) => inner.repeat),
      ]),
    ),
  ].filter((name): name is string => Boolean(name));
  const values = Object.fromEntries(used.map((name) => [name, valuesOf(session, name)]));
  return useMemo(
    () => layoutOf({ panels, toggled: toggledRows(), valuesOf: (name) => values[name] ?? [] }),
    [panels, rows, JSON.stringify(values)],
  );
}

function valuesOf(session: Session, name: string): { text: string; value: string }[] {
  const store = session.variables.value;
  const { options } = store.state(name);
  const values = store.values(name);
  if (values.includes(ALL)) return options.filter((option) => option.value !== ALL);
  return values.map((value) => ({
    value,
    text: options.find((option) => option.value === value)?.text ?? value,
  }));
}

export function Grid({ placed }: { placed: readonly Placed[] }): JSX.Element {
  const session = useSession();
  const isEditing = session.isEditing.value;
  return (
    <div class={isEditing ? "grid grid-editing" : "grid"}>
      {placed.map((one) => (
        <div key={one.key} class="grid-item" style={area(one)} data-key={one.key}>
          {one.panel.type === "row" ? <RowHead placed={one} /> : <PanelFrame placed={one} />}
          {isEditing && <Movable placed={one} />}
        </div>
      ))}
    </div>
  );
}

function area({ pos }: Placed): Record<string, string> {
  return { gridColumn: `${pos.x + 1} / span ${pos.w}`, gridRow: `${pos.y + 1} / span ${pos.h}` };
}

function RowHead({ placed }: { placed: Placed }): JSX.Element {
  const session = useSession();
  const { panel, isOpen, count = 0 } = placed;
  const title =
    interpolate(panel.title ?? "", session.scope(fixedScope(placed.fixed)), "text") || "Row";
  return (
    <h2 class="row-head">
      <button type="button" aria-expanded={isOpen} onClick={() => toggle(panel.id)}>
        <Icon name={isOpen ? "down" : "right"} size={14} />
        <span>{title}</span>
        {!isOpen && (
          <small class="muted">
            {count} {count === 1 ? "panel" : "panels"}
          </small>
        )}
      </button>
    </h2>
  );
}

function toggle(id: number): void {
  const rows = new Set(toggledRows());
  if (!rows.delete(id)) rows.add(id);
  setParams({ rows: [...rows].join(",") }, { replace: true });
}
