import { describe, expect, it } from "vitest";
import { autoNames, legendName, nameFields } from "./names";
import { framesOf, type QueryAnswer } from "./prometheus_frames";
import { reduce, reducerIds, reducerName } from "./reduce";

const matrix = (...series: [Record<string, string>, [number, string][]][]): QueryAnswer => ({
  resultType: "matrix",
  result: series.map(([metric, values]) => ({ metric, values })),
});
const base = { refId: "A", expr: "up" };

describe("frames of answers", () => {
  it("of a range have a gap where steps are missing", () => {
    const answer = matrix([
      { job: "a" },
      [
        [10, "1"],
        [20, "2"],
        [50, "NaN"],
        [60, "+Inf"],
      ],
    ]);
    const [frame] = framesOf(answer, { ...base, stepMs: 10_000, legendFormat: "{{job}} up" });
    expect(frame!.fields[0]!.values).toEqual([10_000, 20_000, 30_000, 50_000, 60_000]);
    expect(frame!.fields[1]!.values).toEqual([1, 2, null, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(frame!.fields[1]!.queryName).toBe("a up");
  });
  it("as a table have a column per label and a row per sample", () => {
    const answer: QueryAnswer = {
      resultType: "vector",
      result: [
        { metric: { job: "a", __name__: "up" }, value: [10, "1"] },
        { metric: { pod: "p" }, value: [10, "0"] },
      ],
    };
    const [frame] = framesOf(answer, { ...base, format: "table" });
    expect(frame!.fields.map((field) => [field.name, field.values])).toEqual([
      ["Time", [10_000, 10_000]],
      ["__name__", ["up", ""]],
      ["job", ["a", ""]],
      ["pod", ["", "p"]],
      ["Value", [1, 0]],
    ]);
  });
  it("of scalars and strings have one value", () => {
    expect(
      framesOf({ resultType: "scalar", result: [1, "2.5"] }, base)[0]!.fields[1]!.values,
    ).toEqual([2.5]);
  });
  it("as a heatmap take cumulative buckets apart, in the order of bounds", () => {
    const answer = matrix(
      [
        { le: "+Inf" },
        [
          [1, "9"],
          [2, "9"],
        ],
      ],
      [
        { le: "1" },
        [
          [1, "2"],
          [2, "3"],
        ],
      ],
      [
        { le: "10" },
        [
          [1, "7"],
          [2, "3"],
        ],
      ],
    );
    const [frame] = framesOf(answer, { ...base, format: "heatmap" });
    expect(frame!.fields.slice(1).map((field) => [field.name, field.values])).toEqual([
      ["1", [2, 3]],
      ["10", [5, 0]],
      ["+Inf", [2, 6]],
    ]);
  });
  it("of native histograms are buckets by upper bound", () => {
    const histogram = {
      count: "3",
      sum: "4",
      buckets: [
        [0, "1", "2", "1"],
        [0, "-1", "1", "2"],
      ] as never,
    };
    const answer: QueryAnswer = {
      resultType: "vector",
      result: [{ metric: {}, histogram: [5, histogram] }],
    };
    const [frame] = framesOf(answer, base);
    expect(frame!.fields.map((field) => field.name)).toEqual(["Time", "1", "2"]);
  });
  it("of nothing are none", () => expect(framesOf(matrix(), base)).toEqual([]));
});

describe("names of series", () => {
  it("are what the legend format says", () => {
    expect(legendName("{{ instance }} {{nope}}x", { instance: "h:1" }, "up")).toBe("h:1 x");
    expect(legendName("", { __name__: "up", b: "2", a: "1" }, "up")).toBe('up{a="1", b="2"}');
    expect(legendName(undefined, {}, "1+1")).toBe("1+1");
    expect(legendName("__auto", {}, "up")).toBeUndefined();
  });
  it("are the labels that differ when automatic", () => {
    expect(
      autoNames(
        [
          { a: "1", b: "x" },
          { a: "2", b: "x" },
        ],
        "e",
      ),
    ).toEqual(["1", "2"]);
    expect(
      autoNames(
        [
          { a: "1", b: "x" },
          { a: "2", b: "y" },
        ],
        "e",
      ),
    ).toEqual(['{a="1", b="x"}', '{a="2", b="y"}']);
    expect(autoNames([{ __name__: "up", job: "n" }], "up")).toEqual(["n"]);
    expect(autoNames([{}], "sum(up)")).toEqual(["sum(up)"]);
  });
  it("follow an override and are told apart", () => {
    const frames = framesOf(matrix([{ a: "1" }, [[1, "1"]]], [{ a: "2" }, [[1, "1"]]]), {
      ...base,
      legendFormat: "same",
    });
    frames[1]!.fields[1]!.config = { displayName: "${__field.labels.a} of ${__field.name}" };
    expect(nameFields(frames).map((frame) => frame.fields[1]!.displayName)).toEqual([
      "same",
      "2 of same",
    ]);
    frames[1]!.fields[1]!.config = {};
    expect(nameFields(frames).map((frame) => frame.fields[1]!.displayName)).toEqual([
      "same",
      "same 2",
    ]);
  });
});

describe("reducers", () => {
  const values = [null, 4, 2, Number.NaN, 6, null];
  it.each<[string, unknown]>([
    ["lastNotNull", 6],
    ["last", null],
    ["firstNotNull", 4],
    ["first", null],
    ["min", 2],
    ["max", 6],
    ["mean", 4],
    ["sum", 12],
    ["count", 6],
    ["range", 4],
    ["diff", 2],
    ["diffperc", 0.5],
    ["delta", 6],
    ["variance", 8 / 3],
    ["median", 4],
    ["p95", 5.8],
    ["distinctCount", 3],
    ["current", 6],
    ["avg", 4],
    ["total", 12],
    ["nope", null],
  ])("%s", (id, expected) => {
    const result = reduce(id, values);
    if (typeof expected === "number") expect(result).toBeCloseTo(expected, 9);
    else expect(result).toBe(expected);
  });
  it("say nothing of nothing", () => {
    for (const id of [
      "lastNotNull",
      "mean",
      "max",
      "sum",
      "range",
      "diff",
      "delta",
      "stdDev",
      "p50",
    ]) {
      expect(reduce(id, [])).toBeNull();
      expect(reduce(id, [null, null])).toBeNull();
    }
    expect(reduce("count", [])).toBe(0);
  });
  it("have headings", () => {
    expect(reducerIds().map(reducerName)).toContain("Last *");
    expect([reducerName("p90"), reducerName("own")]).toEqual(["90th %", "own"]);
  });
});
