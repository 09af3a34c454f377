import { expect, test } from "vitest";
import { ticksOf } from "./heat";

test("ticks stand at round times, in the columns in which they begin", () => {
  const minute = 60_000;
  const times = Array.from({ length: 61 }, (_, at) => 1_000 * minute + 30_000 + at * minute);
  const ticks = ticksOf(times, 13);
  expect(ticks.map(([ms]) => ms / minute)).toEqual(
    Array.from({ length: 12 }, (_, at) => 1_005 + 5 * at),
  );
  expect(ticks[0]).toEqual([1_005 * minute, 5]);
  expect(ticksOf([], 10)).toEqual([]);
  expect(ticksOf([minute], 10)).toEqual([[minute, 0]]);
});
