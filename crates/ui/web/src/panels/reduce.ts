// Reducers: one value of a column ("calculations" in Grafana: lastNotNull, mean, max ...).
// Used by stat-like panels, legends, table footers and transformations.
// Pure; null stands for "there is nothing to say".

export type Cell = unknown;

type Reducer = (values: readonly Cell[]) => unknown;

const numbersOf = (values: readonly Cell[]): number[] =>
  values.filter((value): value is number => typeof value === "number" && Number.isFinite(value));

const isNone = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === "number" && Number.isNaN(value));

function sum(values: readonly Cell[]): number | null {
  const numbers = numbersOf(values);
  return numbers.length === 0 ? null : numbers.reduce((total, value) => total + value, 0);
}

function mean(values: readonly Cell[]): number | null {
  const numbers = numbersOf(values);
  return numbers.length === 0
    ? null
    : numbers.reduce((total, value) => total + value, 0) / numbers.length;
}

function least(values: readonly Cell[]): number | null {
  return numbersOf(values).reduce<number | null>(
    (low, v) => (low === null || v < low ? v : low),
    null,
  );
}

function most(values: readonly Cell[]): number | null {
  return numbersOf(values).reduce<number | null>(
    (high, v) => (high === null || v > high ? v : high),
    null,
  );
}

const first: Reducer = (values) => values[0] ?? null;
const last: Reducer = (values) => values[values.length - 1] ?? null;
const firstNotNull: Reducer = (values) => values.find((value) => !isNone(value)) ?? null;

function lastNotNull(values: readonly Cell[]): unknown {
  for (let i = values.length - 1; i >= 0; i--) if (!isNone(values[i])) return values[i];
  return null;
}

function ends(values: readonly Cell[]): [number, number] | null {
  const numbers = numbersOf(values);
  return numbers.length === 0 ? null : [numbers[0]!, numbers[numbers.length - 1]!];
}

/** Population variance. */
function variance(values: readonly Cell[]): number | null {
  const numbers = numbersOf(values);
  const middle = mean(numbers);
  if (middle === null) return null;
  return numbers.reduce((total, value) => total + (value - middle) ** 2, 0) / numbers.length;
}

/** The growth of a counter: falls are taken as restarts from zero. */
function delta(values: readonly Cell[]): number | null {
  const numbers = numbersOf(values);
  if (numbers.length === 0) return null;
  let total = 0;
  for (let i = 1; i < numbers.length; i++) {
    const step = numbers[i]! - numbers[i - 1]!;
    total += step >= 0 ? step : numbers[i]!;
  }
  return total;
}

/** The smallest distance of neighbours. */
function step(values: readonly Cell[]): number | null {
  const numbers = numbersOf(values);
  return least(
    numbers
      .slice(1)
      .map((value, i) => value - numbers[i]!)
      .filter((value) => value !== 0),
  );
}

function percentile(values: readonly Cell[], p: number): number | null {
  const sorted = numbersOf(values).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const place = (p / 100) * (sorted.length - 1);
  const low = sorted[Math.floor(place)]!;
  return low + (sorted[Math.ceil(place)]! - low) * (place % 1);
}

const distinct = (values: readonly Cell[]): unknown[] => [
  ...new Set(values.filter((value) => !isNone(value))),
];

const REDUCERS: Record<string, readonly [name: string, reduce: Reducer]> = {
  lastNotNull: ["Last *", lastNotNull],
  last: ["Last", last],
  firstNotNull: ["First *", firstNotNull],
  first: ["First", first],
  min: ["Min", least],
  max: ["Max", most],
  mean: ["Mean", mean],
  median: ["Median", (values) => percentile(values, 50)],
  sum: ["Total", sum],
  count: ["Count", (values) => values.length],
  range: [
    "Range",
    (values) => {
      const [low, high] = [least(values), most(values)];
      return low === null || high === null ? null : high - low;
    },
  ],
  diff: [
    "Difference",
    (values) => {
      const at = ends(values);
      return at && at[1] - at[0];
    },
  ],
  diffperc: [
    "Difference %",
    (values) => {
      const at = ends(values);
      return at && (at[1] - at[0]) / at[0];
    },
  ],
  delta: ["Delta", delta],
  step: ["Step", step],
  stdDev: [
    "StdDev",
    (values) => {
      const v = variance(values);
      return v === null ? null : Math.sqrt(v);
    },
  ],
  variance: ["Variance", variance],
  logmin: ["Min (above zero)", (values) => least(numbersOf(values).filter((value) => value > 0))],
  changeCount: [
    "Change count",
    (values) => values.filter((value, i) => i > 0 && value !== values[i - 1]).length,
  ],
  distinctCount: ["Distinct count", (values) => distinct(values).length],
  uniqueValues: ["All unique values", (values) => distinct(values).join(", ")],
  allValues: ["All values", (values) => values.join(", ")],
  allIsZero: ["All zeros", (values) => values.length > 0 && values.every((value) => value === 0)],
  allIsNull: ["All nulls", (values) => values.every(isNone)],
};

/** Names Grafana used before. */
const ALIASES: Record<string, string> = {
  "current": "lastNotNull",
  "avg": "mean",
  "total": "sum",
  "lastNull": "last",
  "": "lastNotNull",
};

function settled(id: string): string {
  return ALIASES[id] ?? id;
}

/** The value that a reducer makes of a column; an unknown reducer says nothing. */
export function reduce(id: string, values: readonly Cell[]): unknown {
  const name = settled(id);
  const p = /^p(\d{1,2})$/.exec(name);
  if (p) return percentile(values, Number(p[1]));
  return Object.hasOwn(REDUCERS, name) ? REDUCERS[name]![1](values) : null;
}

/** The heading of a reducer in legends and tables. */
export function reducerName(id: string): string {
  const name = settled(id);
  const p = /^p(\d{1,2})$/.exec(name);
  if (p) return `${Number(p[1])}th %`;
  return Object.hasOwn(REDUCERS, name) ? REDUCERS[name]![0] : id;
}

/** Whether the result has the unit of the column. */
export function keepsUnit(id: string): boolean {
  return !["count", "changeCount", "distinctCount", "diffperc", "allIsZero", "allIsNull"].includes(
    settled(id),
  );
}

/** The reducers to choose from. */
export function reducerIds(): string[] {
  return Object.keys(REDUCERS);
}
