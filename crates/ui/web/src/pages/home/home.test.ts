import { expect, it } from "vitest";
import type { Band } from "../../api/health";
import type { Alert, Target } from "../../api/prometheus";
import { newest, ofServer, transitions } from "./changes";
import { asPoints, extended, recentMean, sparkPath } from "./points";
import { calm, firing, services, type Strain, troubles } from "./trouble";

const alert = (name: string, severity: string, state: Alert["state"] = "firing"): Alert => ({
  labels: { alertname: name, severity, instance: "a" },
  annotations: { summary: `${name} is bad`, remediation: "mend it" },
  state,
  activeAt: "2026-11-22T04:00:00Z",
  value: "1",
});

const target = (instance: string, error: string, job = "shop"): Target => ({
  discoveredLabels: {},
  labels: { instance, job },
  scrapePool: job,
  scrapeUrl: `http://${instance}/metrics`,
  globalUrl: "",
  lastError: error.replace("URL", `http://${instance}/metrics`),
  lastScrape: "",
  lastScrapeDuration: 0.1,
  health: error === "" ? "up" : "down",
  scrapeInterval: "15s",
  scrapeTimeout: "10s",
});

it("lists what is wrong, worst first, and says why and what to do", () => {
  const found = troubles(
    firing([alert("Low", "low"), alert("Worst", "critical"), alert("Later", "high", "pending")], [])
      .told,
    [],
    undefined,
  );
  expect(found.map(({ title }) => title)).toEqual(["Worst", "Low"]);
  expect(found[0]).toMatchObject({
    tone: "bad",
    why: "Worst is bad",
    remedy: "mend it",
    where: 'instance="a"',
  });
});

const judged = (
  status: Band,
  score: number | null,
  at: string | null = "2026-11-22T04:00:00Z",
) => ({
  ...{ status, score, at, summary: "", since: at, deductions: [], components: [], changes: [] },
  interval_seconds: 15,
});

it("calls nothing good that was not asked, not judged or lacks points", () => {
  const up = target("a", "");
  const unasked = { ...up, health: "unknown" as const };
  const title = (...[targets, health]: Parameters<typeof calm>) => calm(targets, health).title;
  const unjudged = "Nothing is judged yet: the first answers are on their way.";
  expect(title([up], judged("unknown", null, null))).toBe(unjudged);
  expect(title([unasked], judged("impaired", 69))).toBe(unjudged);
  expect(title([unasked], undefined)).toBe(unjudged);
  expect(title([], judged("unknown", null))).toBe("Nothing is measured yet.");
  expect(calm([up, unasked], judged("degraded", 89))).toMatchObject({
    isGood: false,
    title: "No alert fires and no target is down.",
    next: { path: "/health" },
  });
  expect(calm([up], judged("healthy", 100))).toEqual({ title: "Nothing is wrong.", isGood: true });
});

it("lists a target that an alert tells of once, with its error", () => {
  const down = alert("TargetDown", "high");
  const labels = { ...down.labels, instance: "c", job: "shop" };
  const found = troubles([{ ...down, labels }], [target("c", "timeout")], undefined);
  expect(found.map(({ title }) => title)).toEqual(["TargetDown"]);
  expect(found[0]!.why).toBe("TargetDown is bad: timeout");
});

const routed = (name: string, instance: string, silencedBy: readonly string[] = []) => ({
  labels: { alertname: name, severity: "high", instance, cluster: "eu" },
  annotations: { summary: `${name} was sent` },
  startsAt: "2026-11-22T04:00:00Z",
  endsAt: "",
  updatedAt: "",
  fingerprint: "",
  receivers: [],
  status: { state: "active" as const, silencedBy, inhibitedBy: [] },
});

