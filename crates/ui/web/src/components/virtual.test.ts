import { expect, it } from "vitest";
import { type Column, parseSorting, sorted, visibleRows } from "./virtual";

it("renders what can be seen and a little around it", () => {
  expect(visibleRows(0, 280, 28, 5000)).toEqual({ first: 0, end: 24 });
  expect(visibleRows(28_000, 280, 28, 5000)).toEqual({ first: 992, end: 1024 });
  expect(visibleRows(1e9, 280, 28, 50)).toEqual({ first: 50, end: 50 });
  expect(visibleRows(-500, 280, 28, 50)).toEqual({ first: 0, end: 8 });
  expect(visibleRows(0, 280, 28, 0)).toEqual({ first: 0, end: 0 });
});

it("has the same rows through most steps of scrolling", () => {
  const steps = Array.from({ length: 280 }, (_none, px) => visibleRows(28_000 + px, 280, 28, 5000));
  expect(new Set(steps.map(({ first, end }) => `${first} ${end}`)).size).toBeLessThan(5);
});

interface Row {
  readonly name: string;
  readonly size: number;
}

const rows: Row[] = [
  { name: "b10", size: 2 },
  { name: "b9", size: Number.NaN },
  { name: "a", size: 1 },
];
const columns: Column<Row>[] = [
  { id: "name", title: "Name", render: ({ name }) => name, sortBy: ({ name }) => name },
  { id: "size", title: "Size", render: ({ size }) => size, sortBy: ({ size }) => size },
  { id: "fixed", title: "Fixed", render: () => "" },
];
const names = (text: string) => sorted(rows, columns, parseSorting(text)).map(({ name }) => name);

it("sorts names as people count and leaves NaN at the end", () => {
  expect(names("name")).toEqual(["a", "b9", "b10"]);
  expect(names("-name")).toEqual(["b10", "b9", "a"]);
  expect(names("size")).toEqual(["a", "b10", "b9"]);
  expect(names("-size")).toEqual(["b10", "a", "b9"]);
});

it("leaves the order alone where there is nothing to sort by", () => {
  for (const text of ["", "-", "fixed", "unknown"]) expect(names(text)).toEqual(["b10", "b9", "a"]);
});
