// Panel type `heatmap`: counts per bucket and time as coloured cells on a canvas.

import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { alongScale, mix } from "../../charts/colors";
import { Crosshair } from "../../charts/crosshair";
import type { ChartTheme } from "../../charts/theme";
import { axisTimes, formatDate } from "../../format/dates";
import { formatValue } from "../../format/units";
import { type Frame, numberFields, timeField } from "../frame";
import { scaleColors } from "../thresholds";
import { heatmap } from "../transform/buckets";
import { NoValue } from "./parts";
import { optionsOf, type ViewProps } from "./props";

interface Options {
  color: {
    scheme?: string;
    mode?: string;
    exponent?: number;
    reverse?: boolean;
    fill?: string;
    min?: number;
    max?: number;
  };
  yAxis: { unit?: string; decimals?: number; reverse?: boolean };
  filterValues: { le?: number };
  cellGap: number;
  /** Values are counted here; else the series are buckets already. */
  calculate: boolean;
  calculation: Record<string, unknown>;
}

function bucketed(frames: readonly Frame[], options: Partial<Options>): readonly Frame[] {
  if (!options.calculate || frames.some(({ meta }) => meta?.type === "heatmap")) return frames;
  return heatmap(frames, options.calculation ?? {});
}

export interface HeatmapData {
  times: number[];
  stepMs: number;
  /** Upper bounds, ascending, as they are written. */
  bounds: string[];
  /** [bucket][time] */
  cells: (number | null)[][];
  max: number;
}

const LEFT = 56;
/** Smaller cells stand side by side. */
const CELL_WITH_GAP_PX = 6;
const FOOT = 22;

/** Rows of buckets and columns of times; several frames (one per `le`) are one heatmap. */
export function heatmapOf(frames: readonly Frame[]): HeatmapData | undefined {
  const rows = frames.flatMap((frame) => {
    const time = timeField(frame);
    return time
      ? numberFields(frame).map((field) => ({ times: time.values as number[], field }))
      : [];
  });
  if (rows.length === 0) return undefined;
  const times = [...new Set(rows.flatMap((row) => row.times))].sort((a, b) => a - b);
  const place = new Map(times.map((time, i) => [time, i]));
  const cells = rows.map(({ times: own, field }) => {
    const line = new Array<number | null>(times.length).fill(null);
    own.forEach((time, i) => {
      line[place.get(time)!] = field.values[i] as number | null;
    });
    return line;
  });
  const max = cells.reduce(
    (most, line) => line.reduce<number>((high, v) => Math.max(high, v ?? 0), most),
    0,
  );
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  return {
    times,
    stepMs: Math.min(...steps, 3_600_000),
    bounds: rows.map(({ field }) => field.displayName ?? field.name),
    cells,
    max,
  };
}

