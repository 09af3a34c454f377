import { describe, expect, it } from "vitest";
import { fieldOf, type Frame, frameOf, guessType } from "../frame";
import { transform, transformIds } from ".";

const table = (refId: string, columns: Record<string, unknown[]>): Frame =>
  frameOf(
    refId,
    Object.entries(columns).map(([name, values]) =>
      fieldOf(name, name === "Time" ? "time" : guessType(values), values),
    ),
    { meta: { type: "table" } },
  );
const series = (name: string, labels: Record<string, string>, values: (number | null)[]): Frame =>
  frameOf(
    "A",
    [
      fieldOf(
        "Time",
        "time",
        values.map((_v, i) => i),
      ),
      fieldOf("Value", "number", values, { labels, queryName: name }),
    ],
    { name, meta: { type: "series" } },
  );
const run = (id: string, options: Record<string, unknown>, ...frames: Frame[]) =>
  transform(frames, [{ id, options }]).frames.map((frame) =>
    Object.fromEntries(
      frame.fields.map((field) => [field.displayName ?? field.name, field.values]),
    ),
  );

describe("transformations of texts and rows", () => {
  it("write times and texts in another form", () => {
    const frame = table("A", { Time: [0], name: ["two words"] });
    expect(
      run("formatTime", { timeField: "Time", outputFormat: "YYYY", timezone: "utc" }, frame),
    ).toEqual([{ Time: ["1970"], name: ["two words"] }]);
    const said = (outputFormat: string) =>
      run("formatString", { stringField: "name", outputFormat, substringEnd: 3 }, frame)[0]?.name;
    expect(said("Upper Case")).toEqual(["TWO WORDS"]);
    expect(said("Camel Case")).toEqual(["twoWords"]);
    expect(said("Substring")).toEqual(["two"]);
    expect(said("Nonsense")).toEqual(["two words"]);
  });

  it("make fields of rows, with what configures and labels them", () => {
    const frame = table("A", {
      mount: ["/", "/var"],
      host: ["a", "b"],
      Value: [1, 2],
      most: [9, 8],
    });
    const mappings = [{ fieldName: "most", handlerKey: "max" }];
    const [made] = transform([frame], [{ id: "rowsToFields", options: { mappings } }]).frames;
    expect(
      made?.fields.map(({ name, values, labels, config }) => [name, values, labels, config]),
    ).toEqual([
      ["/", [1], { host: "a" }, { max: 9 }],
      ["/var", [2], { host: "b" }, { max: 8 }],
    ]);
  });

  it("leave prepared series as they are, or join them", () => {
    const both = [series("a", {}, [1, 2]), series("b", {}, [3, 4])];
    expect(run("prepareTimeSeries", { format: "multi" }, ...both)).toHaveLength(2);
    expect(run("prepareTimeSeries", { format: "wide" }, ...both)).toHaveLength(1);
  });
});

