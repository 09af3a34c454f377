import { expect, it } from "vitest";
import { best, fit } from "./find";

const names = (typed: string, all: string[]) =>
  best(
    typed,
    all.map((name) => ({ name })),
    10,
  ).map(({ name }) => name);

it("prefers beginnings, then words, then letters in between", () => {
  expect(names("cpu", ["process_cpu_seconds_total", "occupied", "cpu", "cpu_info"])).toEqual([
    "cpu",
    "cpu_info",
    "process_cpu_seconds_total",
  ]);
  expect(names("ncs", ["node_cpu_seconds_total", "incense"])[0]).toBe("node_cpu_seconds_total");
});

it("needs every word, in any order", () => {
  expect(names("bytes node", ["node_memory_bytes", "node_load1", "bytes"])).toEqual([
    "node_memory_bytes",
  ]);
});

it("finds nothing where letters are missing and everything where none are typed", () => {
  expect(fit("xyz", "node_load1")).toBeUndefined();
  expect(names(" ", ["b", "a"])).toEqual(["b", "a"]);
  expect(best("disk", [{ name: "Storage", words: "disk blocks" }], 5)).toHaveLength(1);
});
