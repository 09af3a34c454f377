import { expect, test } from "vitest";
import { adoptRange, NO_QUESTION, questionsOf, stepSeconds, writeQuestions } from "./state";

const read = (query: string) => questionsOf(new URLSearchParams(query));

test("links of Prometheus 2 and 3 say which tab and how", () => {
  expect(read("g0.expr=up&g0.tab=0")[0]).toMatchObject({ expr: "up", tab: "graph" });
  expect(read("g0.expr=up&g0.tab=1")[0]).toMatchObject({ tab: "table" });
  expect(read("g0.expr=up&g0.display_mode=stacked&g0.show_exemplars=1")[0]).toMatchObject({
    isStacked: true,
    hasExemplars: true,
  });
  expect(read("g0.expr=up&g0.tab=graph&g0.display_mode=heatmap&g0.step_input=30")[0]).toMatchObject(
    { tab: "heatmap", step: "30s" },
  );
});

test("an address without questions has an empty one; numbers may have gaps", () => {
  expect(read("")).toEqual([NO_QUESTION]);
  expect(read("g7.expr=b&g2.expr=a").map((one) => one.expr)).toEqual(["a", "b"]);
});

test("what is written is read again", () => {
  const params = new URLSearchParams("g0.expr=old&g0.stacked=1&from=now-6h");
  const questions = [
    { ...NO_QUESTION, expr: "a", tab: "explain" as const, compare: "1d" },
    { ...NO_QUESTION, expr: "up", series: ["a", 'b{c="1"}'], legend: "-Mean", hasAllLines: true },
    { ...NO_QUESTION, expr: "up", tab: "table" as const, sort: "- value", search: "x y" },
    { ...NO_QUESTION, expr: "", step: "1m", isStacked: true },
  ];
  for (const [name, value] of Object.entries(writeQuestions(params, questions))) {
    params.delete(name);
    for (const one of [value ?? []].flat()) params.append(name, one);
  }
  expect(questionsOf(params)).toEqual(questions);
  expect(params.get("from")).toBe("now-6h");
});

test("ranges of Prometheus become ours, once", () => {
  expect(adoptRange(new URLSearchParams("g0.range_input=1h30m"))).toMatchObject({
    from: "now-5400s",
    to: "now",
  });
  expect(
    adoptRange(new URLSearchParams("g0.range_input=1h&g0.end_input=1970-01-02 00:00:00")),
  ).toMatchObject({
    "from": "82800000",
    "to": "86400000",
    "g0.range_input": null,
    "g0.end_input": null,
  });
  expect(adoptRange(new URLSearchParams("g0.range_input=1h&from=now-2h"))).toBeUndefined();
  expect(adoptRange(new URLSearchParams("g0.expr=up"))).toBeUndefined();
});

test("steps are round, and never so small that the server refuses", () => {
  expect(stepSeconds(NO_QUESTION, 3_600_000, 1200)).toBe(10);
  expect(stepSeconds(NO_QUESTION, 60_000, 1200)).toBe(1);
  expect(stepSeconds({ ...NO_QUESTION, step: "1s" }, 86_400_000, 1200)).toBeGreaterThan(7);
  expect(stepSeconds({ ...NO_QUESTION, step: "5m" }, 86_400_000, 1200)).toBe(300);
});
