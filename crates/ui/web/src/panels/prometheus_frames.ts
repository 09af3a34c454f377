// Answers of the query API as data frames: matrix, vector, scalar, string and native histograms.
// Fed by `query`, drained by transformations and panels.
// Values stay numbers; NaN and infinities are kept, gaps of a range are filled with null.

import { type Field, fieldOf, type Frame, frameOf, type Labels } from "./frame";
import { autoNames, legendName } from "./names";
import { parseValue } from "./number";

/** Seconds since 1970, and the value as the server writes it or as it was read before. */
export type Sample = [time: number, value: string | number];
export type Bucket = [boundaries: number, lower: string, upper: string, count: string];
export interface HistogramValue {
  count: string;
  sum: string;
  buckets?: Bucket[];
}
export interface SeriesAnswer {
  metric: Labels;
  value?: Sample;
  values?: Sample[];
  histogram?: [number, HistogramValue];
  histograms?: [number, HistogramValue][];
}
export interface QueryAnswer {
  resultType: string;
  result: SeriesAnswer[] | Sample;
}

export interface FrameOptions {
  refId: string;
  expr: string;
  format?: string | undefined;
  legendFormat?: string | undefined;
  stepMs?: number;
  startMs?: number;
  endMs?: number;
}

/** The frames of one query. */
export function framesOf(answer: QueryAnswer, options: FrameOptions): Frame[] {
  const series = seriesOf(answer);
  if (options.format === "table") return [tableFrame(series, options)];
  if (options.format === "heatmap") return heatmapFrames(series, options);
  return seriesFrames(series, options);
}

function seriesOf(answer: QueryAnswer): SeriesAnswer[] {
  if (answer.resultType === "scalar" || answer.resultType === "string") {
    return [{ metric: {}, value: answer.result as Sample }];
  }
  return answer.result as SeriesAnswer[];
}

function samplesOf(series: SeriesAnswer): Sample[] {
  return series.values ?? (series.value ? [series.value] : []);
}

function seriesFrames(series: readonly SeriesAnswer[], options: FrameOptions): Frame[] {
  const floats = series.filter((one) => samplesOf(one).length > 0);
  const histograms = series.filter((one) => one.histogram || one.histograms);
  const auto = autoNames(
    floats.map((one) => one.metric),
    options.expr,
  );
  const frames = floats.map((one, index) => seriesFrame(one, auto[index]!, options));
  return [...frames, ...histograms.flatMap((one) => histogramFrames(one, options))];
}

function seriesFrame(series: SeriesAnswer, auto: string, options: FrameOptions): Frame {
  const samples = samplesOf(series);
  const { times, values } = withGaps(samples, series.values ? options.stepMs : undefined);
  const queryName = legendName(options.legendFormat, series.metric, options.expr) ?? auto;
  const fields = [
    fieldOf("Time", "time", times),
    fieldOf("Value", "number", values, { labels: series.metric, queryName }),
  ];
  const meta = {
    type: "series" as const,
    ...(options.stepMs === undefined ? {} : { stepMs: options.stepMs }),
  };
  return frameOf(options.refId, fields, { name: queryName, meta });
}

/** A range answer leaves out steps without a sample; a null there keeps the line from bridging them. */
function withGaps(
  samples: readonly Sample[],
  stepMs?: number,
): { times: number[]; values: (number | null)[] } {
  const times: number[] = [];
  const values: (number | null)[] = [];
  let before: number | undefined;
  for (const [seconds, text] of samples) {
    const time = Math.round(seconds * 1000);
    if (stepMs && before !== undefined && time - before > stepMs * 1.5) {
      times.push(before + stepMs);
      values.push(null);
    }
    times.push(time);
    values.push(parseValue(text));
    before = time;
  }
  return { times, values };
}

/** One row per series and sample: Time, the labels in order, Value. */
function tableFrame(series: readonly SeriesAnswer[], options: FrameOptions): Frame {
  const names = [...new Set(series.flatMap((one) => Object.keys(one.metric)))].sort();
  const rows = series.flatMap((one) =>
    samplesOf(one).map((sample) => ({ metric: one.metric, sample })),
  );
  const text = (name: string): Field =>
    fieldOf(
      name,
      "string",
      rows.map((row) => row.metric[name] ?? ""),
      { config: { custom: { filterable: true } } },
    );
  const fields = [
    fieldOf(
      "Time",
      "time",
      rows.map((row) => Math.round(row.sample[0] * 1000)),
    ),
    ...names.map(text),
    fieldOf(
      "Value",
      "number",
      rows.map((row) => parseValue(row.sample[1])),
    ),
  ];
  return frameOf(options.refId, fields, { meta: { type: "table" } });
}

/** Buckets by `le`, cumulative ones taken apart, sorted by bound; native histograms as they are. */
function heatmapFrames(series: readonly SeriesAnswer[], options: FrameOptions): Frame[] {
  const native = series.filter((one) => one.histogram || one.histograms);
  if (native.length > 0) return native.flatMap((one) => histogramFrames(one, options));
  const bounded = series
    .filter((one) => one.metric.le !== undefined)
    .sort((a, b) => parseValue(a.metric.le!) - parseValue(b.metric.le!));
  if (bounded.length === 0)
    return seriesFrames(series, options).map((frame) => ({ ...frame, name: frame.name ?? "" }));
  return [bucketFrame(bounded, options)];
}

function bucketFrame(series: readonly SeriesAnswer[], options: FrameOptions): Frame {
  const columns = series.map(
    (one) => new Map(samplesOf(one).map(([s, v]) => [Math.round(s * 1000), parseValue(v)])),
  );
  const times = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort((a, b) => a - b);
  const fields = columns.map((column, index) => {
    const below = columns[index - 1];
    const values = times.map((time) => {
      const value = column.get(time);
      return value === undefined ? null : Math.max(0, value - (below?.get(time) ?? 0));
    });
    const bound = series[index]!.metric.le!;
    return fieldOf(bound, "number", values, { labels: series[index]!.metric, queryName: bound });
  });
  const meta = {
    type: "heatmap" as const,
    ...(options.stepMs === undefined ? {} : { stepMs: options.stepMs }),
  };
  return frameOf(options.refId, [fieldOf("Time", "time", times), ...fields], { meta });
}

/** A native histogram as bucket columns named by their upper bounds. */
function histogramFrames(series: SeriesAnswer, options: FrameOptions): Frame[] {
  const points = series.histograms ?? (series.histogram ? [series.histogram] : []);
  if (points.length === 0) return [];
  const bounds = new Map<string, { lower: number; upper: number }>();
  const cells = points.map(([, histogram]) => {
    const row = new Map<string, number>();
    for (const [, lower, upper, count] of histogram.buckets ?? []) {
      bounds.set(upper, { lower: parseValue(lower), upper: parseValue(upper) });
      row.set(upper, parseValue(count));
    }
    return row;
  });
  const order = [...bounds].sort((a, b) => a[1].upper - b[1].upper);
  const fields = order.map(([upper]) =>
    fieldOf(
      upper,
      "number",
      cells.map((row) => row.get(upper) ?? 0),
      { labels: series.metric, queryName: upper },
    ),
  );
  const times = points.map(([seconds]) => Math.round(seconds * 1000));
  const meta = {
    type: "heatmap" as const,
    ...(options.stepMs === undefined ? {} : { stepMs: options.stepMs }),
  };
  return [frameOf(options.refId, [fieldOf("Time", "time", times), ...fields], { meta })];
}
