// The routing tree, and the way of a label set through it: who would be told, and after how long.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { alertingStatus, routedAlerts } from "../../api/alertmanager";
import type { Labels } from "../../api/prometheus";
import { asError, useLoad } from "../../app/load";
import { href, param, setParams } from "../../app/route";
import { Button, ButtonLink, classes } from "../../components/button";
import { Field, Input } from "../../components/field";
import { Badge, Empty, Loading, Mark, Problem } from "../../components/state";
import { matchersOf, parseMatchers, renderMatchers } from "../parts/matchers";
import { PageHead } from "../parts/page_head";
import { type RouteNode, type RoutingTree, routingTree } from "./tree";
import "./routes.css";

/** Alerts that are offered for a try. */
const EXAMPLES_MAX = 6;

export default function Routes(): JSX.Element {
  const text = param("labels");
  const { labels, wrong } = labelsOf(text);
  const isTried = Object.keys(labels).length > 0;
  const configured = useLoad(
    async (signal) => (await alertingStatus({ signal })).config.original,
    [],
    { everyMs: 60_000 },
  );
  const { tree, unread } = useMemo(
    () => readTree(configured.data, isTried ? labels : undefined),
    [configured.data, text],
  );
  const error = configured.error ?? unread;
  return (
    <>
      <PageHead
        title="Routing tree"
        note={tree && `${tree.nodes.length} ${tree.nodes.length === 1 ? "route" : "routes"}`}
      >
        <ButtonLink href={href("/receivers")}>Receivers</ButtonLink>
        <ButtonLink href={href("/config", { tab: "alerting" })}>Configuration</ButtonLink>
      </PageHead>
      <div class="routes">
        <Tester key={text} text={text} wrong={wrong} tree={isTried ? tree : undefined} />
        <section class="card" aria-label="Routes">
          {error && (
            <Problem isSlim={tree !== undefined} error={error} onRetry={configured.reload} />
          )}
          {!tree && !error && <Loading what="the routing tree" />}
          {tree && <Tree nodes={tree.nodes} isTried={isTried} />}
        </section>
      </div>
    </>
  );
}

/** The tree, or why it cannot be read. */
function readTree(
  yaml: string | undefined,
  labels: Labels | undefined,
): { tree?: RoutingTree; unread?: Error } {
  if (yaml === undefined) return {};
  try {
    return { tree: routingTree(yaml, labels) };
  } catch (error) {
    return { unread: asError(error) };
  }
}

/** A label set written as matchers of equality. */
function labelsOf(text: string): { labels: Labels; wrong?: string } {
  const parsed = parseMatchers(text);
  if (parsed.error !== undefined) return { labels: {}, wrong: parsed.error };
  if (parsed.matchers.some((one) => one.isRegex || one.isEqual === false))
    return { labels: {}, wrong: "an alert has labels with one value each: write name=value" };
  return { labels: Object.fromEntries(parsed.matchers.map(({ name, value }) => [name, value])) };
}

interface TesterProps {
  readonly text: string;
  readonly wrong: string | undefined;
  readonly tree: RoutingTree | undefined;
}

function Tester({ text, wrong, tree }: TesterProps): JSX.Element {
  const [draft, setDraft] = useState(text);
  const { data } = useLoad(async (signal) => {
    const alerts = await routedAlerts([], { signal });
    return [
      ...new Map(alerts.map((alert) => [alert.labels.alertname ?? "", alert.labels])).values(),
    ].slice(0, EXAMPLES_MAX);
  }, []);
  const submit = () => setParams({ labels: draft.trim() });
  return (
    <section class="card stack" aria-label="Tester">
      <h2>Who would be told?</h2>
      <Field label="Labels of an alert" hint="As name=value, separated by commas." error={wrong}>
        {(id, about) => (
          <Input
            id={id}
            describedBy={about}
            value={draft}
            isMono
            isInvalid={wrong !== undefined}
            placeholder="severity=critical, team=db"
            onInput={setDraft}
            onEnter={submit}
          />
        )}
      </Field>
      <div class="line">
        <Button look="primary" onClick={submit}>
          Try
        </Button>
        {text !== "" && (
          <Button look="quiet" onClick={() => setParams({ labels: null })}>
            Show the tree alone
          </Button>
        )}
      </div>
      {tree && (
        <div role="status">
          <strong>{tree.receivers.length === 0 ? "Nobody." : tree.receivers.join(", ")}</strong>
          <p class="muted">
            {tree.receivers.length > 1 ? "are told." : "is told."} The way is marked in the tree.
          </p>
        </div>
      )}
      {data && data.length > 0 && (
        <div>
          <h3>Alerts that fire now</h3>
          {data.map((labels) => (
            <Button
              key={labels.alertname}
              look="quiet"
              onClick={() => setParams({ labels: renderMatchers(matchersOf(labels)) })}
            >
              {labels.alertname}
            </Button>
          ))}
        </div>
      )}
    </section>
  );
}

function Tree({
  nodes,
  isTried,
}: {
  readonly nodes: readonly RouteNode[];
  readonly isTried: boolean;
}): JSX.Element {
  if (nodes.length === 0) return <Empty title="No routes." />;
  return (
    <ol class="route-tree">
      {nodes.map((node, at) => (
        <li
          key={at}
          class={classes(isTried && (node.isTold ? "told" : node.isPassed ? "matched" : "passed"))}
          style={{ marginLeft: `${24 * node.depth}px` }}
        >
          <div class="line">
            {isTried && <Mark tone={node.isTold ? "good" : node.isPassed ? "info" : "none"} />}
            {node.depth > 0 && (
              <span class="muted" aria-hidden="true">
                └
              </span>
            )}
            <code>
              {node.matchers.length > 0
                ? node.matchers.join(", ")
                : node.depth === 0
                  ? "every alert"
                  : "all that come here"}
            </code>
            <span class="muted">to</span>
            <a href={href("/alerts", { receiver: node.receiver })}>
              <strong>{node.receiver}</strong>
            </a>
            {node.isTold && isTried && <Badge tone="good">told</Badge>}
            {node.continues && (
              <Badge tone="info" title="The next route is tried, too">
                continues
              </Badge>
            )}
          </div>
          <small class="muted">{timing(node)}</small>
        </li>
      ))}
    </ol>
  );
}

function timing(node: RouteNode): string {
  const groups =
    node.groupBy.length === 0
      ? "one group"
      : node.groupBy[0] === "..."
        ? "every alert by itself"
        : `groups by ${node.groupBy.join(", ")}`;
  const quiet = [
    ...node.muteTimeIntervals.map((name) => `muted during ${name}`),
    ...node.activeTimeIntervals.map((name) => `only during ${name}`),
  ];
  return [
    groups,
    `first after ${node.groupWait}`,
    `changes after ${node.groupInterval}`,
    `again after ${node.repeatInterval}`,
    ...quiet,
  ].join("; ");
}
