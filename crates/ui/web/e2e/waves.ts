// Series that look like those of a busy day: counters that grow, gauges that swing, for any instant, so
// that what is scraped goes on where the pushed history ends.

export interface WavingSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly at: (timeMs: number) => number;
}

const HOUR_MS = 3_600_000;
const STILL =
  /_(?:info|limit|max|min|created|boot_time|version)\b|_(?:size|MemTotal)_bytes|_up$|^up$/;

/** A number between 0 and 1 that belongs to a text. */
export function chance(text: string): number {
  let hash = 2166136261;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  return (hash >>> 0) / 2 ** 32;
}

/** From -1 to 1; slow and quick waves that differ from series to series. */
function swing(timeMs: number, seed: number): number {
  const hours = timeMs / HOUR_MS;
  return (
    0.55 * Math.sin(hours * (5 + 4 * seed) + 9 * seed) +
    0.3 * Math.sin(hours * (31 + 17 * seed) + 5) +
    0.15 * Math.sin(hours * 211 * (1 + seed))
  );
}

/** The same, summed up over time: seconds times the average of `1 + swing`. */
function grown(timeMs: number, seed: number): number {
  const hours = timeMs / HOUR_MS;
  const wave = (share: number, speed: number, phase: number): number =>
    (-share / speed) * Math.cos(hours * speed + phase);
  const waves =
    wave(0.55, 5 + 4 * seed, 9 * seed) +
    wave(0.3, 31 + 17 * seed, 5) +
    wave(0.15, 211 * (1 + seed), 0);
  return 3600 * (hours + waves);
}

/** A counter that has `value` now and grows by `perSecond` on average. */
export function counter(
  labels: Readonly<Record<string, string>>,
  value: number,
  perSecond: number,
  nowMs: number,
): WavingSeries {
  const seed = chance(labels.wave ?? JSON.stringify(labels));
  const { wave: _wave, ...own } = labels;
  const now = grown(nowMs, seed);
  return { labels: own, at: (timeMs) => value + perSecond * (grown(timeMs, seed) - now) };
}

/** A gauge that swings around `value`. */
export function gauge(
  labels: Readonly<Record<string, string>>,
  value: number,
  share = 0.12,
): WavingSeries {
  const seed = chance(JSON.stringify(labels));
  const isStill = STILL.test(labels.__name__ ?? "") || value === 0 || value === 1;
  const isWhole = Number.isInteger(value);
  const at = (timeMs: number): number => {
    const now = value * (1 + share * swing(timeMs, seed));
    return isWhole ? Math.round(now) : now;
  };
  return { labels, at: isStill ? () => value : at };
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly isCounter: boolean;
}

/** Samples of a page of metrics. */
export function parse(page: string): Sample[] {
  const counters = new Set<string>();
  const samples: Sample[] = [];
  for (const line of page.split("\n")) {
    const type = /^# TYPE (\S+) (counter|histogram)/.exec(line);
    if (type) counters.add(type[1]!);
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!found) continue;
    const [, name = "", text = "", value] = found;
    const family = name.replace(/_(?:bucket|sum|count)$/, "");
    const pairs = text.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g);
    const labels = Object.fromEntries(
      [...pairs].map(([, label = "", inside = ""]) => [label, inside.replace(/\\(.)/g, "$1")]),
    );
    const isCounter = counters.has(name) || counters.has(family);
    samples.push({ labels: { __name__: name, ...labels }, value: Number(value), isCounter });
  }
  return samples.filter(({ value }) => Number.isFinite(value));
}

/** What was seen once, brought to life. */
export function waving({ labels, value, isCounter }: Sample, nowMs: number): WavingSeries {
  if (!isCounter) return gauge(labels, value);
  return counter(labels, value, value / 86_400, nowMs);
}

/** A page of metrics as it is at an instant. */
export function render(series: readonly WavingSeries[], timeMs: number): string {
  const escaped = (text: string): string =>
    text.replace(/["\\\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`));
  return series
    .map(({ labels: { __name__: name, ...labels }, at }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
      return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${at(timeMs)}\n`;
    })
    .join("");
}
