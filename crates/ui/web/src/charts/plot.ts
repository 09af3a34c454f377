// One drawing: holds uPlot, gives it new data or builds it anew, and turns gestures into ranges.
// Driven by `TimeChart`; draws overlays through `overlays`, the tooltip through `tooltip`.
// INV: what a drawing registers (listeners, observers, sync) is gone after `destroy`.

import uPlot from "uplot";
import type { TimeChartModel } from "./model";
import * as overlays from "./overlays";
import { axesOf, bandsOf, type Painted, RIGHT_PX, scalesOf, seriesOf } from "./plot_options";
import { prepare, sameShape } from "./prepare";
import type { ChartTheme } from "./theme";
import { Tooltip } from "./tooltip";

export interface PlotEvents {
  onZoom?: ((fromMs: number, toMs: number) => void) | undefined;
  onZoomOut?: (() => void) | undefined;
  /** A click or a drag with ctrl held. */
  onAnnotate?: ((fromMs: number, toMs: number) => void) | undefined;
}

const DRAG_LEAST_PX = 5;
const ZOOM_STEP = 0.8;

export class Plot {
  #u: uPlot;
  #painted: Painted;
  #size: { width: number; height: number };
  readonly #tooltip: Tooltip;
  readonly #host: HTMLElement;
  readonly #events: () => PlotEvents;
  readonly #syncKey: string | undefined;
  /** What a press of the mouse on this chart begins; charts that share the crosshair see it, too. */
  #pressed: "onZoom" | "onAnnotate" | undefined;

  constructor(
    host: HTMLElement,
    painted: Painted,
    size: { width: number; height: number },
    options: { events: () => PlotEvents; syncKey?: string | undefined },
  ) {
    this.#host = host;
    this.#painted = painted;
    this.#size = size;
    this.#events = options.events;
    this.#syncKey = options.syncKey;
    this.#tooltip = new Tooltip(host);
    this.#tooltip.shared = options.syncKey === "tip";
    this.#u = this.#build();
  }

  /** Shows a new model; the drawing is kept when only numbers changed. */
  update(model: TimeChartModel, theme: ChartTheme, hidden: ReadonlySet<string>): void {
    const before = this.#painted;
    const prepared = prepare(model, hidden);
    this.#painted = { model, prepared, theme };
    const same =
      theme === before.theme &&
      sameAxes(model, before.model) &&
      sameShape(prepared, before.prepared);
    if (!same) {
      this.#u.destroy();
      this.#u = this.#build();
      return;
    }
    this.#u.setData(dataOf(this.#painted), true);
    this.#tooltip.refresh(this.#u, this.#painted);
  }

