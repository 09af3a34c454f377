// Series on one time axis, and stacks of them.
// Between frames and the plot: uPlot wants one array of times and one of values per series.
// Pure; series that share a time axis already are taken as they are.

export type Values = readonly (number | null | undefined)[];

export interface Timed {
  times: readonly number[];
  values: Values;
}

/** One ascending axis of times and each series' values on it; undefined where a series has no point. */
export function align(series: readonly Timed[]): { times: number[]; values: Values[] } {
  const first = series[0];
  if (!first) return { times: [], values: [] };
  if (series.every((one) => sameTimes(one.times, first.times))) {
    return { times: [...first.times], values: series.map((one) => one.values) };
  }
  const times = [...new Set(series.flatMap((one) => one.times as number[]))].sort((a, b) => a - b);
  const place = new Map(times.map((time, index) => [time, index]));
  const values = series.map((one) => {
    const row: (number | null | undefined)[] = new Array(times.length).fill(undefined);
    one.times.forEach((time, i) => {
      row[place.get(time)!] = one.values[i];
    });
    return row;
  });
  return { times, values };
}

function sameTimes(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((time, i) => time === b[i]);
}

/** Nulls shorter than `spanMs` are bridged (true: all of them), by turning them into "no point". */
export function spanNulls(
  times: readonly number[],
  values: Values,
  span: boolean | number,
): Values {
  if (!span) return values;
  const out = [...values];
  let before = -1;
  for (let i = 0; i < out.length; i++) {
    if (out[i] === null || out[i] === undefined) continue;
    if (before >= 0 && i - before > 1 && (span === true || times[i]! - times[before]! <= span)) {
      for (let j = before + 1; j < i; j++) out[j] = undefined;
    }
    before = i;
  }
  return out;
}

export interface StackMember {
  values: Values;
  /** Series of one group and one sign are stacked on each other. */
  group?: string | undefined;
  percent?: boolean | undefined;
}

export interface Stacked {
  values: Values[];
  /** The member on which each one stands, or -1 for the axis. */
  below: number[];
}

/** Cumulative values per group; positive and negative members grow apart from zero. */
export function stack(members: readonly StackMember[]): Stacked {
  const sums = new Map<string, number[]>();
  const tops = new Map<string, number>();
  const totals = percentTotals(members);
  const below: number[] = [];
  const values = members.map((member, index) => {
    if (member.group === undefined) {
      below.push(-1);
      return member.values;
    }
    const key = `${member.group} ${isNegative(member.values) ? "-" : "+"}`;
    const sum = sums.get(key) ?? new Array<number>(member.values.length).fill(0);
    sums.set(key, sum);
    below.push(tops.get(key) ?? -1);
    tops.set(key, index);
    const total = member.percent ? totals.get(key) : undefined;
    return member.values.map((value, i) => {
      if (value === null || value === undefined) return value;
      sum[i]! += total ? (total[i] ? value / total[i]! : 0) : value;
      return sum[i]!;
    });
  });
  return { values, below };
}

function isNegative(values: Values): boolean {
  let total = 0;
  for (const value of values) total += value ?? 0;
  return total < 0;
}

function percentTotals(members: readonly StackMember[]): Map<string, number[]> {
  const totals = new Map<string, number[]>();
  for (const member of members) {
    if (!member.percent || member.group === undefined) continue;
    const key = `${member.group} ${isNegative(member.values) ? "-" : "+"}`;
    const total = totals.get(key) ?? new Array<number>(member.values.length).fill(0);
    totals.set(key, total);
    member.values.forEach((value, i) => {
      total[i]! += Math.abs(value ?? 0);
    });
  }
  return totals;
}