export function HeatmapView(props: ViewProps): JSX.Element {
  const {
    panel,
    frames,
    look,
    width,
    height,
    data: { plan },
  } = props;
  const options = optionsOf<Options>(panel);
  const data = useMemo(() => heatmapOf(bucketed(frames, options)), [frames, panel.options]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [tip, setTip] = useState<{ x: number; y: number; text: string }>();
  const box = {
    left: LEFT,
    top: 4,
    width: Math.max(10, width - LEFT - 6),
    height: Math.max(10, height - FOOT - 4),
  };
  const range = { fromMs: plan.fromMs, toMs: plan.toMs };
  useLayoutEffect(() => {
    if (canvas.current && data)
      paint(canvas.current, {
        data,
        box,
        range,
        width,
        height,
        options,
        theme: look.theme,
        zone: look.units.zone,
      });
  }, [data, width, height, panel.options, look, plan]);
  if (!data) return <NoValue />;
  const point = (event: MouseEvent): void =>
    setTip(under(event, data, box, range, { zone: look.units.zone, unit: options.yAxis?.unit }));
  return (
    <div class="heatmap" onMouseMove={point} onMouseLeave={() => setTip(undefined)}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${props.title}: heatmap of ${data.bounds.length} buckets, largest ${data.max}`}
      />
      <Crosshair at={{ ...range, left: box.left, width: box.width }} syncKey={props.syncKey} />
      {tip && (
        <div
          class="chart-tip"
          style={{
            transform: `translate(${Math.min(tip.x + 12, width - 180)}px, ${Math.max(0, tip.y - 40)}px)`,
          }}
        >
          {tip.text}
        </div>
      )}
    </div>
  );
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}
interface Range {
  fromMs: number;
  toMs: number;
}
interface Paint {
  data: HeatmapData;
  box: Box;
  range: Range;
  width: number;
  height: number;
  options: Partial<Options>;
  theme: ChartTheme;
  zone: string;
}

function paint(canvas: HTMLCanvasElement, what: Paint): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = what.width * ratio;
  canvas.height = what.height * ratio;
  canvas.style.width = `${what.width}px`;
  canvas.style.height = `${what.height}px`;
  const ctx = canvas.getContext("2d");
  if (!ctx) return;
  ctx.scale(ratio, ratio);
  paintCells(ctx, what);
  paintAxes(ctx, what);
}

function colorsOf({ options, theme }: Paint): readonly string[] {
  const scheme = options.color?.scheme ?? "Oranges";
  const colors =
    scaleColors(`continuous-${scheme}`, theme) ?? scaleColors("continuous-blues", theme)!;
  const known = /^(Oranges|Greens|Reds|Blues|Purples)$/.test(scheme)
    ? [mix(colors[1]!, theme.surface, 0.85), colors[1]!, mix(colors[1]!, theme.text, 0.35)]
    : colors;
  return options.color?.reverse ? [...known].reverse() : known;
}

function paintCells(ctx: CanvasRenderingContext2D, what: Paint): void {
  const { data, box, range, options } = what;
  const colors = colorsOf(what);
  const exponent = options.color?.exponent ?? 0.5;
  const most = options.color?.max ?? data.max;
  // Whole pixels: what lies between two would be a stripe.
  const x = (time: number): number =>
    Math.round(box.left + ((time - range.fromMs) / (range.toMs - range.fromMs)) * box.width);
  const tall = box.height / data.bounds.length;
  const top = (row: number): number => Math.round(box.top + box.height - (row + 1) * tall);
  const gap = Math.min(options.cellGap ?? 1, 2);
  const wide = (data.stepMs / (range.toMs - range.fromMs)) * box.width;
  const [gapX, gapY] = [wide < CELL_WITH_GAP_PX ? 0 : gap, tall < CELL_WITH_GAP_PX ? 0 : gap];
  data.cells.forEach((line, row) => {
    const y = top(row);
    line.forEach((value, i) => {
      if (!value || value < (options.filterValues?.le ?? 1e-9)) return;
      const end = x(data.times[i]!);
      const start = Math.max(box.left, x(data.times[i]! - data.stepMs));
      ctx.fillStyle = alongScale(colors, (value / (most || 1)) ** exponent);
      ctx.fillRect(
        start,
        y,
        Math.max(1, Math.min(end, box.left + box.width) - start - gapX),
        Math.max(1, top(row - 1) - y - gapY),
      );
    });
  });
}

function paintAxes(
  ctx: CanvasRenderingContext2D,
  { data, box, range, theme, zone, options }: Paint,
): void {
  ctx.fillStyle = theme.muted;
  ctx.font = theme.font;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const every = Math.ceil(data.bounds.length / Math.max(1, box.height / 16));
  data.bounds.forEach((bound, row) => {
    if (row % every === 0)
      ctx.fillText(
        fitting(ctx, boundText(bound, options.yAxis?.unit), box.left - 10),
        box.left - 6,
        box.top + box.height - (row + 0.5) * (box.height / data.bounds.length),
      );
  });
  ctx.textAlign = "center";
  const count = Math.max(2, Math.floor(box.width / 90));
  const step = (range.toMs - range.fromMs) / count;
  const ticks = Array.from({ length: count }, (_tick, i) => range.fromMs + step * (i + 0.5));
  axisTimes(ticks, step, zone).forEach((text, i) =>
    ctx.fillText(text, box.left + ((i + 0.5) / count) * box.width, box.top + box.height + 12),
  );
}

/** A text that is as wide as there is room. */
function fitting(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  const room = Math.max(1, Math.floor((text.length * width) / ctx.measureText(text).width) - 1);
  return `${text.slice(0, room)}…`;
}

function boundText(bound: string, unit: string | undefined): string {
  const number = bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound);
  return Number.isFinite(number) ? formatValue(number, unit) : bound === "+Inf" ? "∞" : bound;
}

function under(
  event: MouseEvent,
  data: HeatmapData,
  box: Box,
  range: Range,
  how: { zone: string; unit: string | undefined },
): { x: number; y: number; text: string } | undefined {
  const host = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const x = event.clientX - host.left;
  const y = event.clientY - host.top;
  const time = range.fromMs + ((x - box.left) / box.width) * (range.toMs - range.fromMs);
  const row = Math.floor(((box.top + box.height - y) / box.height) * data.bounds.length);
  const column = data.times.findIndex((one) => time > one - data.stepMs && time <= one);
  const value = data.cells[row]?.[column];
  if (x < box.left || value === undefined || value === null) return undefined;
  const below = row > 0 ? boundText(data.bounds[row - 1]!, how.unit) : "";
  const text = `${formatDate(data.times[column]!, "YYYY-MM-DD HH:mm:ss", how.zone)} · ${below ? `${below} – ` : "≤ "}${boundText(data.bounds[row]!, how.unit)}: ${formatValue(value, "short")}`;
  return { x, y, text };
}
