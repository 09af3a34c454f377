// Alerts: everything that fires, dense, narrowed by matchers, receiver and state; one of them in detail.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { type AlertGroup, alertGroups, receivers, type RoutedAlert } from "../../api/alertmanager";
import { useKeys } from "../../app/keys";
import { useLoad } from "../../app/load";
import { href, param, setParams } from "../../app/route";
import { Button, ButtonLink, classes } from "../../components/button";
import { Input, Select } from "../../components/field";
import { Icon } from "../../components/icon";
import { Empty, Loading, Mark, Problem } from "../../components/state";
import { VirtualList } from "../../components/virtual";
import { Labels } from "../parts/labels";
import { parseMatchers, renderMatcher, renderMatchers, withLabel } from "../parts/matchers";
import { PageHead } from "../parts/page_head";
import { closedGroups, GroupHead, StateCounts } from "../parts/rows";
import { ago, clock } from "../parts/when";
import { Detail, STATE_TONES, toneOf } from "./detail";
import {
  counts,
  groupBy,
  once,
  routedGroups,
  type Row,
  rowsOf,
  type StateId,
  stateOf,
} from "./groups";
import "./alerts.css";

/** Height of a row: 50 of them fit on a screen of 1080. */
const ROW_PX = 18;
const EVERY_MS = 10_000;

export default function Alerts(): JSX.Element {
  const filter = param("filter");
  const parsed = parseMatchers(filter);
  const matchers = parsed.error === undefined ? parsed.matchers.map(renderMatcher) : [];
  const { data, error, reload, isLoading } = useLoad(
    (signal) => alertGroups(matchers, { signal }),
    [matchers.join()],
    { everyMs: EVERY_MS },
  );
  const shown = useShown(data);
  const pick = (name: string, value: string) =>
    setParams({ filter: withLabel(filter, name, value) });
  const open = (alert: string | null) => setParams({ alert }, { replace: true });
  const opened = param("alert");
  const alert = opened && data && once(data).find((one) => one.fingerprint === opened);
  useAlertKeys(shown.rows, open);
  return (
    <>
      <PageHead
        title="Alerts"
        note={
          data && <StateCounts states={STATES} counts={counts(shown.all)} tones={STATE_TONES} />
        }
      >
        {matchers.length > 0 && (
          <ButtonLink icon="bell" href={href("/silences/new", { filter })}>
            Silence these
          </ButtonLink>
        )}
        <Button icon="refresh" isBusy={isLoading} label="Load again" onClick={reload} />
      </PageHead>
      <Filters key={filter} filter={filter} error={parsed.error} />
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {!data && !error && <Loading what="alerts" />}
      {data && (
        <div class={classes("alerts", alert && "with-detail")}>
          {shown.rows.length === 0 ? (
            <Nothing
              isNarrowed={filter !== "" || param("receiver") !== "" || param("state") !== ""}
            />
          ) : (
            <VirtualList
              rows={shown.rows}
              rowPx={ROW_PX}
              label="Alerts"
              class="alert-rows"
              keyOf={(row) =>
                row.kind === "group" ? row.group.key : `${row.group.key} ${row.alert.fingerprint}`
              }
              render={(row) =>
                row.kind === "group" ? (
                  <GroupRow row={row} onPick={pick} />
                ) : (
                  <AlertRow
                    row={row}
                    isOpen={row.alert.fingerprint === param("alert")}
                    onOpen={open}
                  />
                )
              }
            />
          )}
          {alert && <Detail alert={alert} onClose={() => open(null)} onPick={pick} />}
        </div>
      )}
    </>
  );
}

interface Shown {
  /** Each once, whatever its state. */
  readonly all: readonly RoutedAlert[];
  readonly rows: readonly Row[];
}

/** What the address asks for, out of all groups. */
function useShown(data: readonly AlertGroup[] | undefined): Shown {
  const [receiver, state, by, closed] = [
    param("receiver"),
    param("state"),
    param("group"),
    param("closed"),
  ];
  return useMemo(() => {
    const groups = (data ?? []).filter(
      (group) => receiver === "" || group.receiver.name === receiver,
    );
    const all = once(groups);
    const wanted = (alert: RoutedAlert) => state === "" || stateOf(alert) === state;
    const made =
      by === "route"
        ? routedGroups(
            groups
              .map((group) => ({ ...group, alerts: group.alerts.filter(wanted) }))
              .filter((group) => group.alerts.length > 0),
          )
        : groupBy(all.filter(wanted), (by || "alertname").split(","));
    return { all, rows: rowsOf(made, closedGroups(closed)) };
  }, [data, receiver, state, by, closed]);
}

