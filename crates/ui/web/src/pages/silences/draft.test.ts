import { expect, test } from "vitest";
import type { Silence } from "../../api/alertmanager";
import {
  complaints,
  draftOf,
  emptyForm,
  formOf,
  holdsNow,
  intervalNames,
  weeklyOf,
  weeklyText,
} from "./draft";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const good = { ...emptyForm('team="db"', "ann"), comment: "new disk" };

test("a form becomes what the API wants, recurrence and end as annotations", () => {
  expect(draftOf({ ...good, during: "nights", isUntilResolved: true }, NOW)).toEqual({
    matchers: [{ name: "team", value: "db", isRegex: false, isEqual: true }],
    startsAt: "2026-01-01T12:00:00.000Z",
    endsAt: "2026-01-01T14:00:00.000Z",
    createdBy: "ann",
    comment: "new disk",
    annotations: { "flyball/during": "nights", "flyball/until": "resolved" },
  });
});

test("what is missing is told beside its field", () => {
  expect(complaints(good, NOW)).toEqual({});
  expect(complaints({ ...good, filter: "", comment: " ", length: "soon" }, NOW)).toMatchObject({
    filter: expect.any(String),
    comment: expect.any(String),
    length: expect.any(String),
  });
  expect(complaints({ ...good, filter: 'team=~".*"' }, NOW).filter).toBeDefined();
  expect(complaints({ ...good, end: "2025-01-01 00:00" }, NOW).end).toContain("passed");
  expect(complaints({ ...good, end: "tomorrow" }, NOW).end).toContain("expected a date");
  expect(complaints({ ...good, start: "24.12.", end: "" }, NOW).start).toContain("expected");
});

test("a silence that runs is changed, one that ended is made anew", () => {
  const silence: Silence = {
    id: "7",
    status: { state: "active" },
    matchers: [{ name: "a", value: "b", isRegex: true }],
    startsAt: "2026-01-01T11:00:00Z",
    endsAt: "2026-01-01T14:00:00Z",
    updatedAt: "",
    createdBy: "ann",
    comment: "c",
    annotations: { "flyball/during": "nights" },
  };
  expect(formOf(silence)).toMatchObject({
    id: "7",
    filter: 'a=~"b"',
    during: "nights",
    isUntilResolved: false,
  });
  expect(formOf({ ...silence, status: { state: "expired" } })).toMatchObject({
    id: "",
    start: "",
    end: "",
    length: "180m",
  });
});

test("hours of the week are read and written as the server has them", () => {
  const nights = { days: ["mon", "tue", "wed", "fri"], begin: "22:00", end: "06:00", zone: "UTC" };
  expect(weeklyText(nights)).toBe("mon-wed,fri 22:00-06:00 UTC");
  expect(weeklyOf("mon-wed,fri 22:00-06:00")).toEqual(nights);
  expect(weeklyOf("Sat-mon 0:00-24:00 Europe/Berlin").days).toEqual(["mon", "sat", "sun"]);
  expect(weeklyText({ ...nights, days: [] })).toBe("");
  expect(weeklyOf("always").days).toEqual([]);
  const annotations = draftOf({ ...good, weekly: nights }, NOW).annotations;
  expect(annotations).toEqual({ "flyball/weekly": "mon-wed,fri 22:00-06:00 UTC" });
  expect(complaints({ ...good, weekly: { ...nights, end: "22:00" } }, NOW).weekly).toBeDefined();
  expect(complaints({ ...good, weekly: { ...nights, begin: "ten" } }, NOW).weekly).toBeDefined();
});

test("hours over midnight belong to the day on which they begin", () => {
  // The 1st is a Thursday.
  const at = (text: string) => holdsNow(weeklyOf("thu 22:00-06:00 UTC"), Date.parse(text));
  expect(at("2026-01-01T05:00:00Z")).toBe(false);
  expect(at("2026-01-01T22:00:00Z")).toBe(true);
  expect(at("2026-01-02T05:59:00Z")).toBe(true);
  expect(at("2026-01-02T06:00:00Z")).toBe(false);
  const noon = Date.parse("2026-01-01T11:30:00Z");
  expect(holdsNow(weeklyOf("thu 12:00-13:00 Europe/Berlin"), noon)).toBe(true);
  expect(holdsNow(weeklyOf("thu 12:00-13:00"), noon)).toBe(false);
});

test("time intervals are found by their names", () => {
  expect(
    intervalNames(
      'route:\n  receiver: a\ntime_intervals:\n- name: nights\n  time_intervals:\n  - times: []\n- name: "week ends"\nreceivers:\n- name: a\n',
    ),
  ).toEqual(["nights", "week ends"]);
});
