// The routing tree of a configuration, and the way of a label set through it: as the server routes.
// Pure: reads the configuration that the server shows.

import type { Labels } from "../../api/prometheus";
import { parseMatchers } from "../parts/matchers";
import { type Node, readBlockYaml } from "./block_yaml";

/** A route of the tree; parents first, `depth` makes a tree of the list. */
export interface RouteNode {
  readonly depth: number;
  readonly receiver: string;
  readonly matchers: readonly string[];
  readonly groupBy: readonly string[];
  readonly groupWait: string;
  readonly groupInterval: string;
  readonly repeatInterval: string;
  readonly continues: boolean;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  /** Is the label set led through here? */
  readonly isPassed: boolean;
  /** Does it end here, so that the receiver is told? */
  readonly isTold: boolean;
}

export interface RoutingTree {
  readonly nodes: readonly RouteNode[];
  /** Who is told, in the order of the tree. */
  readonly receivers: readonly string[];
}

/** What children have of their parents where they say nothing themselves. */
type Inherited = Pick<
  RouteNode,
  "receiver" | "groupBy" | "groupWait" | "groupInterval" | "repeatInterval"
>;

const DEFAULTS: Inherited = {
  receiver: "",
  groupBy: [],
  groupWait: "30s",
  groupInterval: "5m",
  repeatInterval: "4h",
};

/** The tree of a configuration; with labels, the way of an alert that has them. */
export function routingTree(yaml: string, labels: Labels | undefined): RoutingTree {
  const root = member(readBlockYaml(yaml), "route");
  const nodes: RouteNode[] = [];
  const receivers: string[] = [];
  lead(root, DEFAULTS, labels, 0, { nodes, receivers });
  return { nodes, receivers };
}

interface Found {
  readonly nodes: RouteNode[];
  readonly receivers: string[];
}

/** Adds a route and all below it; tells whether the labels were led into it. */
function lead(
  route: Node,
  parent: Inherited,
  labels: Labels | undefined,
  depth: number,
  found: Found,
): boolean {
  const matchers = matchersOf(route);
  const own: Inherited = {
    receiver: text(route, "receiver") || parent.receiver,
    groupBy: member(route, "group_by") === "" ? parent.groupBy : texts(route, "group_by"),
    groupWait: text(route, "group_wait") || parent.groupWait,
    groupInterval: text(route, "group_interval") || parent.groupInterval,
    repeatInterval: text(route, "repeat_interval") || parent.repeatInterval,
  };
  const place = found.nodes.length;
  const shown = {
    ...own,
    depth,
    matchers,
    continues: text(route, "continue") === "true",
    muteTimeIntervals: texts(route, "mute_time_intervals"),
    activeTimeIntervals: texts(route, "active_time_intervals"),
  };
  found.nodes.push({ ...shown, isPassed: false, isTold: false });
  let here = labels && matchers.every((one) => holds(one, labels)) ? labels : undefined;
  const isPassed = here !== undefined;
  let isTold = isPassed;
  for (const child of list(route, "routes")) {
    if (!lead(child, own, here, depth + 1, found)) continue;
    isTold = false;
    // A child that does not go on keeps the labels from its later siblings.
    if (text(child, "continue") !== "true") here = undefined;
  }
  if (isTold) found.receivers.push(own.receiver);
  found.nodes[place] = { ...shown, isPassed, isTold };
  return isPassed;
}

/** Does a matcher hold? Regular expressions are anchored, and a label that is missing is empty. */
export function holds(matcher: string, labels: Labels): boolean {
  const parsed = parseMatchers(matcher);
  if (parsed.error !== undefined) return false;
  return parsed.matchers.every(({ name, value, isRegex, isEqual = true }) => {
    const actual = labels[name] ?? "";
    const isMatch = isRegex ? new RegExp(`^(?:${value})$`, "su").test(actual) : actual === value;
    return isMatch === isEqual;
  });
}

/** Matchers in all three ways of writing them. */
function matchersOf(route: Node): string[] {
  const pairs = (name: string, operator: string) =>
    Object.entries(map(member(route, name))).map(
      ([label, value]) => `${label}${operator}${JSON.stringify(String(value))}`,
    );
  return [...texts(route, "matchers"), ...pairs("match", "="), ...pairs("match_re", "=~")];
}

function map(node: Node): { readonly [key: string]: Node } {
  return typeof node === "string" || Array.isArray(node)
    ? {}
    : (node as { readonly [key: string]: Node });
}

function member(node: Node, name: string): Node {
  return map(node)[name] ?? "";
}

function list(node: Node, name: string): readonly Node[] {
  const found = member(node, name);
  return Array.isArray(found) ? (found as readonly Node[]) : [];
}

function texts(node: Node, name: string): string[] {
  return list(node, name).filter((one) => typeof one === "string");
}

function text(node: Node, name: string): string {
  const found = member(node, name);
  return typeof found === "string" ? found : "";
}
