// The box beside the crosshair: time, values, annotations and exemplars under the cursor.
// Owned by `Tooltip`, which says when it is shown, and loaded when first it is; made of DOM nodes without a component, as it follows every movement of the mouse.
// INV: text enters as text nodes only.

import type uPlot from "uplot";
import { formatDate } from "../format/dates";
import type { ChartSeries } from "./model";
import { marksAt } from "./overlays";
import type { Painted } from "./plot_options";

const ROWS_MAX = 20;
const GAP_PX = 14;

/** Where the crosshair is: pixels of the chart, index of a point. */
export interface Pointed {
  readonly left: number;
  readonly top: number;
  readonly idx: number;
}

interface Row {
  series: ChartSeries;
  value: number;
  distance: number;
}

export class TooltipBox {
  readonly #box: HTMLElement;

  constructor(host: HTMLElement) {
    this.#box = host.ownerDocument.createElement("div");
    this.#box.className = "chart-tip";
    this.#box.setAttribute("role", "status");
    this.#box.hidden = true;
    host.append(this.#box);
  }

  get isShown(): boolean {
    return !this.#box.hidden;
  }

  hide(): void {
    this.#box.hidden = true;
  }

  destroy(): void {
    this.#box.remove();
  }

  /** What is under the crosshair, at a place in the chart. */
  show(u: uPlot, painted: Painted, at: Pointed): void {
    this.#fill(u, painted, { ...at, rows: rowsAt(u, painted, at.idx, at.top) });
    this.#box.hidden = false;
    this.#place(u, at.left, at.top);
  }

  #fill(u: uPlot, painted: Painted, at: Pointed & { readonly rows: readonly Row[] }): void {
    const { model, prepared } = painted;
    const when = formatDate(prepared.times[at.idx]!, "YYYY-MM-DD HH:mm:ss", model.zone);
    const parts: Node[] = [element("div", "chart-tip-time", when)];
    for (const mark of marksAt(u, model.marks ?? [], at.left))
      parts.push(...markNodes(mark.title, mark.text, mark.tags));
    const scale = prepared.axes[0] ?? "y";
    const [title, ...lines] = model.exemplars?.at(u, model, scale, at) ?? [];
    if (title) parts.push(...markNodes(title));
    parts.push(...lines.map((line) => element("div", "chart-tip-text", line)));
    const shown = at.rows.slice(0, ROWS_MAX);
    parts.push(...shown.map((row) => rowNode(row, row === nearest(at.rows) && at.rows.length > 1)));
    if (at.rows.length > ROWS_MAX)
      parts.push(element("div", "chart-tip-more", `${at.rows.length - ROWS_MAX} more`));
    this.#box.replaceChildren(...parts);
  }

  /** Beside the cursor, on the side where there is room, inside the window. */
  #place(u: uPlot, left: number, top: number): void {
    const over = u.over.getBoundingClientRect();
    const host = (this.#box.offsetParent ?? document.body).getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.#box;
    const right = over.left + left + GAP_PX + width < innerWidth;
    const x = right ? over.left + left + GAP_PX : over.left + left - GAP_PX - width;
    const wanted = over.top + top + GAP_PX;
    const y = Math.max(4, Math.min(wanted, innerHeight - height - 4));
    this.#box.style.transform = `translate(${Math.round(Math.max(4, x) - host.left)}px, ${Math.round(y - host.top)}px)`;
  }
}

function rowsAt(u: uPlot, { model, prepared }: Painted, idx: number, top: number): Row[] {
  const rows = prepared.series.flatMap((series, i): Row[] => {
    const value = prepared.raw[i]![idx];
    const drawn = prepared.drawn[i]![idx];
    if (series.hideFrom?.tooltip || value === null || value === undefined) return [];
    if (model.tooltip?.hideZeros && value === 0) return [];
    const y = u.valToPos(drawn ?? value, prepared.axes[i]!);
    return [{ series, value, distance: Math.abs(y - top) }];
  });
  if ((model.tooltip?.mode ?? "multi") === "single") {
    const near = nearest(rows);
    return near ? [near] : [];
  }
  const sort = model.tooltip?.sort ?? "none";
  if (sort === "none") return rows;
  return rows.sort((a, b) => (sort === "asc" ? a.value - b.value : b.value - a.value));
}

function nearest(rows: readonly Row[]): Row | undefined {
  return rows.reduce<Row | undefined>(
    (best, row) => (!best || row.distance < best.distance ? row : best),
    undefined,
  );
}

function element(tag: string, className: string, text = ""): HTMLElement {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function rowNode({ series, value }: Row, near: boolean): HTMLElement {
  const row = element("div", near ? "chart-tip-row chart-tip-near" : "chart-tip-row");
  const swatch = element("i", "chart-swatch");
  swatch.style.backgroundColor = series.color;
  const text = series.format ? series.format(value) : String(value);
  row.append(
    swatch,
    element("span", "chart-tip-name", series.name),
    element("b", "chart-tip-value", text),
  );
  return row;
}

function markNodes(title: string, text?: string, tags?: readonly string[]): HTMLElement[] {
  const nodes = [element("div", "chart-tip-mark", title)];
  if (text && text !== title) nodes.push(element("div", "chart-tip-text", text));
  if (tags?.length) nodes.push(element("div", "chart-tip-tags", tags.join(" · ")));
  return nodes;
}
