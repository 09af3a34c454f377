// What is wrong now and why: firing alerts, targets that are down, parts of the server that fail.
// Pure: from what the server says to a list, worst first.

import type { RoutedAlert } from "../../api/alertmanager";
import type { Health } from "../../api/health";
import type { Alert, Target } from "../../api/prometheus";
import type { components } from "../../api/schema";
import type { Tone } from "../../components/state";
import { severityRank, severityTone } from "../parts/severity";

/** State of the server. */
export type ServerState = components["schemas"]["StatusBody"];

export interface Trouble {
  readonly tone: Tone;
  /** Word beside the shape. */
  readonly state: string;
  readonly title: string;
  readonly why: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Whom it concerns. */
  readonly where: string;
  readonly sinceMs: number | undefined;
  /** Page with more, and its parameters. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

/** What an alert of the own rules, or one that somebody sent, says. */
export type Told = Pick<Alert, "labels" | "annotations" | "activeAt">;

/** Alerts that fire, of rules and of others; those that somebody silenced are only counted. */
export function firing(
  alerts: readonly Alert[],
  routed: readonly RoutedAlert[],
): { readonly told: Told[]; readonly quiet: number } {
  const isQuiet = (one: RoutedAlert) =>
    one.status.silencedBy.length + one.status.inhibitedBy.length > 0;
  const quiet = routed.filter(isQuiet);
  const isOf = (alert: Told, one: RoutedAlert) =>
    Object.entries(alert.labels).every(([name, value]) => one.labels[name] === value);
  const own = alerts.filter(
    (alert) => alert.state === "firing" && !quiet.some((one) => isOf(alert, one)),
  );
  const others = routed.filter((one) => !isQuiet(one) && !alerts.some((alert) => isOf(alert, one)));
  const sent = others.map(({ labels, annotations, startsAt }) => ({
    labels,
    annotations,
    activeAt: startsAt,
  }));
  return { told: [...own, ...sent], quiet: quiet.length };
}

/** Everything that is wrong, worst first. */
export function troubles(
  told: readonly Told[],
  targets: readonly Target[],
  server: ServerState | undefined,
  strains: readonly Strain[] = [],
): Trouble[] {
  const firing = [...told];
  firing.sort(
    (a, b) =>
      severityRank(a.labels) - severityRank(b.labels) || b.activeAt.localeCompare(a.activeAt),
  );
  const down = targets.filter((target) => target.health === "down");
  const named = new Set<Target>();
  const ofAlerts = together(firing).map((alerts) => {
    const targets = down.filter((one) => alerts.some((alert) => tellsOf(alert, one)));
    for (const target of targets) named.add(target);
    const trouble = ofAlert(alerts);
    const why = [trouble.why, targets[0] ? reason(targets[0]) : ""].filter(Boolean).join(": ");
    return { ...trouble, why };
  });
  const unnamed = down.filter((target) => !named.has(target));
  const all = [...(server ? ofServer(server) : []), ...ofAlerts, ...ofTargets(unnamed)];
  return [...all, ...ofHosts(strains)].sort((a, b) => RANKS[a.tone] - RANKS[b.tone]);
}

/** What is said where no trouble is found. */
export interface Calm {
  readonly title: string;
  readonly isGood: boolean;
  /** Where to go on. */
  readonly next?: { readonly text: string; readonly path: string };
}

/** No trouble is good news only where everything was asked and its health was judged good. */
export function calm(targets: readonly Target[], health: Health | undefined): Calm {
  const unasked = targets.filter((target) => target.health === "unknown").length;
  const isUnjudged = health !== undefined && health.at === null;
  if (isUnjudged || (unasked > 0 && unasked === targets.length)) {
    return { title: "Nothing is judged yet: the first answers are on their way.", isGood: false };
  }
  if (targets.length === 0 && health?.score === null) {
    const next = { text: "How to get data in", path: "/discovery" };
    return { title: "Nothing is measured yet.", isGood: false, next };
  }
  if (health && health.status !== "healthy") {
    const next = { text: "See where the points went", path: "/health" };
    return { title: "No alert fires and no target is down.", isGood: false, next };
  }
  return { title: "Nothing is wrong.", isGood: true };
}

const RANKS: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, info: 2, none: 2, good: 3 };

/** Alerts of one name and severity, in the order of the first of each. */
function together(firing: readonly Told[]): [Told, ...Told[]][] {
  const groups = new Map<string, [Told, ...Told[]]>();
  for (const alert of firing) {
    const key = JSON.stringify([alert.labels.alertname, alert.labels.severity]);
    const group = groups.get(key);
    if (group) group.push(alert);
    else groups.set(key, [alert]);
  }
  return [...groups.values()];
}

