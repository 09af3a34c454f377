// Rules: groups with what they evaluate, how that went, and what fires of it. Inactive ones, too.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { type Rule, type RuleGroup, ruleGroups } from "../../api/server";
import { useLoad } from "../../app/load";
import { href, param, setParams } from "../../app/route";
import { Button, ButtonLink, classes } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Empty, Loading, Mark, Problem, type Tone } from "../../components/state";
import { VirtualList } from "../../components/virtual";
import { Facts } from "../parts/facts";
import { Labels } from "../parts/labels";
import { hasWords, PageHead, SearchParam } from "../parts/page_head";
import { closedGroups, GroupHead, StateCounts } from "../parts/rows";
import { ago, clock, shortLength } from "../parts/when";
import "./rules.css";

/** What a rule can be narrowed by. */
const STATES = ["firing", "pending", "inactive", "recording", "failing"] as const;
type State = (typeof STATES)[number];
const TONES: Record<State, Tone> = {
  firing: "bad",
  pending: "warn",
  inactive: "good",
  recording: "info",
  failing: "bad",
};

type Row =
  | { readonly kind: "group"; readonly group: RuleGroup; readonly isOpen: boolean }
  | { readonly kind: "rule"; readonly rule: Rule; readonly group: RuleGroup; readonly key: string };

export default function Rules(): JSX.Element {
  const { data, error, reload, isLoading } = useLoad((signal) => ruleGroups({ signal }), [], {
    everyMs: 10_000,
  });
  const [search, state, chosen] = [param("search"), param("state"), param("rule")];
  const closed = param("closed");
  const rows = useMemo(
    () => rowsOf(data ?? [], search, state, closedGroups(closed)),
    [data, search, state, closed],
  );
  const found = useMemo(() => countsOf(data ?? []), [data]);
  const open = chosen
    ? rowsOf(data ?? [], "", "", new Set()).find((row) => row.kind === "rule" && row.key === chosen)
    : undefined;
  return (
    <>
      <PageHead
        title="Rules"
        note={data && <StateCounts states={STATES} counts={found} tones={TONES} />}
      >
        <SearchParam label="Search names, expressions, labels" />
        <Button icon="refresh" isBusy={isLoading} label="Load again" onClick={reload} />
      </PageHead>
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {!data && !error && <Loading what="rules" />}
      {data && rows.length === 0 && (
        <Empty title={data.length === 0 ? "There are no rules." : "No rule matches."}>
          {data.length === 0 ? (
            <>
              Name rule files in the configuration, or make one in{" "}
              <a href={href("/explore")}>Explore</a>.
            </>
          ) : (
            <Button onClick={() => setParams({ search: null, state: null })}>Show all</Button>
          )}
        </Empty>
      )}
      {rows.length > 0 && (
        <VirtualList
          rows={rows}
          rowPx={22}
          label="Rules"
          class="rule-rows"
          keyOf={(row) => (row.kind === "group" ? idOf(row.group) : row.key)}
          render={(row) =>
            row.kind === "group" ? (
              <GroupRow {...row} />
            ) : (
              <RuleRow rule={row.rule} onOpen={() => setParams({ rule: row.key })} />
            )
          }
        />
      )}
      {open?.kind === "rule" && (
        <RuleDetail
          rule={open.rule}
          group={open.group}
          onClose={() => setParams({ rule: null }, { replace: true })}
        />
      )}
    </>
  );
}

/** What a rule is doing, the worst first. */
export function stateOf(rule: Rule): State {
  if (rule.health === "err") return "failing";
  return rule.type === "recording" ? "recording" : (rule.state ?? "inactive");
}

function countsOf(groups: readonly RuleGroup[]): Record<State, number> {
  const found = { firing: 0, pending: 0, inactive: 0, recording: 0, failing: 0 };
  for (const rule of groups.flatMap((group) => group.rules)) found[stateOf(rule)] += 1;
  return found;
}

const idOf = ({ file, name }: RuleGroup): string => `${file} ${name}`;

