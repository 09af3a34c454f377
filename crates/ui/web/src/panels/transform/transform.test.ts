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

describe("transformations of distributions and models", () => {
  it("histogram counts into round buckets", () => {
    const frame = table("A", { name: ["x", "y", "z", "w"], v: [1, 2.2, 4.9, null] });
    expect(run("histogram", { bucketSize: 2 }, frame)).toEqual([
      { xMin: [0, 2, 4], xMax: [2, 4, 6], v: [1, 1, 1] },
    ]);
    const both = table("A", { a: [0, 10], b: [5, 10] });
    expect(run("histogram", { bucketCount: 2, combine: true }, both)).toEqual([
      { xMin: [0, 5, 10], xMax: [5, 10, 15], count: [1, 1, 2] },
    ]);
    expect(run("histogram", { bucketOffset: 0.5, bucketSize: 1 }, table("A", { v: [1] }))).toEqual([
      { xMin: [0.5], xMax: [1.5], v: [1] },
    ]);
    const wide = run("histogram", { bucketSize: 1e-9 }, table("A", { v: [0, 1e9] }))[0]!;
    expect(wide.xMin!.length).toBeLessThan(502);
    expect(run("histogram", {}, table("A", { name: ["x"] }))).toEqual([{ name: ["x"] }]);
    expect(run("histogram", {}, table("A", { v: [3, 3] }))[0]!.v).toEqual([2]);
  });
  it("heatmap counts by time and size", () => {
    const rows = run(
      "heatmap",
      {
        xBuckets: { mode: "size", value: "2ms" },
        yBuckets: { mode: "size", value: "10" },
      },
      series("a", {}, [1, 2, 15, null]),
      series("b", {}, [11, null, 12, 13]),
    );
    expect(rows).toEqual([
      { Time: [2, 4], 10: [2, 0] },
      { Time: [2, 4], 20: [1, 3] },
    ]);
    const log = run(
      "heatmap",
      { yBuckets: { scale: { type: "log", log: 10 } } },
      series("a", {}, [1, 20, 0, -1]),
    );
    expect(log.map((row) => Object.keys(row).find((name) => name !== "Time"))).toEqual([
      "10",
      "100",
    ]);
    expect(run("heatmap", {}, series("a", {}, [null]))).toHaveLength(1);
  });
  it("regression draws a line or a curve", () => {
    const line = series("load", {}, [1, 3, null, 7]);
    const options = { xFieldName: "Time", yFieldName: "load", predictionCount: 4 };
    const [, made] = run("regression", options, line);
    expect(made!.Time).toEqual([0, 1, 2, 3]);
    made!["load predicted"]!.forEach((value, i) => expect(value).toBeCloseTo(1 + 2 * i, 9));
    const times = [1.7e12, 1.7e12 + 1000, 1.7e12 + 2000, 1.7e12 + 3000];
    const square = table("A", { Time: times, y: [0, 1, 4, 9] });
    const curve = { ...options, yFieldName: "y", modelType: "polynomial", degree: 2 };
    run("regression", curve, square)[1]!["y predicted"]!.forEach((value, i) =>
      expect(value).toBeCloseTo(i * i, 6),
    );
    expect(run("regression", { ...options, yFieldName: "gone" }, line)).toHaveLength(1);
    expect(run("regression", options, series("load", {}, [5]))).toHaveLength(1);
  });
  it("joinByLabels makes columns of one label", () => {
    const frames = [
      series("1", { host: "a", mode: "user" }, [1, 2]),
      series("2", { host: "a", mode: "idle" }, [3]),
      series("3", { host: "b", mode: "user" }, [4]),
    ];
    expect(run("joinByLabels", { value: "mode" }, ...frames)).toEqual([
      { host: ["a", "a", "b"], user: [1, 2, 4], idle: [3, null, null] },
    ]);
    expect(run("joinByLabels", { value: "mode", join: ["gone"] }, ...frames)[0]!.gone).toEqual([
      "",
      "",
      "",
    ]);
    expect(run("joinByLabels", { value: "gone" }, ...frames)[0]!.Error).toHaveLength(1);
  });
  it("configFromData configures the other queries", () => {
    const options = {
      configRefId: "B",
      mappings: [
        { fieldName: "top", handlerKey: "max", reducerId: "max" },
        {
          fieldName: "limit",
          handlerKey: "threshold1",
          handlerArguments: { threshold: { color: "orange" } },
        },
        { fieldName: "skip", handlerKey: null },
      ],
    };
    const config = table("B", { top: [5, 9, 7], limit: [1, 2, 3], unit: ["s"], skip: [1] });
    const { frames } = transform(
      [series("a", {}, [1]), config],
      [{ id: "configFromData", options }],
    );
    expect(frames).toHaveLength(1);
    expect(frames[0]!.fields[1]!.config).toEqual({
      max: 9,
      unit: "s",
      thresholds: {
        mode: "absolute",
        steps: [
          { value: null, color: "green" },
          { value: 3, color: "orange" },
        ],
      },
    });
    expect(frames[0]!.fields[0]!.config).toEqual({});
  });
  it("configFromData makes value mappings of rows", () => {
    const mappings = [
      { fieldName: "id", handlerKey: "mappings.value" },
      { fieldName: "title", handlerKey: "mappings.text" },
    ];
    const config = table("B", { id: [1, 2], title: ["one", "two"] });
    const { frames } = transform(
      [series("a", {}, [1]), config],
      [{ id: "configFromData", options: { configRefId: "B", mappings } }],
    );
    expect(frames[0]!.fields[1]!.config.mappings).toEqual([
      { type: "value", options: { 1: { index: 0, text: "one" }, 2: { index: 1, text: "two" } } },
    ]);
  });
});