/** A part of a host that is used beyond its limit for a minute. */
export interface Strain {
  readonly title: string;
  readonly tone: "warn" | "bad";
  /** `high`. */
  readonly state: string;
  /** What uses it up: only the worst of a part is told. */
  readonly part: string;
  readonly why: string;
  readonly remedy: string;
  readonly instance: string;
}

function ofHosts(strains: readonly Strain[]): Trouble[] {
  const parts = new Map<string, Strain>();
  for (const one of strains) {
    if (!parts.has(one.part) || one.tone === "bad") parts.set(one.part, one);
  }
  return [...parts.values()].map(({ title, tone, state, why, remedy, instance }) => ({
    tone,
    state,
    title,
    why,
    remedy,
    where: `instance=${JSON.stringify(instance)}`,
    sinceMs: undefined,
    path: "/d/flyball-host",
    params: { "var-instance": instance },
  }));
}

/** Does an alert say that this target is down? What is wrong is listed once. */
function tellsOf({ labels }: Told, target: Target): boolean {
  const isSame = labels.instance === target.labels.instance && labels.job === target.labels.job;
  return isSame && /down/i.test(labels.alertname ?? "");
}

function ofAlert([alert, ...others]: readonly [Told, ...Told[]]): Trouble {
  const { alertname = "", severity: word = "firing", ...rest } = alert.labels;
  const { summary, description, message, remediation = "" } = alert.annotations;
  const whom = [alert, ...others].map(({ labels }) => labels.instance ?? labelText(rest));
  const more = whom.length > 3 ? ` and ${whom.length - 3} more` : "";
  return {
    tone: severityTone(alert.labels),
    state: word,
    title: others.length === 0 ? alertname : `${alertname}, ${whom.length} alerts`,
    why: summary ?? description ?? message ?? "",
    remedy: remediation,
    where: others.length === 0 ? labelText(rest) : `${whom.slice(0, 3).join(", ")}${more}`,
    sinceMs: Date.parse(alert.activeAt),
    path: "/alerts",
    params: { filter: `{alertname=${JSON.stringify(alertname)}}` },
  };
}

/** Targets that fail for the same reason in one job are one line. */
function ofTargets(down: readonly Target[]): Trouble[] {
  const groups = new Map<string, Target[]>();
  for (const target of down) {
    const key = `${target.scrapePool}\n${reason(target)}`;
    groups.set(key, [...(groups.get(key) ?? []), target]);
  }
  return [...groups.values()].map((group) => {
    const first = group[0] as Target;
    const names = group.map((target) => target.labels.instance ?? target.scrapeUrl);
    const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
    return {
      tone: "bad",
      state: "down",
      title: group.length === 1 ? "Target is down" : `${group.length} targets are down`,
      why: reason(first),
      remedy: "",
      where: `${first.scrapePool}: ${names.slice(0, 3).join(", ")}${more}`,
      sinceMs: undefined,
      path: "/targets",
      params: { health: "down" },
    };
  });
}

/** The error without what differs from target to target. */
function reason(target: Target): string {
  return target.lastError.replaceAll(target.scrapeUrl, "the target");
}

function ofServer({ health, storage }: ServerState): Trouble[] {
  const shared = { remedy: "", sinceMs: undefined, path: "/status", params: {} };
  const failing = health.components.filter((part) => !part.healthy);
  const found = failing.map<Trouble>(({ name, message, restarts }) => ({
    ...shared,
    tone: "bad",
    state: "fails",
    title: `Flyball's part "${name}" does not work`,
    why: message,
    where: restarts > 0 ? `restarted ${restarts} times` : "",
  }));
  if (storage.state !== "ok" && !failing.some((part) => part.name === "storage")) {
    const title = "The storage takes no samples";
    found.unshift({
      ...shared,
      tone: "bad",
      state: "storage",
      title,
      why: storage.state,
      where: "",
    });
  }
  return found;
}

/** `instance="a", job="b"`. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name]) => name !== "__name__")
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ");
}

/** A job and how its targets are. */
export interface Service {
  readonly job: string;
  readonly up: number;
  readonly total: number;
  readonly slowestSeconds: number;
  readonly interval: string;
  readonly error: string;
}

/** Jobs in their order; those with trouble first. */
export function services(targets: readonly Target[]): Service[] {
  const jobs = new Map<string, Target[]>();
  for (const target of targets) {
    const job = target.labels.job ?? target.scrapePool;
    jobs.set(job, [...(jobs.get(job) ?? []), target]);
  }
  const all = [...jobs].map(([job, list]) => ({
    job,
    up: list.filter((target) => target.health === "up").length,
    total: list.length,
    slowestSeconds: Math.max(...list.map((target) => target.lastScrapeDuration)),
    interval: list[0]?.scrapeInterval ?? "",
    error: list.find((target) => target.health === "down")?.lastError ?? "",
  }));
  return all.sort(
    (a, b) => Number(a.error === "") - Number(b.error === "") || a.job.localeCompare(b.job),
  );
}
