import { expect, it } from "vitest";
import type { Deduction, Health, HealthComponent } from "../../api/health";
import { causes, dependents, isAddress, pieces, toneOf, worstFirst } from "./causes";

const deduction = (points: number, kind: string, subject: string, since = "b"): Deduction => ({
  points,
  kind,
  subject,
  reason: "",
  remedy: "",
  link: "",
  since,
});

const component = (
  name: string,
  score: number | null,
  more: Partial<HealthComponent> = {},
): HealthComponent => ({
  name,
  title: name.toUpperCase(),
  status: "degraded",
  score,
  since: "",
  criticality: "normal",
  depends_on: [],
  subjects: 1,
  runbook: "",
  deductions: [],
  ...more,
});

const health = (
  components: readonly HealthComponent[],
  deductions: readonly Deduction[] = [],
): Health => ({
  status: "degraded",
  score: 70,
  summary: "",
  at: null,
  since: null,
  deductions,
  components,
  changes: [],
  interval_seconds: 15,
});

it("lists causes before what suffers from them, by what they cost", () => {
  const found = causes(
    health(
      [
        component("db", 0, { criticality: "critical", deductions: [deduction(100, "down", "a")] }),
        component("host", 80, {
          deductions: [deduction(10, "saturation", "late"), deduction(10, "alert", "old", "a")],
        }),
        component("shop", 20, {
          depends_on: ["db"],
          deductions: [deduction(80, "dependency", "db")],
        }),
      ],
      [deduction(40, "dependency", "db"), deduction(40, "alert", "Deadman")],
    ),
  );
  const told = found.map((one) => `${one.component?.name ?? "-"} ${one.deduction.subject}`);
  expect(told).toEqual(["db a", "- Deadman", "host old", "host late"]);
  expect(found[0]?.suffering).toEqual(["SHOP"]);
});

it("tells a limit and what it limits once", () => {
  const both = [deduction(69, "vital", "pay"), deduction(11, "down", "pay")];
  const found = causes(health([component("shop", 20, { deductions: both })]));
  expect(found.map((one) => one.deduction.kind)).toEqual(["vital"]);
});

it("finds what suffers through others", () => {
  const all = [
    component("disk", 0),
    component("db", 20, { depends_on: ["disk"] }),
    component("shop", 40, { depends_on: ["db"] }),
    component("blog", 100),
  ];
  expect(dependents(all, "disk")).toEqual(["DB", "SHOP"]);
  expect(dependents(all, "shop")).toEqual([]);
});

it("puts the worst first and what is unknown before what is healthy", () => {
  const all = [component("a", 100), component("b", null), component("c", 20), component("d", 89)];
  expect(worstFirst(all).map((one) => one.name)).toEqual(["c", "d", "b", "a"]);
});

it("puts what is known to be wrong before what is not known", () => {
  const found = causes(
    health([
      component("a", null, { deductions: [deduction(50, "unknown", "a", "a")] }),
      component("b", 60, { deductions: [deduction(40, "alert", "b")] }),
    ]),
  );
  expect(found.map((one) => one.deduction.subject)).toEqual(["b", "a"]);
});

it("finds commands between backticks", () => {
  expect(pieces("Look with `top`; stop it.")).toEqual(["Look with ", "top", "; stop it."]);
  expect(pieces("a ` b")).toEqual(["a ` b"]);
});

it("knows addresses and shapes", () => {
  expect(isAddress("https://wiki/x")).toBe(true);
  expect(isAddress("See https://wiki/x")).toBe(false);
  expect(toneOf("unknown")).toBe("none");
});