/** Heads and rules in the order in which they are drawn; closed groups show their head. */
function rowsOf(
  groups: readonly RuleGroup[],
  search: string,
  state: string,
  closed: ReadonlySet<string>,
): Row[] {
  return groups.flatMap((group): Row[] => {
    const rules = group.rules.flatMap((rule, at): Row[] => {
      const text = `${group.file} ${group.name} ${rule.name} ${rule.query} ${JSON.stringify(rule.labels ?? {})}`;
      const isWanted = (state === "" || stateOf(rule) === state) && hasWords(text, search);
      return isWanted
        ? [{ kind: "rule", rule, group, key: `${group.file};${group.name};${at}` }]
        : [];
    });
    if (rules.length === 0) return [];
    const isOpen = !closed.has(idOf(group));
    return [{ kind: "group", group, isOpen }, ...(isOpen ? rules : [])];
  });
}

function GroupRow({ group, isOpen }: Extract<Row, { kind: "group" }>): JSX.Element {
  const share = group.evaluationTime / group.interval;
  const cost = (
    <span class={classes(share > 0.5 && "field-error")}>
      every {shortLength(group.interval)}, took {shortLength(group.evaluationTime)},{" "}
      {ago(group.lastEvaluation)} ago
    </span>
  );
  return (
    <GroupHead id={idOf(group)} isOpen={isOpen} end={cost}>
      <span>{group.name}</span>
      <span class="muted clip">{group.file}</span>
    </GroupHead>
  );
}

function RuleRow({
  rule,
  onOpen,
}: {
  readonly rule: Rule;
  readonly onOpen: () => void;
}): JSX.Element {
  const state = stateOf(rule);
  const count = rule.alerts?.length ?? 0;
  return (
    <button type="button" class="rule-row" onClick={onOpen}>
      <span class="rule-state">
        <Mark tone={TONES[state]} />
        {state}
      </span>
      <span class="clip">
        <strong>{rule.name}</strong>
      </span>
      <span class="clip mono muted" title={rule.query}>
        {rule.lastError ?? rule.query}
      </span>
      <span class="number">{count > 0 ? `${count} ${count === 1 ? "alert" : "alerts"}` : ""}</span>
      <span class="number muted">{rule.duration ? `for ${shortLength(rule.duration)}` : ""}</span>
      <span class="number muted">{shortLength(rule.evaluationTime)}</span>
    </button>
  );
}

interface RuleDetailProps {
  readonly rule: Rule;
  readonly group: RuleGroup;
  readonly onClose: () => void;
}

/** Alerts of a rule that are listed. */
const ALERTS_MAX = 200;

function RuleDetail({ rule, group, onClose }: RuleDetailProps): JSX.Element {
  const alerts = rule.alerts ?? [];
  const footer = (
    <>
      {rule.type === "alerting" && (
        <ButtonLink href={href("/alerts", { filter: `alertname=${JSON.stringify(rule.name)}` })}>
          Its alerts
        </ButtonLink>
      )}
      <ButtonLink look="primary" icon="graph" href={href("/explore", { "g0.expr": rule.query })}>
        Explore
      </ButtonLink>
    </>
  );
  return (
    <Dialog title={rule.name} size="large" isDrawer onClose={onClose} footer={footer}>
      <div class="stack">
        {rule.lastError && <Problem isSlim error={new Error(rule.lastError)} />}
        <pre class="card expr">{rule.query}</pre>
        <Facts
          facts={[
            ["state", stateOf(rule)],
            ["group", `${group.name} in ${group.file}`],
            ...(rule.duration ? [["fires after", shortLength(rule.duration)] as const] : []),
            ...(rule.keepFiringFor
              ? [["keeps firing for", shortLength(rule.keepFiringFor)] as const]
              : []),
            [
              "last evaluation",
              `${clock(rule.lastEvaluation)}, took ${shortLength(rule.evaluationTime)}`,
            ],
            ...(Object.keys(rule.labels ?? {}).length > 0
              ? [["labels", <Labels key="labels" labels={rule.labels ?? {}} />] as const]
              : []),
            ...Object.entries(rule.annotations ?? {}).map(
              ([name, value]) => [name, value] as const,
            ),
          ]}
        />
        {alerts.length > 0 && (
          <h3>
            {alerts.length} {alerts.length === 1 ? "alert" : "alerts"}
            {alerts.length > ALERTS_MAX ? `, the first ${ALERTS_MAX}` : ""}
          </h3>
        )}
        <ul class="rule-alerts">
          {alerts.slice(0, ALERTS_MAX).map((alert, at) => (
            <li key={at} class="line">
              <Mark tone={alert.state === "firing" ? "bad" : "warn"} />
              {alert.state} {ago(alert.activeAt)}
              <code>{Number(alert.value)}</code>
              <Labels labels={alert.labels} without={["alertname"]} />
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}
