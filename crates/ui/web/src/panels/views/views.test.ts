import { describe, expect, it } from "vitest";
import { placeAt, timeAt } from "../../charts/crosshair";
import { valueRange } from "../../charts/scales";
import { themeOf } from "../../charts/theme";
import { fieldOf, frameOf } from "../frame";
import { reducedValues } from "../reduced";
import { heatmap } from "../transform/buckets";
import { categoriesOf } from "./barchart";
import { heatmapOf } from "./heatmap";
import { layout } from "./stat";

const theme = themeOf({
  text: "#1a1e1c",
  muted: "#565e59",
  grid: "#e9ebe5",
  line: "#dcdfd7",
  surface: "#ffffff",
  sunken: "#eceee8",
  accent: "#795300",
  good: "#13693a",
  warn: "#855000",
  bad: "#b3261e",
  c1: "#1f66c7",
  c2: "#c2570c",
  c3: "#be1240",
  c4: "#1a8045",
  c5: "#7a3fd0",
  c6: "#0c7c85",
  c7: "#8b6508",
  c8: "#c0268f",
});
const look = { theme, units: { zone: "utc", nowMs: 0 } };
const least = { width: 90, height: 40 };

describe("the tiles of a panel with several values", () => {
  it("are as large as can be", () => {
    expect(layout(4, { width: 400, height: 180, least })).toEqual({
      columns: 2,
      rows: 2,
      rowPx: 90,
    });
    expect(layout(3, { width: 300, height: 300, least }, "horizontal")).toEqual({
      columns: 1,
      rows: 3,
      rowPx: 100,
    });
    expect(layout(3, { width: 300, height: 300, least }, "vertical").columns).toBe(3);
  });
  it("stand in both directions where one would make them too small to read", () => {
    const grid = layout(16, { width: 400, height: 170, least }, "horizontal");
    expect([grid.columns, grid.rows]).toEqual([4, 4]);
    expect(layout(16, { width: 400, height: 170, least }, "vertical").columns).toBe(4);
  });
  it("overflow where there is no room for all", () => {
    const grid = layout(100, { width: 200, height: 100, least });
    expect(grid).toEqual({ columns: 2, rows: 50, rowPx: 40 });
    expect(layout(1, { width: 30, height: 20, least })).toEqual({ columns: 1, rows: 1, rowPx: 20 });
  });
});

describe("the crosshair", () => {
  const at = { fromMs: 1000, toMs: 3000, left: 50, width: 100 };
  it("is where its time is, and nowhere outside of the drawing", () => {
    expect([999, 1000, 2000, 3000, 3001].map((ms) => placeAt(at, ms))).toEqual([
      undefined,
      50,
      100,
      150,
      undefined,
    ]);
    expect([49, 50, 100, 151].map((x) => timeAt(at, x))).toEqual([
      undefined,
      1000,
      2000,
      undefined,
    ]);
  });
});

it("a heatmap of plain series has buckets and times without holes", () => {
  const series = frameOf(
    "A",
    [fieldOf("Time", "time", [0, 60_000, 120_000]), fieldOf("v", "number", [1, 5, 20])],
    { meta: { type: "series", stepMs: 60_000 } },
  );
  const made = heatmapOf(heatmap([series], { yBuckets: { mode: "size", value: 10 } }))!;
  expect(made.bounds).toEqual(["10", "20", "30"]);
  expect(made.times).toEqual([60_000, 120_000, 180_000]);
  expect(made.cells).toEqual([
    [1, 1, 0],
    [0, 0, 0],
    [0, 0, 1],
  ]);
  expect(made.max).toBe(1);
});

it("texts have no mean: the last one is shown", () => {
  const frame = frameOf("A", [fieldOf("release", "string", ["6.1-a", "6.2-b"])]);
  const [value] = reducedValues([frame], { calcs: ["mean"], fields: "/^release$/" }, look);
  expect(value?.shown.text).toBe("6.2-b");
});

it("nothing but zeros stands on a scale up to one", () => {
  const axis = { side: "left" as const, format: String };
  expect(valueRange(axis, 0, 0)[1]).toBeLessThan(2);
  expect(valueRange(axis, -5, 0)[1]).toBe(0);
});

describe("the bars of a bar chart", () => {
  const shares = (values: number[], config = {}, stacking?: string) => {
    const names = fieldOf("name", "string", values.map(String));
    const frame = frameOf("A", [names, fieldOf("v", "number", values, { config })]);
    const made = categoriesOf([frame], stacking ? { stacking } : {}, look);
    return made.map(({ bars }) => bars.map(({ from, to }) => [from, to])[0]);
  };
  it("begin at zero", () => {
    expect(shares([1, 4])).toEqual([
      [0, 0.25],
      [0, 1],
    ]);
  });
  it("hang down from zero where they are negative", () => {
    expect(shares([-1, 3])).toEqual([
      [0, 0.25],
      [0.25, 1],
    ]);
    expect(shares([-2, -4])).toEqual([
      [0.5, 1],
      [0, 1],
    ]);
  });
  it("keep to the ends that the panel sets, and nothing leaves them", () => {
    expect(shares([1, 4], { min: 0, max: 2 })).toEqual([
      [0, 0.5],
      [0, 1],
    ]);
    expect(shares([5], { max: 0 })).toEqual([[0, 1]]);
  });
  it("begin at zero in a stack, which shows nothing negative", () => {
    expect(shares([-1, 4, 2], {}, "normal")).toEqual([
      [0, 0],
      [0, 1],
      [0, 0.5],
    ]);
  });
});
