// The keys of a chart that has the focus: loaded with the first focus, gone with its element.

import type { Plot } from "./plot";
import type { TimeChartProps } from "./TimeChart";

type Held<T> = { current: T };

/** Arrows walk along the points, plus and minus zoom, `a` annotates the point, escape leaves. */
export function listenToKeys(
  element: HTMLElement,
  plot: Held<Plot | undefined>,
  latest: Held<TimeChartProps>,
): void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { model, onZoom, onZoomOut, onAnnotate } = latest.current;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      plot.current?.step((event.key === "ArrowRight" ? 1 : -1) * (event.shiftKey ? 10 : 1));
    } else if (event.key === "+" && onZoom) {
      const quarter = (model.toMs - model.fromMs) / 4;
      onZoom(Math.round(model.fromMs + quarter), Math.round(model.toMs - quarter));
    } else if (event.key === "-" && onZoomOut) onZoomOut();
    else if (event.key === "a" && onAnnotate) plot.current?.annotate();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const leave = (): void => plot.current?.leave();
  element.addEventListener("keydown", onKey);
  element.addEventListener("blur", leave);
}
