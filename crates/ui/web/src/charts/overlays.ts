// What lies over and under the lines: thresholds, annotations, exemplars.
// Drawn by `Plot` in uPlot's hooks; knows the canvas, not the components.
// Sizes are in CSS pixels times the pixel ratio.

import type uPlot from "uplot";
import { withAlpha } from "./colors";
import type { ChartExemplar, ChartMark, TimeChartModel } from "./model";

type Thresholds = NonNullable<TimeChartModel["thresholds"]>;

const ratio = (): number => globalThis.devicePixelRatio || 1;

function clipped(u: uPlot, draw: (ctx: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
}

/** Coloured ground between the thresholds. */
export function drawThresholdAreas(u: uPlot, thresholds: Thresholds, scale: string): void {
  const { bbox } = u;
  clipped(u, (ctx) => {
    thresholds.steps.forEach((step, i) => {
      const next = thresholds.steps[i + 1];
      const bottom = Number.isFinite(step.value)
        ? u.valToPos(step.value, scale, true)
        : bbox.top + bbox.height;
      const top = next ? u.valToPos(next.value, scale, true) : bbox.top;
      const from = Math.max(bbox.top, Math.min(top, bottom));
      const to = Math.min(bbox.top + bbox.height, Math.max(top, bottom));
      ctx.fillStyle = withAlpha(step.color, 0.14);
      if (to > from) ctx.fillRect(bbox.left, from, bbox.width, to - from);
    });
  });
}

/** A line at every threshold. */
export function drawThresholdLines(u: uPlot, thresholds: Thresholds, scale: string): void {
  const { bbox } = u;
  clipped(u, (ctx) => {
    ctx.lineWidth = 1.5 * ratio();
    ctx.setLineDash(thresholds.dashed ? [8 * ratio(), 6 * ratio()] : []);
    for (const step of thresholds.steps) {
      if (!Number.isFinite(step.value)) continue;
      const y = u.valToPos(step.value, scale, true);
      ctx.strokeStyle = withAlpha(step.color, 0.85);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
  });
}

/** Annotations: a dashed line with a triangle at its foot, or a shaded stretch of time. */
export function drawMarks(u: uPlot, marks: readonly ChartMark[]): void {
  const { bbox } = u;
  const foot = bbox.top + bbox.height;
  clipped(u, (ctx) => {
    for (const mark of marks) {
      const x = u.valToPos(mark.timeMs, "x", true);
      const end = mark.endMs === undefined ? x : u.valToPos(mark.endMs, "x", true);
      if (end < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.fillStyle = withAlpha(mark.color, 0.1);
      if (end > x + 1) ctx.fillRect(x, bbox.top, end - x, bbox.height);
      ctx.strokeStyle = mark.color;
      ctx.fillStyle = mark.color;
      ctx.lineWidth = ratio();
      ctx.setLineDash([4 * ratio(), 3 * ratio()]);
      for (const edge of end > x + 1 ? [x, end] : [x]) verticalLine(ctx, edge, bbox.top, foot);
      triangle(ctx, x, foot, 5 * ratio());
    }
  });
}

function verticalLine(ctx: CanvasRenderingContext2D, x: number, top: number, bottom: number): void {
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.stroke();
}

function triangle(ctx: CanvasRenderingContext2D, x: number, foot: number, size: number): void {
  ctx.beginPath();
  ctx.moveTo(x - size, foot);
  ctx.lineTo(x + size, foot);
  ctx.lineTo(x, foot - size * 1.4);
  ctx.fill();
}

/** Exemplars: small diamonds at their time and value. */
export function drawExemplars(
  u: uPlot,
  exemplars: readonly ChartExemplar[],
  scale: string,
  color: string,
): void {
  const size = 4 * ratio();
  clipped(u, (ctx) => {
    ctx.fillStyle = color;
    for (const one of exemplars) {
      const x = u.valToPos(one.timeMs, "x", true);
      const y = u.valToPos(one.value, scale, true);
      ctx.beginPath();
      ctx.moveTo(x, y - size);
      ctx.lineTo(x + size, y);
      ctx.lineTo(x, y + size);
      ctx.lineTo(x - size, y);
      ctx.fill();
    }
  });
}

const REACH_PX = 6;

/** The annotations under the cursor (in CSS pixels of the plot). */
export function marksAt(u: uPlot, marks: readonly ChartMark[], left: number): ChartMark[] {
  return marks.filter((mark) => {
    const x = u.valToPos(mark.timeMs, "x");
    const end = mark.endMs === undefined ? x : u.valToPos(mark.endMs, "x");
    return left >= x - REACH_PX && left <= end + REACH_PX;
  });
}

/** The exemplar under the cursor. */
export function exemplarAt(
  u: uPlot,
  exemplars: readonly ChartExemplar[],
  scale: string,
  at: { left: number; top: number },
): ChartExemplar | undefined {
  return exemplars.find(
    (one) =>
      Math.abs(u.valToPos(one.timeMs, "x") - at.left) <= REACH_PX &&
      Math.abs(u.valToPos(one.value, scale) - at.top) <= REACH_PX,
  );
}