describe("transformations", () => {
  it("have variables filled in", () => {
    const frame = table("A", { a: [1], b: [2], c: [3] });
    const scope = (name: string) =>
      name === "names" ? { value: ["a", "c"], multi: true } : undefined;
    const done = transform(
      [frame],
      [
        {
          id: "filterFieldsByName",
          options: { byVariable: true, include: { variable: "$names" } },
        },
        { id: "organize", options: { renameByName: { a: "x ${names:csv} $1" } } },
      ],
      scope,
    );
    expect(done.frames[0]!.fields.map(({ displayName }) => displayName)).toEqual(["x a,c $1", "c"]);
  });
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
    const one = table("A", { ns: ["x", "y"], team: ["p", "q"] });
    const many = table("B", { ns: ["x", "x", "z"], pod: ["1", "2", "3"] });
    expect(run("joinByField", { byField: "ns", mode: "inner" }, one, many)).toEqual([
      { ns: ["x", "x"], team: ["p", "p"], pod: ["1", "2"] },
    ]);
    expect(run("joinByField", { byField: "ns", mode: "outerTabular" }, one, many)).toEqual([
      { ns: ["x", "x", "y", "z"], team: ["p", "p", "q", null], pod: ["1", "2", null, "3"] },
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
    expect(run("renameByRegex", { regex: "cpu", renamePattern: "core" }, frame)).toEqual([
      { "Time": [1], "cpu 0": [2], "mem": [3] },
    ]);
    expect(run("renameByRegex", { regex: "/m/g", renamePattern: "M" }, frame)).toEqual([
      { "Time": [1], "cpu 0": [2], "MeM": [3] },
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
    const each = { left: { matcher: { id: "byType", options: "number" } }, operator: "*" };
    expect(
      run("calculateField", { mode: "binary", binary: { ...each, right: "2" } }, frame),
    ).toEqual([
      { "Time": [1, 2], "a": [1, 2], "b": [10, null], "a * 2": [2, 4], "b * 2": [20, null] },
    ]);
    const queries = [series("used", {}, [1, 3]), series("all", {}, [4, 4])];
    const share = { mode: "binary", alias: "share", replaceFields: true };
    expect(
      run(
        "calculateField",
        { ...share, binary: { left: "used", operator: "/", right: "all" } },
        ...queries,
      ),
    ).toEqual([{ Time: [0, 1], share: [0.25, 0.75] }]);
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
