// Alertmanager's API v2: groups of alerts, silences, receivers. And why people were, or were not, told.
// Used by the pages of alerting; shapes are the server's own.

import { ApiError, getData, getJson, type RequestOptions, sendJson } from "./client";
import type { Labels } from "./prometheus";
import type { components } from "./schema";

export interface Receiver {
  readonly name: string;
  readonly labels?: Labels;
}

export interface RoutedAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly fingerprint: string;
  readonly generatorURL?: string;
  readonly receivers: readonly Receiver[];
  readonly status: {
    readonly state: "active" | "suppressed" | "unprocessed";
    readonly silencedBy: readonly string[];
    readonly inhibitedBy: readonly string[];
    readonly mutedBy?: readonly string[];
  };
}

export interface AlertGroup {
  readonly labels: Labels;
  readonly receiver: Receiver;
  readonly alerts: readonly RoutedAlert[];
}

/** A condition on a label, as the API has it. */
export interface ApiMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual?: boolean;
}

export interface Silence {
  readonly id: string;
  readonly status: { readonly state: "active" | "pending" | "expired" };
  readonly matchers: readonly ApiMatcher[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly annotations?: Labels;
}

/** A silence to make, or with an id to change. */
export type SilenceDraft = Omit<Silence, "id" | "status" | "updatedAt"> & { readonly id?: string };

export function alertGroups(
  filter: readonly string[],
  options?: RequestOptions,
): Promise<AlertGroup[]> {
  return getJson("api/v2/alerts/groups", { filter }, options);
}

export function routedAlerts(
  filter: readonly string[],
  options?: RequestOptions,
): Promise<RoutedAlert[]> {
  return getJson("api/v2/alerts", { filter }, options);
}

export function receivers(options?: RequestOptions): Promise<Receiver[]> {
  return getJson("api/v2/receivers", {}, options);
}

export function silences(options?: RequestOptions): Promise<Silence[]> {
  return getJson("api/v2/silences", {}, options);
}

export function silence(id: string, options?: RequestOptions): Promise<Silence> {
  return getJson(`api/v2/silence/${encodeURIComponent(id)}`, {}, options);
}

/** Makes or changes a silence; gives the id it has then. */
export async function putSilence(draft: SilenceDraft): Promise<string> {
  return (await sendJson<{ silenceID: string }>("POST", "api/v2/silences", draft)).silenceID;
}

export function expireSilence(id: string): Promise<void> {
  return sendJson("DELETE", `api/v2/silence/${encodeURIComponent(id)}`);
}

export interface Status {
  readonly config: { readonly original: string };
  readonly uptime: string;
}

export function alertingStatus(options?: RequestOptions): Promise<Status> {
  return getJson("api/v2/status", {}, options);
}

/** What became of some alerts of a group at one moment. */
export interface Decision {
  readonly at: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly code: string;
  readonly reason: string;
  readonly alerts: readonly Labels[];
}

export interface Why {
  readonly alerts: readonly {
    readonly labels: Labels;
    readonly state: string;
    readonly receivers: readonly string[];
    readonly silencedBy: readonly string[];
    readonly inhibitedBy: readonly string[];
    readonly mutedBy: readonly string[];
  }[];
  /** Oldest first. */
  readonly decisions: readonly Decision[];
}

export function why(
  filter: readonly string[],
  limit: number,
  options?: RequestOptions,
): Promise<Why> {
  return getData("api/flyball/v1/alerts/why", { filter, limit }, options);
}

export type RouteNode = components["schemas"]["RouteBody"];

/** The routing tree, parents first; `depth` makes a tree of the list. */
export type RoutingTree = components["schemas"]["RoutesBody"];

/** The tree that the server routes by; with labels, the way of an alert that has them. */
export function alertRoutes(
  labels: Labels | undefined,
  options?: RequestOptions,
): Promise<RoutingTree> {
  const params = { labels: labels && JSON.stringify(labels) };
  return getData("api/flyball/v1/alerts/routes", params, options);
}

/** What became of the messages to one integration since the start. */
export type Integration = components["schemas"]["IntegrationBody"];

export type ReceiverState = components["schemas"]["ReceiverStateBody"];

/** Receivers in the order of the file, with what became of the messages to them. */
export async function receiverStates(options?: RequestOptions): Promise<readonly ReceiverState[]> {
  const answer = await getData<components["schemas"]["ReceiversBody"]>(
    "api/flyball/v1/alerts/receivers",
    {},
    options,
  );
  return answer.receivers;
}

/** A notification that did not arrive. */
export interface DeadLetter {
  readonly id: string;
  readonly receiver: string;
  /** Which way: `webhook[0]`. */
  readonly integration: string;
  readonly groupKey: string;
  readonly reason: string;
  readonly since: string;
  readonly at: string;
  readonly times: number;
  readonly alerts: readonly { readonly labels: Labels; readonly status: string }[];
  readonly alertsLeftOff: number;
}

const LETTERS = "api/flyball/v1/alerts/dead-letters";

/** Notifications that did not arrive; nothing from a server that does not keep them. */
export async function deadLetters(
  options?: RequestOptions,
): Promise<readonly DeadLetter[] | undefined> {
  try {
    return (await getData<{ deadLetters: DeadLetter[] }>(LETTERS, {}, options)).deadLetters;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Tries a letter again, or all of them. */
export function resend(id?: string): Promise<unknown> {
  return sendJson(
    "POST",
    id === undefined ? `${LETTERS}/resend` : `${LETTERS}/${encodeURIComponent(id)}/resend`,
  );
}

export function forget(id: string): Promise<unknown> {
  return sendJson("DELETE", `${LETTERS}/${encodeURIComponent(id)}`);
}