it("lists alerts that others send, those of rules once, and counts silenced ones", () => {
  const { told, quiet } = firing(
    [alert("Own", "high"), alert("Quiet", "high")],
    [routed("Own", "a"), routed("Quiet", "a", ["7"]), routed("Sent", "b"), routed("Sent", "c")],
  );
  expect(quiet).toBe(1);
  const found = troubles(told, [], undefined);
  expect(found.map(({ title, where }) => [title, where])).toEqual([
    ["Own", 'instance="a"'],
    ["Sent, 2 alerts", "b, c"],
  ]);
});

it("lists a part of the host once, by its worst sign", () => {
  const strain = (title: string, tone: "warn" | "bad", part: string): Strain => ({
    ...{ title, tone, part, state: "host", why: "w", remedy: "r", instance: "n" },
  });
  const found = troubles([alert("Low", "low")], [], undefined, [
    strain("CPU busy", "warn", "processors"),
    strain("Load per CPU", "bad", "processors"),
    strain("Memory used", "warn", "memory"),
  ]);
  expect(found.map(({ title }) => title)).toEqual(["Load per CPU", "Low", "Memory used"]);
  expect(found[0]).toMatchObject({ path: "/d/flyball-host", params: { "var-instance": "n" } });
});

it("takes the mean of the last minute, and none of too little", () => {
  const points = [1, 2, 50, 70].map((value, at) => ({ timeMs: at * 30_000, value }));
  expect(recentMean(points, 60_000, 2)).toBe(60);
  expect(recentMean(points, 60_000, 3)).toBeNaN();
  expect(recentMean([], 60_000, 1)).toBeNaN();
});

it("joins targets of a job that fail for the same reason", () => {
  const refused = "Get URL: connection refused";
  const targets = [
    target("a", refused),
    target("b", refused),
    target("c", "timeout"),
    target("d", ""),
  ];
  const found = troubles([], targets, undefined);
  expect(found.map(({ title, where }) => [title, where])).toEqual([
    ["2 targets are down", "shop: a, b"],
    ["Target is down", "shop: c"],
  ]);
  expect(services([...targets, target("n", "", "node")])).toMatchObject([
    { job: "shop", up: 1, total: 4, error: "Get http://a/metrics: connection refused" },
    { job: "node", up: 1, total: 1, error: "" },
  ]);
});

it("tells beginnings and ends apart from what was there before and still is", () => {
  const range = { start: 0, end: 300, step: 30 };
  const metric = { __name__: "ALERTS", alertname: "A", alertstate: "firing", host: "x" };
  const at = (...seconds: number[]) =>
    transitions([{ metric, values: seconds.map((s) => [s, "1"] as const) }], range).map(
      ({ atMs, text }) => `${atMs / 1000} ${text}`,
    );
  expect(at(0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300)).toEqual([]);
  expect(at(90, 120)).toEqual(["90 A fires", "150 A is over"]);
  expect(at(0, 30, 150, 180, 210, 240, 270, 300)).toEqual(["60 A is over", "150 A fires"]);
  expect(at()).toEqual([]);
});

it("names reloads of the configuration and failures of them", () => {
  const runtime = {
    startTime: "2026-11-22T04:00:00Z",
    lastConfigTime: "2026-11-22T04:10:00Z",
    reloadConfigSuccess: false,
  };
  expect(newest(ofServer(runtime)).map(({ text }) => text)).toEqual([
    "configuration loaded",
    "configuration refused",
    "Flyball started",
  ]);
});

it("keeps points in order, once each, and not for ever", () => {
  const points = extended(
    [],
    asPoints([
      [1, "1"],
      [2, "NaN"],
      [3, "3"],
    ]),
    5000,
  );
  expect(points.map(({ value }) => value)).toEqual([1, 3]);
  const more = extended(
    points,
    [
      { timeMs: 3000, value: 4 },
      { timeMs: 7000, value: 5 },
    ],
    5000,
  );
  expect(more.map(({ value }) => value)).toEqual([4, 5]);
  const box = { width: 100, height: 10, spanMs: 100_000, top: 5 };
  expect(sparkPath(more, box)).toBe("M96.0 2.0L100.0 0.0");
});