function useAlertKeys(rows: readonly Row[], open: (alert: string | null) => void): void {
  const move = (by: 1 | -1) => {
    const prints = rows.flatMap((row) => (row.kind === "alert" ? [row.alert.fingerprint] : []));
    const at = prints.indexOf(param("alert"));
    const to = prints[at < 0 ? 0 : at + by];
    if (to !== undefined) open(to);
  };
  useKeys(
    () => [
      { keys: "j", does: "Next alert", group: "Alerts", run: () => move(1) },
      { keys: "k", does: "Previous alert", group: "Alerts", run: () => move(-1) },
      { keys: "esc", does: "Close the alert", group: "Alerts", run: () => open(null) },
    ],
    [rows],
  );
}

const STATES: readonly StateId[] = ["firing", "silenced", "inhibited", "muted"];

const GROUPINGS = [
  { value: "", label: "by alert name" },
  { value: "severity", label: "by severity" },
  { value: "team", label: "by team" },
  { value: "instance", label: "by instance" },
  { value: "alertname,severity", label: "by name and severity" },
  { value: "route", label: "as receivers get them" },
];

function Filters({
  filter,
  error,
}: {
  readonly filter: string;
  readonly error: string | undefined;
}): JSX.Element {
  const [text, setText] = useState(filter);
  const { data = [] } = useLoad((signal) => receivers({ signal }), []);
  const names = [
    { value: "", label: "every receiver" },
    ...data.map(({ name }) => ({ value: name, label: name })),
  ];
  const by = param("group");
  const groupings = GROUPINGS.some(({ value }) => value === by)
    ? GROUPINGS
    : [...GROUPINGS, { value: by, label: `by ${by}` }];
  const submit = () => {
    const parsed = parseMatchers(text);
    setParams({ filter: parsed.error === undefined ? renderMatchers(parsed.matchers) : text });
  };
  return (
    <div class="line alert-filters no-print">
      <div class="search">
        <Icon name="filter" />
        <Input
          value={text}
          isMono
          isInvalid={error !== undefined}
          label="Matchers"
          placeholder={'team="db", severity=~"critical|high"'}
          onInput={setText}
          onEnter={submit}
          extra={{ onBlur: submit }}
        />
      </div>
      {filter !== "" && (
        <Button look="quiet" icon="close" onClick={() => setParams({ filter: null })}>
          Show all
        </Button>
      )}
      <Select
        label="Receiver"
        value={param("receiver")}
        options={names}
        onChange={(receiver) => setParams({ receiver })}
      />
      <Select
        label="Groups"
        value={by}
        options={groupings}
        onChange={(group) => setParams({ group, closed: null })}
      />
      {error && (
        <small class="field-error" role="alert">
          {error}
        </small>
      )}
    </div>
  );
}

function GroupRow({
  row,
  onPick,
}: {
  readonly row: Extract<Row, { kind: "group" }>;
  readonly onPick: (name: string, value: string) => void;
}): JSX.Element {
  const { group, isOpen } = row;
  const found = counts(group.alerts);
  return (
    <GroupHead
      id={group.key}
      isOpen={isOpen}
      end={STATES.filter((state) => found[state] > 0)
        .map((state) => `${found[state]} ${state}`)
        .join(", ")}
    >
      <Labels labels={group.labels} onPick={onPick} />
      {Object.keys(group.labels).length === 0 && <span class="muted">without these labels</span>}
      {group.receiver !== undefined && <span class="muted">to {group.receiver}</span>}
    </GroupHead>
  );
}

interface AlertRowProps {
  readonly row: Extract<Row, { kind: "alert" }>;
  readonly isOpen: boolean;
  readonly onOpen: (fingerprint: string | null) => void;
}

function AlertRow({ row, isOpen, onOpen }: AlertRowProps): JSX.Element {
  const { alert, group } = row;
  const state = stateOf(alert);
  const { severity = "", ...labels } = alert.labels;
  return (
    <button
      type="button"
      class={classes("alert-row", state !== "firing" && "quiet")}
      aria-current={isOpen || undefined}
      onClick={() => onOpen(isOpen ? null : alert.fingerprint)}
    >
      <span class="alert-state">
        <Mark tone={toneOf(alert)} />
        {state === "firing" ? severity || "firing" : state}
      </span>
      <span class="number" title={clock(alert.startsAt)}>
        {ago(alert.startsAt)}
      </span>
      <span class="clip">
        <Labels labels={labels} without={Object.keys(group.labels)} />
      </span>
      <span class="clip muted">
        {alert.annotations.summary ?? alert.annotations.description ?? ""}
      </span>
    </button>
  );
}

function Nothing({ isNarrowed }: { readonly isNarrowed: boolean }): JSX.Element {
  if (!isNarrowed) {
    return (
      <Empty isGood title="Nothing is firing.">
        The <a href={href("/rules")}>rules</a> are evaluated all the time; what begins to fire
        stands here at once.
      </Empty>
    );
  }
  return (
    <Empty title="No alert matches." icon="filter">
      <Button onClick={() => setParams({ filter: null, receiver: null, state: null })}>
        Show all alerts
      </Button>
    </Empty>
  );
}
