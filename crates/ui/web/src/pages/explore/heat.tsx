// Histograms over time: buckets upwards, time to the right, the darker the more.

import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { formatTime, zone } from "../../app/time";
import { withAlpha } from "../../charts/colors";
import { type ChartTheme, chartTheme } from "../../charts/theme";
import { Empty } from "../../components/state";
import { formatValue } from "../../format/units";
import { framesOf } from "../../panels/prometheus_frames";
import type { MatrixSeries } from "../../api/prometheus";
import type { RangeAnswer } from "./ask";
import { boundUnit } from "./unit";

/** Counts by bucket and step. */
export interface Heat {
  readonly times: readonly number[];
  /** Lowest first. */
  readonly buckets: readonly { readonly bound: string; readonly counts: readonly number[] }[];
  readonly most: number;
}

const LEFT = 64;
const BOTTOM = 20;

/** The buckets of an answer, summed over its series; nothing when it has none. */
export function heatOf(series: readonly MatrixSeries[], stepSeconds: number): Heat | undefined {
  const answer = { resultType: "matrix", result: series.map((one) => ({ ...one })) } as Parameters<
    typeof framesOf
  >[0];
  const frames = framesOf(answer, {
    refId: "A",
    expr: "",
    format: "heatmap",
    stepMs: stepSeconds * 1000,
  }).filter((frame) => frame.meta?.type === "heatmap");
  if (frames.length === 0) return undefined;
  const times = [...new Set(frames.flatMap((frame) => frame.fields[0]?.values as number[]))].sort(
    (a, b) => a - b,
  );
  const sums = new Map<string, number[]>();
  for (const frame of frames) {
    const at = (frame.fields[0]?.values as number[]).map((time) => times.indexOf(time));
    for (const field of frame.fields.slice(1)) {
      const counts = sums.get(field.name) ?? times.map(() => 0);
      sums.set(field.name, counts);
      field.values.forEach((value, index) => {
        const place = at[index] ?? 0;
        counts[place] =
          (counts[place] ?? 0) + (typeof value === "number" && Number.isFinite(value) ? value : 0);
      });
    }
  }
  const buckets = [...sums].map(([bound, counts]) => ({ bound, counts }));
  buckets.sort((a, b) => number(a.bound) - number(b.bound));
  return { times, buckets, most: Math.max(...buckets.flatMap(({ counts }) => counts), 0) };
}

const number = (bound: string) => (bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound));

export function Heatmap({
  answer,
  expr,
}: {
  readonly answer: RangeAnswer;
  readonly expr: string;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState("");
  const heat = useMemo(() => heatOf(answer.now.data.result, answer.stepSeconds), [answer]);
  const theme = chartTheme.value;
  const shownZone = zone.value;
  const unit = boundUnit(expr);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element || !heat) return;
    const draw = () =>
      paint(
        element,
        heat,
        theme,
        (bound) => formatValue(number(bound), unit),
        (ms) => formatTime(ms, shownZone).slice(11),
      );
    const sizes = new ResizeObserver(draw);
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [heat, theme, unit, shownZone]);
  if (!heat) {
    return (
      <Empty title="No histogram in this answer.">
        Ask for buckets, such as sum by (le) (rate(x_bucket[5m])), or for a native histogram.
      </Empty>
    );
  }
  const point = (event: PointerEvent) =>
    setPointed(describe(heat, event, (ms) => formatTime(ms, shownZone)));
  return (
    <div>
      <canvas
        ref={canvas}
        class="heat"
        role="img"
        onPointerMove={point}
        onPointerLeave={() => setPointed("")}
        aria-label={`Heatmap of ${expr}: ${heat.buckets.length} buckets, at most ${heat.most} in one`}
      />
      <div class="muted heat-pointed">
        {pointed ||
          `${heat.buckets.length} buckets; the darkest is ${Number(heat.most.toPrecision(3))}`}
      </div>
    </div>
  );
}

function describe(heat: Heat, event: PointerEvent, time: (ms: number) => string): string {
  const target = event.currentTarget as HTMLElement;
  const box = target.getBoundingClientRect();
  const column = Math.floor(
    ((event.clientX - box.left - LEFT) / (box.width - LEFT)) * heat.times.length,
  );
  const row =
    heat.buckets.length -
    1 -
    Math.floor(((event.clientY - box.top) / (box.height - BOTTOM)) * heat.buckets.length);
  const [at, bucket] = [heat.times[column], heat.buckets[row]];
  if (at === undefined || !bucket) return "";
  const below = heat.buckets[row - 1]?.bound ?? "";
  return `${time(at)}: ${Number((bucket.counts[column] ?? 0).toPrecision(4))} in (${below || "-Inf"}, ${bucket.bound}]`;
}

const SECOND = 1000;
/** Room for a time below the cells. */
const TICK_PX = 66;
const TICKS_S = [5, 10, 30, 60, 300, 600, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800];

/** Round times and the columns that they begin in, about so many. */
export function ticksOf(times: readonly number[], most: number): [ms: number, column: number][] {
  const [first = 0] = times;
  const length = (times.at(-1) ?? first) - first;
  const seconds = TICKS_S.find((one) => length / (one * SECOND) <= most) ?? length / SECOND / most;
  const every = Math.max(1, seconds * SECOND);
  const ticks: [number, number][] = [];
  times.forEach((ms, column) => {
    const before = column === 0 ? ms - 1 : times[column - 1]!;
    const tick = Math.floor(ms / every) * every;
    if (tick > before) ticks.push([tick, column]);
  });
  return ticks;
}

function paint(
  canvas: HTMLCanvasElement,
  heat: Heat,
  theme: ChartTheme,
  bound: (text: string) => string,
  time: (ms: number) => string,
): void {
  const { width, height } = canvas.getBoundingClientRect();
  const ctx = canvas.getContext("2d");
  if (!ctx || width < LEFT + 20) return;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  ctx.scale(devicePixelRatio, devicePixelRatio);
  const cell = {
    w: (width - LEFT) / heat.times.length,
    h: (height - BOTTOM) / heat.buckets.length,
  };
  heat.buckets.forEach(({ counts }, row) => {
    const top = height - BOTTOM - (row + 1) * cell.h;
    counts.forEach((count, column) => {
      if (count <= 0) return;
      ctx.fillStyle = withAlpha(theme.c2, 0.12 + 0.88 * Math.sqrt(count / heat.most));
      // Whole pixels: what lies between two would be a stripe.
      const [left, right] = [column, column + 1].map((at) => Math.round(LEFT + at * cell.w));
      ctx.fillRect(left!, top, Math.max(1, right! - left!), Math.max(1, cell.h - 0.5));
    });
  });
  ctx.fillStyle = theme.muted;
  ctx.font = theme.font;
  const every = Math.ceil(heat.buckets.length / (height / 18));
  ctx.textAlign = "right";
  heat.buckets.forEach((bucket, row) => {
    if (row % every === 0)
      ctx.fillText(bound(bucket.bound), LEFT - 6, height - BOTTOM - row * cell.h - cell.h / 2 + 4);
  });
  ctx.textAlign = "center";
  for (const [ms, column] of ticksOf(
    heat.times,
    Math.max(2, Math.floor((width - LEFT) / TICK_PX)),
  )) {
    const x = LEFT + (column + 0.5) * cell.w;
    if (x > LEFT + 30 && x < width - 30) ctx.fillText(time(ms), x, height - 5);
  }
}
