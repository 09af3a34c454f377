// What is wrong now and why: firing alerts, targets that are down, parts of the server that fail.
// Pure: from what the server says to a list, worst first.

import type { Alert, Target } from "../../api/prometheus";
import type { components } from "../../api/schema";
import type { Tone } from "../../components/state";

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

const SEVERITIES: Readonly<Record<string, number>> = {
  critical: 0,
  page: 0,
  error: 1,
  high: 1,
  warning: 2,
  medium: 2,
  low: 3,
  info: 4,
};

/** Everything that is wrong, worst first. */
export function troubles(
  alerts: readonly Alert[],
  targets: readonly Target[],
  server: ServerState | undefined,
): Trouble[] {
  const firing = alerts.filter((alert) => alert.state === "firing");
  firing.sort((a, b) => severity(a) - severity(b) || b.activeAt.localeCompare(a.activeAt));
  const down = targets.filter((target) => target.health === "down");
  const told = new Set<Target>();
  const ofAlerts = firing.map((alert) => {
    const target = down.find((one) => tellsOf(alert, one));
    if (!target) return ofAlert(alert);
    told.add(target);
    const trouble = ofAlert(alert);
    return { ...trouble, why: [trouble.why, reason(target)].filter(Boolean).join(": ") };
  });
  const untold = down.filter((target) => !told.has(target));
  return [...(server ? ofServer(server) : []), ...ofAlerts, ...ofTargets(untold)];
}

/** Does an alert say that this target is down? What is wrong is listed once. */
function tellsOf({ labels }: Alert, target: Target): boolean {
  const isSame = labels.instance === target.labels.instance && labels.job === target.labels.job;
  return isSame && /down/i.test(labels.alertname ?? "");
}

function severity(alert: Alert): number {
  return SEVERITIES[alert.labels.severity ?? ""] ?? 3;
}

function ofAlert(alert: Alert): Trouble {
  const { alertname = "", severity: word = "firing", ...rest } = alert.labels;
  const { summary, description, message, remediation = "" } = alert.annotations;
  return {
    tone: severity(alert) <= 1 ? "bad" : severity(alert) >= 4 ? "info" : "warn",
    state: word,
    title: alertname,
    why: summary ?? description ?? message ?? "",
    remedy: remediation,
    where: labelText(rest),
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
