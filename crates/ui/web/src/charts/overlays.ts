// What lies over and under the lines: thresholds and annotations.
// Drawn by `Plot` in uPlot's hooks; knows the canvas, not the components.
// Sizes are in CSS pixels times the pixel ratio.

import type uPlot from "uplot";
import { withAlpha } from "./colors";
import type { ChartMark, TimeChartModel } from "./model";

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

/** Height of the strip of a stretch of time, below the plot, where it hides no data. */
const STRIP_PX = 3;

/** A ground over a larger part of the chart would only be another colour of paper. */
const GROUND_SHARE_MAX = 0.5;

/**
 * Annotations: a dashed line with a triangle at its foot; a stretch of time has a strip below the plot and
 * a faint ground, which is one ground where several overlap, so that the lines of the chart stay seen.
 */
export function drawMarks(u: uPlot, marks: readonly ChartMark[]): void {
  const { bbox } = u;
  const foot = bbox.top + bbox.height;
  const right = bbox.left + bbox.width;
  const placed = marks.map((mark) => {
    const x = u.valToPos(mark.timeMs, "x", true);
    return { mark, x, end: mark.endMs === undefined ? x : u.valToPos(mark.endMs, "x", true) };
  });
  const seen = placed.filter(({ x, end }) => end >= bbox.left && x <= right);
  clipped(u, (ctx) => {
    drawGrounds(ctx, bbox, seen);
    for (const { mark, x, end } of seen) {
      const isStretch = end > x + 1;
      ctx.strokeStyle = mark.color;
      ctx.fillStyle = mark.color;
      ctx.lineWidth = ratio();
      ctx.setLineDash([4 * ratio(), 3 * ratio()]);
      for (const edge of isStretch ? [x, end] : [x])
        if (edge > bbox.left && edge < right) verticalLine(ctx, edge, bbox.top, foot);
      if (!isStretch) triangle(ctx, x, foot, 5 * ratio());
    }
  });
  for (const { mark, x, end } of seen) {
    if (end <= x + 1) continue;
    const from = Math.max(x, bbox.left);
    u.ctx.fillStyle = mark.color;
    u.ctx.fillRect(from, foot + ratio(), Math.min(end, right) - from, STRIP_PX * ratio());
  }
}

interface PlacedMark {
  readonly mark: ChartMark;
  readonly x: number;
  readonly end: number;
}

/** The ground of all stretches of a colour at once; what fills the chart tells nothing. */
function drawGrounds(
  ctx: CanvasRenderingContext2D,
  bbox: uPlot.BBox,
  placed: readonly PlacedMark[],
): void {
  for (const color of new Set(placed.map(({ mark }) => mark.color))) {
    const same = placed.filter(({ mark, x, end }) => mark.color === color && end > x + 1);
    const covered = same.reduce((sum, { x, end }) => sum + end - x, 0);
    if (covered > GROUND_SHARE_MAX * bbox.width) continue;
    ctx.beginPath();
    for (const { x, end } of same) ctx.rect(x, bbox.top, end - x, bbox.height);
    ctx.fillStyle = withAlpha(color, 0.07);
    ctx.fill();
  }
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

const REACH_PX = 6;

/** The annotations under the cursor (in CSS pixels of the plot). */
export function marksAt(u: uPlot, marks: readonly ChartMark[], left: number): ChartMark[] {
  return marks.filter((mark) => {
    const x = u.valToPos(mark.timeMs, "x");
    const end = mark.endMs === undefined ? x : u.valToPos(mark.endMs, "x");
    return left >= x - REACH_PX && left <= end + REACH_PX;
  });
}
