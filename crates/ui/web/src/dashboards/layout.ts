// Where panels stand: rows open or closed, repeats of rows and panels, gaps closed.
// From the dashboard's grid positions to those on the page. Pure.

import type { Value } from "../panels/interpolate";
import type { GridPos, Panel } from "../panels/model";

export const COLUMNS = 24;
const REPEATS_MAX = 100;

export interface Placed {
  /** Unique on the page, also among repeats. */
  key: string;
  panel: Panel;
  pos: GridPos;
  /** Variables that have one value in this repeat. */
  fixed: Record<string, Value>;
  /** Which repeat of the panel this is. */
  repeat: number;
  /** Rows only: are its panels shown, and how many are there? */
  isOpen?: boolean;
  count?: number;
}

export interface LayoutInput {
  panels: readonly Panel[];
  /** Ids of rows that the reader opened or closed. */
  toggled: ReadonlySet<number>;
  /** The values of a variable by which something is repeated. */
  valuesOf: (variable: string) => readonly { text: string; value: string }[];
}

interface Section {
  row: Panel | undefined;
  panels: readonly Panel[];
}

/** All rows and panels from top to bottom. */
export function layoutOf(input: LayoutInput): Placed[] {
  const placed: Placed[] = [];
  let y = 0;
  for (const section of sectionsOf(input.panels)) {
    for (const [copy, fixed] of copiesOf(section.row?.repeat, input)) {
      y = placeSection(section, { y, copy, fixed, input, placed });
    }
  }
  return placed;
}

const byPlace = (a: Panel, b: Panel): number =>
  a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x;

/** A row and what stands below it until the next row. */
function sectionsOf(panels: readonly Panel[]): Section[] {
  const sections: Section[] = [{ row: undefined, panels: [] }];
  for (const panel of [...panels].sort(byPlace)) {
    const last = sections[sections.length - 1]!;
    if (panel.type === "row") sections.push({ row: panel, panels: panel.panels ?? [] });
    else sections[sections.length - 1] = { ...last, panels: [...last.panels, panel] };
  }
  return sections;
}

type Copy = [index: number, fixed: Record<string, Value>];

function copiesOf(variable: string | null | undefined, { valuesOf }: LayoutInput): Copy[] {
  const values = variable ? valuesOf(variable).slice(0, REPEATS_MAX) : [];
  if (!variable || values.length === 0) return [[0, {}]];
  return values.map(({ text, value }, i) => [i, { [variable]: { value, text } }]);
}

interface Place {
  y: number;
  copy: number;
  fixed: Record<string, Value>;
  input: LayoutInput;
  placed: Placed[];
}

function placeSection({ row, panels }: Section, { y, copy, fixed, input, placed }: Place): number {
  let top = y;
  if (row) {
    const isOpen = (row.collapsed === true) === input.toggled.has(row.id);
    const pos = { x: 0, y, w: COLUMNS, h: 1 };
    placed.push({
      key: `row-${row.id}-${copy}`,
      panel: row,
      pos,
      fixed,
      repeat: copy,
      isOpen,
      count: panels.length,
    });
    top += 1;
    if (!isOpen) return top;
  }
  // Each panel goes up until it meets another one, as in Grafana: how far each column is taken.
  const skyline = new Array<number>(COLUMNS).fill(top);
  for (const panel of [...panels].sort(byPlace)) {
    const copies = copiesOf(panel.repeat, input);
    const base = { ...panel.gridPos, y: 0 };
    const places = copies.map((_copy, i) => repeatPos(panel, base, i, copies.length));
    const from = clamp(Math.min(...places.map(({ x }) => x)), 0, COLUMNS - 1);
    const to = clamp(Math.max(...places.map(({ x, w }) => x + w)), from + 1, COLUMNS);
    const begin = Math.max(...skyline.slice(from, to));
    skyline.fill(begin + Math.max(...places.map((pos) => pos.y + pos.h)), from, to);
    copies.forEach(([i, own], n) => {
      const pos = places[n]!;
      placed.push({
        key: `panel-${panel.id}-${copy}-${i}`,
        panel,
        pos: { ...pos, y: begin + pos.y },
        fixed: { ...fixed, ...own },
        repeat: copy * REPEATS_MAX + i,
      });
    });
  }
  return Math.max(...skyline);
}

const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);

/** Repeats go side by side (at most `maxPerRow`), or below each other. */
function repeatPos(panel: Panel, base: GridPos, index: number, count: number): GridPos {
  if (!panel.repeat || count === 1)
    return panel.repeat && panel.repeatDirection !== "v" ? { ...base, x: 0, w: COLUMNS } : base;
  if (panel.repeatDirection === "v") return { ...base, y: base.y + index * base.h };
  const perRow = Math.min(count, Math.max(1, panel.maxPerRow ?? 4));
  const w = Math.floor(COLUMNS / perRow);
  return { x: (index % perRow) * w, y: base.y + Math.floor(index / perRow) * base.h, w, h: base.h };
}

/** The panel that `viewPanel=2` or `viewPanel=panel-2-clone-1` names. */
export function findPlaced(placed: readonly Placed[], name: string): Placed | undefined {
  const found = /^(?:panel-)?(\d+)(?:-clone-(\d+))?/.exec(name);
  if (!found) return undefined;
  const same = placed.filter((one) => one.panel.id === Number(found[1]));
  return same[Number(found[2] ?? 0)] ?? same[0];
}

/** All panels, those in closed rows included. */
export function allPanels(panels: readonly Panel[]): Panel[] {
  return panels.flatMap((panel) =>
    panel.type === "row" ? [panel, ...allPanels(panel.panels ?? [])] : [panel],
  );
}

/** The name of a placed panel in the address. */
export function viewName({ panel, repeat }: Placed): string {
  return repeat > 0 ? `panel-${panel.id}-clone-${repeat}` : String(panel.id);
}
