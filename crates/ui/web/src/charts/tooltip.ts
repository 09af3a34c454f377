// When the box beside the crosshair is shown: its code is loaded when first somebody points at a chart.
// Owned by `Plot`.

import type uPlot from "uplot";
import type { Painted } from "./plot_options";
import type { TooltipBox } from "./tooltip_box";

export class Tooltip {
  /** Is shown for the crosshair of another chart, too. */
  shared = false;
  hovered = false;
  pinned = false;
  readonly #host: HTMLElement;
  #box: TooltipBox | undefined;
  /** What is to be shown once the code is there; `null` once the chart is gone. */
  #wanted: (() => void) | null | undefined;

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  hide(): void {
    this.#wanted &&= undefined;
    this.#box?.hide();
  }

  destroy(): void {
    this.#wanted = null;
    this.#box?.destroy();
  }

  /** New data under a resting mouse. */
  refresh(u: uPlot, painted: Painted): void {
    if (this.#box?.isShown || this.#wanted) this.move(u, painted);
  }

  /** The crosshair moved here, or in a chart that shares it. */
  move(u: uPlot, painted: Painted): void {
    const { left = -1, top = -1, idx } = u.cursor;
    const ours = this.hovered || this.pinned || this.shared;
    const isOff = painted.model.tooltip?.mode === "none";
    if (!ours || isOff || left < 0 || idx === null || idx === undefined) return this.hide();
    if (this.#box) return this.#box.show(u, painted, { left, top, idx });
    if (this.#wanted === undefined) void this.#load();
    this.#wanted &&= () => this.move(u, painted);
  }

  async #load(): Promise<void> {
    this.#wanted = () => undefined;
    try {
      const { TooltipBox } = await import("./tooltip_box");
      if (this.#wanted === null) return;
      this.#box ??= new TooltipBox(this.#host);
      this.#wanted?.();
    } catch {
      // Without a connection there is none; the next movement asks again.
    }
    this.#wanted &&= undefined;
  }
}
