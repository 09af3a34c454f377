// Alerts as rows of a list: heads of groups with the alerts below them, the worst first.
// Pure; the page draws the rows.

import type { AlertGroup, RoutedAlert } from "../../api/alertmanager";
import type { Labels } from "../../api/prometheus";
import { severityRank } from "../parts/severity";

export type StateId = "firing" | "silenced" | "inhibited" | "muted";

export interface Group {
  readonly key: string;
  readonly labels: Labels;
  /** When the groups are those of the routing tree. */
  readonly receiver?: string;
  readonly alerts: readonly RoutedAlert[];
  /** 0 is the worst. */
  readonly rank: number;
}

export type Row =
  | { readonly kind: "group"; readonly group: Group; readonly isOpen: boolean }
  | { readonly kind: "alert"; readonly group: Group; readonly alert: RoutedAlert };

export function stateOf({ status }: RoutedAlert): StateId {
  if (status.silencedBy.length > 0) return "silenced";
  if (status.inhibitedBy.length > 0) return "inhibited";
  return (status.mutedBy?.length ?? 0) > 0 ? "muted" : "firing";
}

/** Each alert once: one that some route still tells somebody of fires, whatever others mute. */
export function once(groups: readonly AlertGroup[]): RoutedAlert[] {
  const found = new Map<string, RoutedAlert>();
  for (const alert of groups.flatMap((group) => group.alerts)) {
    const known = found.get(alert.fingerprint);
    if (!known || stateOf(known) !== "firing") found.set(alert.fingerprint, alert);
  }
  return [...found.values()];
}

/** Groups of equal values of these labels. */
export function groupBy(alerts: readonly RoutedAlert[], names: readonly string[]): Group[] {
  const groups = new Map<string, { labels: Record<string, string>; alerts: RoutedAlert[] }>();
  for (const alert of alerts) {
    const labels = Object.fromEntries(
      names.flatMap((name) => {
        const value = alert.labels[name];
        return value === undefined ? [] : [[name, value]];
      }),
    );
    const key = keyOf(labels);
    const group = groups.get(key) ?? { labels, alerts: [] };
    groups.set(key, group);
    group.alerts.push(alert);
  }
  return ordered([...groups].map(([key, { labels, alerts: inside }]) => made(key, labels, inside)));
}

/** The groups in which receivers are told. */
export function routedGroups(groups: readonly AlertGroup[]): Group[] {
  return ordered(
    groups.map(({ labels, receiver, alerts }) => ({
      ...made(`${receiver.name} ${keyOf(labels)}`, labels, alerts),
      receiver: receiver.name,
    })),
  );
}

function keyOf(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

function made(key: string, labels: Labels, alerts: readonly RoutedAlert[]): Group {
  const ranked = alerts.map((alert) => ({
    alert,
    rank: severityRank(alert.labels),
    isQuiet: stateOf(alert) !== "firing",
  }));
  ranked.sort(
    (a, b) =>
      Number(a.isQuiet) - Number(b.isQuiet) ||
      a.rank - b.rank ||
      b.alert.startsAt.localeCompare(a.alert.startsAt),
  );
  return {
    key,
    labels,
    alerts: ranked.map(({ alert }) => alert),
    rank: ranked[0]?.rank ?? Number.POSITIVE_INFINITY,
  };
}

function ordered(groups: Group[]): Group[] {
  return groups.sort(
    (a, b) => a.rank - b.rank || b.alerts.length - a.alerts.length || a.key.localeCompare(b.key),
  );
}

/** Heads and alerts in the order in which they are drawn; closed groups show their head. */
export function rowsOf(groups: readonly Group[], closed: ReadonlySet<string>): Row[] {
  return groups.flatMap((group): Row[] => {
    const isOpen = !closed.has(group.key);
    const head: Row = { kind: "group", group, isOpen };
    return isOpen
      ? [head, ...group.alerts.map((alert): Row => ({ kind: "alert", group, alert }))]
      : [head];
  });
}

/** How many alerts are in which state. */
export function counts(alerts: readonly RoutedAlert[]): Record<StateId, number> {
  const found = { firing: 0, silenced: 0, inhibited: 0, muted: 0 };
  for (const alert of alerts) found[stateOf(alert)] += 1;
  return found;
}
