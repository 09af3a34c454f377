// Exemplars: single observations with the labels of their traces, as diamonds in a chart.
// Asked by Explore and by panels, which load this only when somebody wants them; drawn by `Plot`.

import type uPlot from "uplot";
import { getData, type RequestOptions } from "../api/client";
import { formatDate } from "../format/dates";
import { parseValue } from "../panels/number";
import type { ChartExemplar, ChartExemplars, TimeChartModel } from "./model";
import type { ChartTheme } from "./theme";

/** More make a chart unreadable. */
const SHOWN_MAX = 500;

interface ExemplarSeries {
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
    readonly timestamp: number;
  }[];
}

export interface ExemplarQuery {
  readonly query: string;
  /** In seconds. */
  readonly start: number;
  readonly end: number;
}

/** Exemplars of the series that expressions name. */
export async function askExemplars(
  queries: readonly ExemplarQuery[],
  options: RequestOptions,
): Promise<ChartExemplars> {
  const asked = queries.map((params) =>
    getData<ExemplarSeries[]>("api/v1/query_exemplars", { ...params }, options),
  );
  const all = (await Promise.all(asked)).flat().flatMap((one) =>
    one.exemplars.map(({ labels, value, timestamp }) => ({
      timeMs: timestamp * 1000,
      value: parseValue(value),
      labels,
    })),
  );
  return new Diamonds(thinned(all, SHOWN_MAX));
}

/** At most so many, oldest first: of each stretch of time the largest, as outliers are looked for. */
export function thinned(all: readonly ChartExemplar[], most: number): ChartExemplar[] {
  const sorted = [...all].sort((a, b) => a.timeMs - b.timeMs);
  if (sorted.length <= most) return sorted;
  const first = sorted[0]!.timeMs;
  const stretch = (sorted[sorted.length - 1]!.timeMs - first + 1) / most;
  const largest = new Map<number, ChartExemplar>();
  for (const one of sorted) {
    const place = Math.floor((one.timeMs - first) / stretch);
    const known = largest.get(place);
    if (!known || one.value > known.value) largest.set(place, one);
  }
  return [...largest.values()];
}

/** In CSS pixels: half of a diamond, and how near a cursor must come. */
const HALF_PX = 4.5;
const REACH_PX = 7;

const ratio = (): number => globalThis.devicePixelRatio || 1;

/** Small diamonds at time and value, with an edge that parts them from lines. */
class Diamonds implements ChartExemplars {
  readonly #all: readonly ChartExemplar[];

  constructor(all: readonly ChartExemplar[]) {
    this.#all = all;
  }

  draw(u: uPlot, scale: string, { palette, surface }: ChartTheme): void {
    const { ctx, bbox } = u;
    const size = HALF_PX * ratio();
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = palette[4]!;
    ctx.strokeStyle = surface;
    ctx.lineWidth = ratio();
    for (const one of this.#all) {
      const x = u.valToPos(one.timeMs, "x", true);
      const y = topOf(u, one, scale) * ratio() + bbox.top;
      ctx.beginPath();
      ctx.moveTo(x, y - size);
      ctx.lineTo(x + size, y);
      ctx.lineTo(x, y + size);
      ctx.lineTo(x - size, y);
      ctx.closePath();
      ctx.fill();
      ctx.stroke();
    }
    ctx.restore();
  }

  /** What there is to say of the one under the cursor, the nearest of several. */
  at(
    u: uPlot,
    { axes, zone }: TimeChartModel,
    scale: string,
    cursor: { left: number; top: number },
  ): string[] {
    const distance = (one: ChartExemplar): number =>
      Math.hypot(u.valToPos(one.timeMs, "x") - cursor.left, topOf(u, one, scale) - cursor.top);
    const reached = this.#all.filter((one) => distance(one) <= REACH_PX);
    const [near] = reached.sort((a, b) => distance(a) - distance(b));
    if (!near) return [];
    const { labels, timeMs, value } = near;
    const text = axes[scale]?.format(Number(value.toPrecision(4))) ?? String(value);
    const when = formatDate(timeMs, "HH:mm:ss.SSS", zone);
    const lines = Object.entries(labels).map((pair) => pair.join("="));
    return [`Exemplar: ${text} at ${when}`, ...lines];
  }
}

/** Where an exemplar stands, in CSS pixels from the top; one beyond the axis stands at its edge. */
function topOf(u: uPlot, { value }: ChartExemplar, scale: string): number {
  const bottom = u.bbox.height / ratio() - HALF_PX;
  return Math.min(bottom, Math.max(HALF_PX, u.valToPos(value, scale)));
}
