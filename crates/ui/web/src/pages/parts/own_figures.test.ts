import { expect, test } from "vitest";
import { figuresOf } from "./own_figures";

test("series of one metric are summed and kept", () => {
  const figures = figuresOf([
    { metric: { __name__: "a", x: "1" }, value: [0, "2"] },
    { metric: { __name__: "a", x: "2" }, value: [0, "3"] },
    { metric: { __name__: "b" } },
  ]);
  expect(figures.get("a")).toMatchObject({
    sum: 5,
    series: [{ metric: { x: "1" } }, { metric: { x: "2" } }],
  });
  expect(figures.get("b")?.sum).toBe(0);
  expect(figures.get("c")).toBeUndefined();
});