  resize(width: number, height: number): void {
    if (width === this.#size.width && height === this.#size.height) return;
    this.#size = { width, height };
    this.#u.setSize(this.#size);
  }

  /** Moves the crosshair by so many points: the keyboard's way to the tooltip. */
  step(by: number): void {
    const { times } = this.#painted.prepared;
    if (times.length === 0) return;
    const at = this.#u.cursor.idx ?? (by > 0 ? -1 : times.length);
    const index = Math.min(times.length - 1, Math.max(0, at + by));
    const left = this.#u.valToPos(times[index]!, "x");
    this.#tooltip.pinned = true;
    this.#u.setCursor({ left, top: this.#u.over.clientHeight / 2 });
  }

  /** Annotates where the crosshair is. */
  annotate(): void {
    const { idx } = this.#u.cursor;
    const at = idx == null ? this.#painted.model.toMs : this.#painted.prepared.times[idx]!;
    this.#events().onAnnotate?.(at, at);
  }

  /** Takes the crosshair away. */
  leave(): void {
    this.#tooltip.pinned = false;
    this.#u.setCursor({ left: -10, top: -10 });
  }

  destroy(): void {
    this.#u.destroy();
    this.#tooltip.destroy();
  }

  #build(): uPlot {
    const now = (): Painted => this.#painted;
    const options: uPlot.Options = {
      ...this.#size,
      ms: 1,
      padding: [8, RIGHT_PX, 0, 0],
      pxAlign: 1,
      legend: { show: false },
      scales: scalesOf(now),
      axes: axesOf(now),
      series: seriesOf(now),
      bands: bandsOf(this.#painted.prepared),
      tzDate: dateIn(this.#painted.model.zone),
      cursor: this.#cursor(),
      focus: { alpha: 1 },
      hooks: this.#hooks(),
    };
    const u = new uPlot(options, dataOf(this.#painted), this.#host);
    u.over.addEventListener("wheel", (event) => this.#wheel(u, event), { passive: false });
    u.over.addEventListener("mouseenter", () => {
      this.#tooltip.hovered = true;
    });
    u.over.addEventListener("mouseleave", () => {
      this.#tooltip.hovered = false;
      this.#tooltip.hide();
    });
    u.over.addEventListener("dblclick", () => this.#events().onZoomOut?.());
    u.over.addEventListener("mousedown", (event) => {
      this.#pressed = event.ctrlKey || event.metaKey ? "onAnnotate" : "onZoom";
    });
    u.over.addEventListener("click", (event) => this.#click(u, event));
    return u;
  }

  #cursor(): uPlot.Cursor {
    const drag = { x: true, y: false, setScale: false, dist: DRAG_LEAST_PX };
    const points: uPlot.Cursor.Points = { size: 7, width: 1 };
    const cursor: uPlot.Cursor = {
      drag,
      points,
      y: false,
      focus: { prox: -1 },
      bind: { dblclick: () => null },
    };
    if (this.#syncKey) cursor.sync = { key: this.#syncKey, setSeries: false, scales: ["x", null] };
    return cursor;
  }

  #hooks(): uPlot.Hooks.Arrays {
    return {
      drawAxes: [(u) => this.#under(u)],
      draw: [(u) => this.#over(u)],
      setCursor: [(u) => this.#tooltip.move(u, this.#painted)],
      setSelect: [(u) => this.#select(u)],
    };
  }

  #mainScale(): string {
    return this.#painted.prepared.axes[0] ?? Object.keys(this.#painted.model.axes)[0] ?? "y";
  }

  #under(u: uPlot): void {
    const { thresholds } = this.#painted.model;
    if (thresholds?.areas) overlays.drawThresholdAreas(u, thresholds, this.#mainScale());
  }

  #over(u: uPlot): void {
    const { thresholds, marks, exemplars } = this.#painted.model;
    if (thresholds?.lines) overlays.drawThresholdLines(u, thresholds, this.#mainScale());
    exemplars?.draw(u, this.#mainScale(), this.#painted.theme);
    if (marks) overlays.drawMarks(u, marks);
  }

  #select(u: uPlot): void {
    const { left, width } = u.select;
    if (width < DRAG_LEAST_PX) return;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    const [from, to] = [left, left + width].map((at) => Math.round(u.posToVal(at, "x")));
    if (this.#pressed) this.#events()[this.#pressed]?.(from!, to!);
    this.#pressed = undefined;
  }

  /** What was dragged is annotated as a stretch, by `#select`. */
  #click(u: uPlot, { offsetX }: MouseEvent): void {
    const at = Math.round(u.posToVal(offsetX, "x"));
    if (this.#pressed === "onAnnotate") this.#events().onAnnotate?.(at, at);
    this.#pressed = undefined;
  }

  #wheel(u: uPlot, event: WheelEvent): void {
    const { onZoom } = this.#events();
    if (!onZoom || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const { fromMs, toMs } = this.#painted.model;
    const factor = event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP;
    const at = u.posToVal(event.offsetX, "x");
    onZoom(Math.round(at - (at - fromMs) * factor), Math.round(at + (toMs - at) * factor));
  }
}

function dataOf({ prepared }: Painted): uPlot.AlignedData {
  return [prepared.times, ...prepared.drawn] as uPlot.AlignedData;
}

function sameAxes(a: TimeChartModel, b: TimeChartModel): boolean {
  const key = (model: TimeChartModel): string => JSON.stringify([model.axes, model.zone]);
  return key(a) === key(b);
}

function dateIn(zone: string): (ms: number) => Date {
  if (!zone || zone === "browser") return (ms) => new Date(ms);
  return (ms) => uPlot.tzDate(new Date(ms), zone === "utc" ? "Etc/UTC" : zone);
}
