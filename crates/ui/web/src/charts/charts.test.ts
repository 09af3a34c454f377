import { describe, expect, it } from "vitest";
import { align, spanNulls, stack } from "./align";
import { alongScale, contrast, inkOn, mix, readable, resolveColor, withAlpha } from "./colors";
import { clicked } from "./isolate";
import { calcText } from "./Legend";
import type { ChartSeries, TimeChartModel } from "./model";
import { lonely, prepare, sameShape } from "./prepare";
import { valueRange } from "./scales";
import { summary } from "./summary";

const line = (
  name: string,
  values: (number | null)[],
  rest: Partial<ChartSeries> = {},
): ChartSeries => ({
  name,
  color: "#112233",
  times: values.map((_v, i) => i * 10),
  values,
  ...rest,
});
const model = (series: ChartSeries[]): TimeChartModel => ({
  series,
  axes: { y: { side: "left", format: String } },
  fromMs: 0,
  toMs: 100,
  zone: "utc",
});

describe("align", () => {
  it("takes a shared axis as it is and joins different ones", () => {
    expect(
      align([
        { times: [1, 2], values: [5, 6] },
        { times: [1, 2], values: [7, null] },
      ]),
    ).toEqual({
      times: [1, 2],
      values: [
        [5, 6],
        [7, null],
      ],
    });
    expect(
      align([
        { times: [1, 3], values: [5, 6] },
        { times: [2], values: [7] },
      ]),
    ).toEqual({
      times: [1, 2, 3],
      values: [
        [5, undefined, 6],
        [undefined, 7, undefined],
      ],
    });
    expect(align([])).toEqual({ times: [], values: [] });
  });
});

describe("spanNulls", () => {
  const times = [0, 10, 20, 30, 40];
  it("bridges all gaps, or the short ones", () => {
    expect(spanNulls(times, [1, null, 3, null, 5], true)).toEqual([1, undefined, 3, undefined, 5]);
    expect(spanNulls(times, [1, null, 3, null, null], 20)).toEqual([1, undefined, 3, null, null]);
    expect(spanNulls(times, [1, null, null, null, 5], 20)).toEqual([1, null, null, null, 5]);
  });
});

describe("stack", () => {
  it("adds up members of a group, signs apart, gaps left open", () => {
    const made = stack([
      { values: [1, 2, null], group: "a" },
      { values: [10, null, 30], group: "a" },
      { values: [-1, -1, -1], group: "a" },
      { values: [9, 9, 9] },
    ]);
    expect(made.values).toEqual([
      [1, 2, null],
      [11, null, 30],
      [-1, -1, -1],
      [9, 9, 9],
    ]);
    expect(made.below).toEqual([-1, 0, -1, -1]);
  });
  it("in percent reaches one", () => {
    const made = stack([
      { values: [1, 0], group: "a", percent: true },
      { values: [3, 0], group: "a", percent: true },
    ]);
    expect(made.values).toEqual([
      [0.25, 0],
      [1, 0],
    ]);
  });
});

describe("prepare", () => {
  it("leaves hidden series out of stacks and turns negated ones over", () => {
    const series = [
      line("a", [1, 1], { stack: { group: "A" } }),
      line("b", [2, 2], { stack: { group: "A" } }),
      line("c", [3, 3], { negated: true }),
    ];
    const made = prepare(model(series), new Set(["a"]));
    expect(made.drawn).toEqual([
      [2, 2],
      [-3, -3],
    ]);
    expect(made.raw[1]).toEqual([3, 3]);
    expect(made.bands).toEqual([]);
    expect(prepare(model(series), new Set()).bands).toEqual([{ upper: 1, lower: 0, up: false }]);
  });
  it("keeps its shape while only numbers change", () => {
    const a = prepare(model([line("a", [1, 2])]), new Set());
    expect(sameShape(a, prepare(model([line("a", [3, 4])]), new Set()))).toBe(true);
    expect(sameShape(a, prepare(model([line("b", [1, 2])]), new Set()))).toBe(false);
  });
  it("finds points that no line reaches", () => {
    expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5]);
    expect(lonely([null, 1, undefined, 2, null])).toEqual([]);
  });
});

describe("the range of values", () => {
  const axis = { side: "left", format: String } as const;
  it("takes zero when it is near, and limits as they are", () => {
    expect(valueRange(axis, 5, 100)[0]).toBe(0);
    expect(valueRange(axis, 1000, 1010)[0]).toBeGreaterThan(900);
    expect(valueRange({ ...axis, min: 0, max: 100 }, 20, 400)).toEqual([0, 100]);
    expect(valueRange({ ...axis, softMax: 100 }, 0, 40)[1]).toBe(100);
    expect(valueRange({ ...axis, zeroBased: true }, 1000, 1010)[0]).toBe(0);
  });
  it("is never empty", () => {
    for (const [low, high] of [
      [null, null],
      [5, 5],
      [0, 0],
    ] as const) {
      const [from, to] = valueRange(axis, low, high);
      expect(to).toBeGreaterThan(from);
    }
    const [from, to] = valueRange({ ...axis, log: 10 }, 0, 500);
    expect(from).toBeGreaterThan(0);
    expect(to).toBeGreaterThanOrEqual(500);
  });
});

describe("colours", () => {
  it("of dashboards have a shade for each theme", () => {
    expect(resolveColor("red", true, "#fff")).toBe("#f2495c");
    expect(resolveColor("red", false, "#000")).toBe("#e02f44");
    expect(resolveColor("semi-dark-blue", true, "#fff")).toBe("#3274d9");
    expect(resolveColor("rgba(50, 172, 45, 0.97)", true, "#fff")).toBe("rgba(50, 172, 45, 0.97)");
    expect(resolveColor("nonsense", true, "#ffffff")).toBe("#ffffff");
  });
  it("mix and fade", () => {
    expect(mix("#000", "#ffffff", 0.5)).toBe("#808080");
    expect(withAlpha("#ff0000", 0.2)).toBe("rgba(255, 0, 0, 0.2)");
    expect(alongScale(["#000000", "#ff0000", "#ffffff"], 0.5)).toBe("#ff0000");
    expect(alongScale(["#000000", "#ffffff"], 7)).toBe("#ffffff");
  });
  it("can be read on their ground", () => {
    for (const ground of ["#ffffff", "#181c19", "#fade2a"]) {
      for (const color of ["#fade2a", "#1f60c4", "#808080"]) {
        expect(contrast(readable(color, ground), ground)).toBeGreaterThanOrEqual(4.5);
      }
      expect(contrast(inkOn(ground), ground)).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe("the legend", () => {
  const names = ["a", "b", "c"];
  it("isolates with a click and back again", () => {
    expect(clicked(names, [], "b", false)).toEqual(["b"]);
    expect(clicked(names, ["b"], "b", false)).toEqual([]);
    expect(clicked(names, ["b"], "c", false)).toEqual(["c"]);
  });
  it("adds and takes with ctrl", () => {
    expect(clicked(names, [], "b", true)).toEqual(["a", "c"]);
    expect(clicked(names, ["a", "c"], "b", true)).toEqual([]);
  });
  it("calculates in the unit of the series", () => {
    const series = line("a", [1, 3, null], { format: (v) => `${v} s` });
    expect(calcText(series, "mean")).toBe("2 s");
    expect(calcText(series, "count")).toBe("3");
    expect(calcText(line("e", []), "max")).toBe("–");
  });
  it("is told in words too", () => {
    expect(summary("CPU", model([]))).toBe("CPU: no data");
    expect(summary("CPU", model([line("user", [1, 2])]))).toBe("CPU: 1 series; user last 2");
  });
});
