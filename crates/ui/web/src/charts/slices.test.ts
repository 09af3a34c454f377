import { expect, it } from "vitest";
import { Slices } from "./slices";

/** A clock that jobs move, and tasks that are run by hand. */
function world() {
  let ms = 0;
  const tasks: (() => void)[] = [];
  const slices = new Slices(
    10,
    () => ms,
    (run) => void tasks.push(run),
  );
  const done: string[] = [];
  const job = (name: string, costs: number) => () => {
    done.push(name);
    ms += costs;
  };
  const task = async () => {
    tasks.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { slices, tasks, done, job, task };
}

it("runs jobs in order and gives way when a slice is full", async () => {
  const { slices, tasks, done, job, task } = world();
  slices.add(1, job("a", 4));
  slices.add(2, job("b", 7));
  slices.add(3, job("c", 1));
  expect(done).toEqual([]);
  await task();
  expect(done).toEqual(["a", "b"]);
  expect(tasks).toHaveLength(1);
  await task();
  expect(done).toEqual(["a", "b", "c"]);
  expect(tasks).toHaveLength(0);
  slices.add(1, job("d", 1));
  await task();
  expect(done).toEqual(["a", "b", "c", "d"]);
});

it("counts what a job leaves for the end of the task", async () => {
  const { slices, tasks, done, job, task } = world();
  slices.add(1, () => void queueMicrotask(job("drawn", 50)));
  slices.add(2, job("later", 1));
  await task();
  expect(done).toEqual(["drawn"]);
  expect(tasks).toHaveLength(1);
});

it("runs the newest job of a key, and none that was taken back", async () => {
  const { slices, done, job, task } = world();
  slices.add(1, job("old", 1));
  slices.add(2, job("gone", 1));
  slices.add(1, job("new", 1));
  slices.cancel(2);
  await task();
  expect(done).toEqual(["new"]);
});

it("waits for nothing when it is for paper", async () => {
  const { slices, done, job, task } = world();
  slices.add(1, job("a", 1));
  slices.atOnce(true);
  slices.add(2, job("b", 1));
  expect(done).toEqual(["a", "b"]);
  slices.atOnce(false);
  slices.add(3, job("c", 1));
  expect(done).toEqual(["a", "b"]);
  await task();
  expect(done).toEqual(["a", "b", "c"]);
});
