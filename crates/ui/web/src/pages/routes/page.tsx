// The routing tree, and the way of a label set through it: who would be told, and after how long.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { alertRoutes, type RouteNode, routedAlerts } from "../../api/alertmanager";
import type { Labels } from "../../api/prometheus";
import { useLoad } from "../../app/load";
import { href, param, setParams } from "../../app/route";
import { Button, ButtonLink, classes } from "../../components/button";
import { Field, Input } from "../../components/field";
import { Badge, Empty, Loading, Mark, Problem } from "../../components/state";
import { matchersOf, parseMatchers, renderMatchers } from "../parts/matchers";
import { PageHead } from "../parts/page_head";
import "./routes.css";

/** Alerts that are offered for a try. */
const EXAMPLES_MAX = 6;

export default function Routes(): JSX.Element {
  const text = param("labels");
  const { labels, wrong } = labelsOf(text);
  const isTried = Object.keys(labels).length > 0;
  const { data, error, reload } = useLoad(
    (signal) => alertRoutes(isTried ? labels : undefined, { signal }),
    [text],
    { everyMs: 60_000 },
  );
  const routes = data?.routes;
  return (
    <>
      <PageHead
        title="Routing tree"
        note={routes && `${routes.length} ${routes.length === 1 ? "route" : "routes"}`}
      >
        <ButtonLink href={href("/receivers")}>Receivers</ButtonLink>
        <ButtonLink href={href("/config", { tab: "alerting" })}>Configuration</ButtonLink>
      </PageHead>
      <div class="routes">
        <Tester key={text} text={text} wrong={wrong} told={data?.receivers ?? undefined} />
        <section class="card" aria-label="Routes">
          {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
          {!data && !error && <Loading what="the routing tree" />}
          {data && <Tree nodes={data.routes} file={data.file ?? undefined} />}
        </section>
      </div>
    </>
  );
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
  /** Who is told of the alert that is tried. */
  readonly told: readonly string[] | undefined;
}

function Tester({ text, wrong, told }: TesterProps): JSX.Element {
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
      {told && (
        <div role="status">
          <strong>{told.length === 0 ? "Nobody." : told.join(", ")}</strong>
          <p class="muted">
            {told.length > 1 ? "are told." : "is told."} The way is marked in the tree.
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
  file,
}: {
  readonly nodes: readonly RouteNode[];
  readonly file: string | undefined;
}): JSX.Element {
  if (nodes.length === 0) return <Empty title="No routes." />;
  return (
    <ol class="route-tree">
      {nodes.map((node) => (
        <Route key={node.key} node={node} file={file} />
      ))}
    </ol>
  );
}

const LOOKS = { told: "told", passed: "matched", refused: "passed", not_asked: "passed" };
const MARKS = { told: "good", passed: "info", refused: "none", not_asked: "none" } as const;

function Route({
  node,
  file,
}: {
  readonly node: RouteNode;
  readonly file: string | undefined;
}): JSX.Element {
  const way = node.way as keyof typeof MARKS | null | undefined;
  return (
    <li class={classes(way != null && LOOKS[way])} style={{ marginLeft: `${24 * node.depth}px` }}>
      <div class="line">
        {way && <Mark tone={MARKS[way]} />}
        {node.depth > 0 && (
          <span class="muted" aria-hidden="true">
            └
          </span>
        )}
        <code>
          {node.matchers.length === 0 && (node.depth === 0 ? "every alert" : "all that come here")}
          {node.matchers.map(({ matcher, holds }, at) => (
            <span key={matcher} class={classes(holds === false && "fails")}>
              {at > 0 && ", "}
              {matcher}
            </span>
          ))}
        </code>
        <span class="muted">to</span>
        <a href={href("/alerts", { receiver: node.receiver })}>
          <strong>{node.receiver}</strong>
        </a>
        {way === "told" && <Badge tone="good">told</Badge>}
        {node.continue && (
          <Badge tone="info" title="The next route is tried, too">
            continues
          </Badge>
        )}
        {node.line != null && (
          <small class="muted route-place" title={`${file ?? ""}:${node.line}`}>
            line {node.line}
          </small>
        )}
      </div>
      <small class="line route-timing">
        {timing(node).map(({ words, isOwn }) => (
          <span
            key={words}
            class={classes(!isOwn && "muted")}
            title={isOwn ? "Set by this route" : "From the route above, or the default"}
          >
            {words}
          </span>
        ))}
      </small>
      {node.reason && <small class="muted route-reason">{node.reason}</small>}
    </li>
  );
}

interface Part {
  readonly words: string;
  /** Does the route say so itself? */
  readonly isOwn: boolean;
}

function timing(node: RouteNode): readonly Part[] {
  const groups =
    node.groupBy.length === 0
      ? "one group"
      : node.groupBy[0] === "..."
        ? "every alert by itself"
        : `groups by ${node.groupBy.join(", ")}`;
  const part = (words: string, key: string) => ({ words, isOwn: node.own.includes(key) });
  const quiet = [
    ...node.muteTimeIntervals.map((name) => `muted during ${name}`),
    ...node.activeTimeIntervals.map((name) => `only during ${name}`),
  ];
  return [
    part(groups, "group_by"),
    part(`first after ${node.groupWait}`, "group_wait"),
    part(`changes after ${node.groupInterval}`, "group_interval"),
    part(`again after ${node.repeatInterval}`, "repeat_interval"),
    ...quiet.map((words) => ({ words, isOwn: true })),
  ];
}
