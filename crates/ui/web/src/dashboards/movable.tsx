// Handles to move and resize a panel while the dashboard is edited: by mouse or with the arrow keys.

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "../components/icon";
import type { GridPos, Panel } from "../panels/model";
import { COLUMNS, type Placed } from "./layout";
import { type Session, useSession } from "./session";
import "./editor/editor.css";

const ROW_PX = 38;

export function Movable({ placed }: { placed: Placed }): JSX.Element {
  const session = useSession();
  const handle = useRef<HTMLButtonElement>(null);
  const start =
    (how: "move" | "size") =>
    (event: PointerEvent): void =>
      drag(event, how, placed, session);
  const keys =
    (how: "move" | "size") =>
    (event: KeyboardEvent): void => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
        event.key
      ];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      place(session, placed.panel.id, moved(placed.panel.gridPos, how, by[0]!, by[1]!));
    };
  return (
    <>
      <button
        ref={handle}
        type="button"
        class="grip grip-move"
        aria-label="Move (arrow keys)"
        onPointerDown={start("move")}
        onKeyDown={keys("move")}
      >
        <Icon name="drag" />
      </button>
      {placed.panel.type !== "row" && (
        <button
          type="button"
          class="grip grip-size"
          aria-label="Resize (arrow keys)"
          onPointerDown={start("size")}
          onKeyDown={keys("size")}
        />
      )}
    </>
  );
}

/** The place after moving or resizing by so many cells, kept on the grid. */
export function moved(pos: GridPos, how: "move" | "size", dx: number, dy: number): GridPos {
  const within = (value: number, low: number, high: number): number =>
    Math.min(high, Math.max(low, value));
  if (how === "size")
    return { ...pos, w: within(pos.w + dx, 2, COLUMNS - pos.x), h: Math.max(2, pos.h + dy) };
  return { ...pos, x: within(pos.x + dx, 0, COLUMNS - pos.w), y: Math.max(0, pos.y + dy) };
}

/** Others that would lie below the moved panel make way downwards, then everything moves up as far as it can. */
export function settled(panels: readonly Panel[], id: number): Panel[] {
  const held = panels.find((panel) => panel.id === id);
  const order = [...panels].sort(
    (a, b) =>
      a.gridPos.y - b.gridPos.y || (a.id === id ? -1 : b.id === id ? 1 : a.gridPos.x - b.gridPos.x),
  );
  const done: Panel[] = held ? [held] : [];
  for (const panel of order) {
    if (panel.id === id) continue;
    let { y } = panel.gridPos;
    for (let blocker = hit(done, panel, y); blocker; blocker = hit(done, panel, y))
      y = blocker.gridPos.y + blocker.gridPos.h;
    done.push(y === panel.gridPos.y ? panel : { ...panel, gridPos: { ...panel.gridPos, y } });
  }
  return compacted(panels.map((panel) => done.find((one) => one.id === panel.id) ?? panel));
}

function hit(
  done: readonly Panel[],
  { id, gridPos: { x, w, h } }: Panel,
  y: number,
): Panel | undefined {
  return done.find(
    ({ id: other, gridPos: one }) =>
      other !== id && x < one.x + one.w && one.x < x + w && y < one.y + one.h && one.y < y + h,
  );
}

function compacted(panels: readonly Panel[]): Panel[] {
  const done: Panel[] = [];
  for (const panel of [...panels].sort(
    (a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x,
  )) {
    // A row's panels stay below it.
    const floor = done.reduce(
      (low, one) =>
        one.type === "row" || panel.type === "row"
          ? Math.max(low, one.gridPos.y + one.gridPos.h)
          : low,
      0,
    );
    let { y } = panel.gridPos;
    while (y > floor && !hit(done, panel, y - 1)) y--;
    done.push({ ...panel, gridPos: { ...panel.gridPos, y } });
  }
  return panels.map((panel) => done.find((one) => one.id === panel.id)!);
}

function place(session: Session, id: number, gridPos: GridPos): void {
  session.change((dashboard) => {
    const change = (panels: readonly Panel[]): Panel[] =>
      panels.some((panel) => panel.id === id)
        ? settled(
            panels.map((panel) => (panel.id === id ? { ...panel, gridPos } : panel)),
            id,
          )
        : panels.map((panel) =>
            panel.panels ? { ...panel, panels: change(panel.panels) } : panel,
          );
    return { ...dashboard, panels: change(dashboard.panels) };
  });
}

function drag(event: PointerEvent, how: "move" | "size", placed: Placed, session: Session): void {
  const button = event.currentTarget as HTMLElement;
  const grid = button.closest<HTMLElement>(".grid");
  if (!grid || event.button !== 0) return;
  event.preventDefault();
  button.setPointerCapture(event.pointerId);
  const cell = { width: grid.clientWidth / COLUMNS, height: ROW_PX };
  const from = { x: event.clientX, y: event.clientY, pos: placed.panel.gridPos };
  let last = "";
  const move = (now: PointerEvent): void => {
    const dx = Math.round((now.clientX - from.x) / cell.width);
    const dy = Math.round((now.clientY - from.y) / cell.height);
    if (last === `${dx},${dy}`) return;
    last = `${dx},${dy}`;
    place(session, placed.panel.id, moved(from.pos, how, dx, dy));
  };
  const end = (): void => {
    button.removeEventListener("pointermove", move);
    button.removeEventListener("pointerup", end);
    button.removeEventListener("pointercancel", end);
  };
  button.addEventListener("pointermove", move);
  button.addEventListener("pointerup", end);
  button.addEventListener("pointercancel", end);
}