describe("transformations", () => {
  it("nobody knows are named and change nothing", () => {
    const frames = [table("A", { x: [1] })];
    const done = transform(frames, [
      { id: "heatmapMagic", options: {} },
      { id: "limit", options: {}, disabled: true },
    ]);
    expect(done).toEqual({ frames, unknown: ["heatmapMagic"] });
    expect(transformIds().length).toBeGreaterThan(15);
  });
  it("organize leaves out, orders and renames", () => {
    expect(
      run(
        "organize",
        {
          excludeByName: { Time: true },
          indexByName: { b: 0, a: 1 },
          renameByName: { a: "Alpha" },
        },
        table("A", { Time: [1], a: [2], b: [3] }),
      ),
    ).toEqual([{ b: [3], Alpha: [2] }]);
  });
  it("merge brings rows of several queries together", () => {
    expect(
      run(
        "merge",
        {},
        table("A", { job: ["x", "y"], Value: [1, 2] }),
        table("B", { job: ["y", "z"], Value: [20, 30] }),
      ),
    ).toEqual([{ "job": ["x", "y", "z"], "Value #A": [1, 2, null], "Value #B": [null, 20, 30] }]);
  });
  it("joinByField puts columns beside each other", () => {
    const frames = [
      table("A", { ns: ["x", "y"], Value: [1, 2] }),
      table("B", { ns: ["y", "z"], Value: [20, 30] }),
    ];
    expect(run("joinByField", { byField: "ns", mode: "outer" }, ...frames)).toEqual([
      { "ns": ["x", "y", "z"], "Value #A": [1, 2, null], "Value #B": [null, 20, 30] },
    ]);
    expect(run("joinByField", { byField: "ns", mode: "inner" }, ...frames)).toEqual([
      { "ns": ["y"], "Value #A": [2], "Value #B": [20] },
    ]);
    expect(run("seriesToColumns", {}, series("a", {}, [1, 2]), series("b", {}, [3, 4]))).toEqual([
      { Time: [0, 1], a: [1, 2], b: [3, 4] },
    ]);
  });
  it("groupBy calculates over groups", () => {
    expect(
      run(
        "groupBy",
        {
          fields: {
            job: { operation: "groupby" },
            Value: { operation: "aggregate", aggregations: ["sum", "count"] },
          },
        },
        table("A", { job: ["x", "y", "x"], Value: [1, 2, 3], other: [1, 1, 1] }),
      ),
    ).toEqual([{ "job": ["x", "y"], "Value (sum)": [4, 2], "Value (count)": [2, 1] }]);
  });
  it("renameByRegex and filterFieldsByName go by names", () => {
    const frame = table("A", { "Time": [1], "cpu 0": [2], "mem": [3] });
    expect(run("renameByRegex", { regex: "cpu (\\d)", renamePattern: "core $1" }, frame)).toEqual([
      { "Time": [1], "core 0": [2], "mem": [3] },
    ]);
    expect(run("filterFieldsByName", { include: { pattern: "/cpu|Time/" } }, frame)).toEqual([
      { "Time": [1], "cpu 0": [2] },
    ]);
    expect(run("filterFieldsByName", { include: { names: ["mem"] } }, frame)).toEqual([
      { mem: [3] },
    ]);
  });
  it("filterByValue keeps rows", () => {
    const frame = table("A", { x: [1, 5, null], y: ["a", "b", "c"] });
    const filter = (id: string, options: object) => ({ fieldName: "x", config: { id, options } });
    expect(run("filterByValue", { filters: [filter("greater", { value: 2 })] }, frame)).toEqual([
      { x: [5], y: ["b"] },
    ]);
    expect(
      run("filterByValue", { type: "exclude", filters: [filter("isNull", {})] }, frame),
    ).toEqual([{ x: [1, 5], y: ["a", "b"] }]);
  });
  it("calculateField adds columns", () => {
    const frame = table("A", { Time: [1, 2], a: [1, 2], b: [10, null] });
    const last = (options: Record<string, unknown>) =>
      Object.entries(run("calculateField", options, frame)[0]!).at(-1);
    expect(last({ mode: "reduceRow", reduce: { reducer: "sum" } })).toEqual(["Total", [11, 2]]);
    expect(
      last({ mode: "binary", alias: "ratio", binary: { left: "a", operator: "/", right: "b" } }),
    ).toEqual(["ratio", [0.1, null]]);
    expect(
      last({
        mode: "binary",
        binary: {
          left: { matcher: { id: "byName", options: "a" } },
          operator: "*",
          right: { fixed: "3" },
        },
      }),
    ).toEqual(["a * 3", [3, 6]]);
    expect(
      last({ mode: "cumulativeFunctions", cumulative: { field: "a", reducer: "sum" } })![1],
    ).toEqual([1, 3]);
    expect(
      Object.keys(run("calculateField", { mode: "index", replaceFields: true }, frame)[0]!),
    ).toEqual(["Time", "Row"]);
  });
  it("sortBy and limit", () => {
    const frame = table("A", { x: [2, 10, null], y: ["a", "b", "c"] });
    expect(run("sortBy", { sort: [{ field: "x", desc: true }] }, frame)).toEqual([
      { x: [10, 2, null], y: ["b", "a", "c"] },
    ]);
    expect(run("limit", { limitField: 1 }, frame)).toEqual([{ x: [2], y: ["a"] }]);
  });
  it("reduce makes rows of series", () => {
    expect(
      run(
        "reduce",
        { reducers: ["max", "lastNotNull"], labelsToFields: true },
        series("a", { host: "h" }, [1, 5, 2]),
      ),
    ).toEqual([{ "Field": ["a"], "host": ["h"], "Max": [5], "Last *": [2] }]);
    expect(
      run("reduce", { mode: "reduceFields", reducers: ["mean"] }, table("A", { x: [1, 3] })),
    ).toEqual([{ x: [2] }]);
  });
  it("labelsToFields makes columns of labels", () => {
    expect(
      run(
        "labelsToFields",
        {},
        series("a", { host: "h1", __name__: "up" }, [1]),
        series("b", { host: "h2", __name__: "up" }, [0]),
      ),
    ).toEqual([{ Time: [0, 0], host: ["h1", "h2"], up: [1, 0] }]);
  });
  it("timeSeriesTable keeps the line in a cell", () => {
    const [made] = run(
      "timeSeriesTable",
      {},
      series("a", { host: "h1" }, [1, 2]),
      series("b", { host: "h2" }, [3, 4]),
    );
    expect(made!.host).toEqual(["h1", "h2"]);
    expect(made!.Trend).toEqual([
      { times: [0, 1], values: [1, 2], value: 2 },
      { times: [0, 1], values: [3, 4], value: 4 },
    ]);
  });
  it("extractFields reads JSON, pairs and patterns", () => {
    const frame = table("A", { line: ['{"a":1,"b":{"c":"x"}}', 'a=2 b="y z"'] });
    expect(run("extractFields", { source: "line", replace: true }, frame)).toEqual([
      { a: [1, "2"], b: [{ c: "x" }, "y z"] },
    ]);
    expect(
      run(
        "extractFields",
        { source: "line", replace: true, format: "regexp", regExp: "a.{1,2}(?<n>\\d)" },
        frame,
      ),
    ).toEqual([{ n: ["1", "2"] }]);
  });
  it("reshape whole tables", () => {
    const frame = table("A", { row: ["r1", "r2"], col: ["c1", "c1"], v: [1, 2] });
    expect(
      run("groupingToMatrix", { rowField: "row", columnField: "col", valueField: "v" }, frame),
    ).toEqual([{ "row\\col": ["r1", "r2"], "c1": [1, 2] }]);
    expect(run("transpose", {}, table("A", { k: ["p", "q"], v: [1, 2] }))).toEqual([
      { Field: ["v"], p: [1], q: [2] },
    ]);
    expect(
      run(
        "convertFieldType",
        { conversions: [{ targetField: "v", destinationType: "number" }] },
        table("A", { v: ["1", "x"] }),
      ),
    ).toEqual([{ v: [1, null] }]);
    expect(run("partitionByValues", { fields: ["row"] }, frame).length).toBe(2);
    expect(run("seriesToRows", {}, series("a", {}, [1, 2]))).toEqual([
      { Time: [1, 0], Metric: ["a", "a"], Value: [2, 1] },
    ]);
  });
});
