// Receivers: who is told, whether messages arrive, and those that did not.

import type { JSX } from "preact";
import {
  type DeadLetter,
  deadLetters,
  forget,
  type Integration,
  receiverStates,
  resend,
} from "../../api/alertmanager";
import { useLoad } from "../../app/load";
import { href } from "../../app/route";
import { Button, ButtonLink } from "../../components/button";
import { Badge, Empty, Loading, Problem } from "../../components/state";
import { toast, toastError } from "../../components/toast";
import { type Column, VirtualTable } from "../../components/virtual";
import { Tile } from "../parts/facts";
import { labelsText } from "../parts/labels";
import { type Figures, useOwnFigures } from "../parts/own_figures";
import { PageHead } from "../parts/page_head";
import { ago, clock } from "../parts/when";

/** An integration of a receiver; a receiver without any is a row, too. */
interface Row {
  readonly receiver: string;
  readonly integration: Integration | undefined;
}

export default function Receivers(): JSX.Element {
  const { data, error, reload } = useLoad(
    async (signal) =>
      (await receiverStates({ signal })).flatMap(({ name, integrations }): Row[] =>
        integrations.length === 0
          ? [{ receiver: name, integration: undefined }]
          : integrations.map((integration) => ({ receiver: name, integration })),
      ),
    [],
    { everyMs: 10_000 },
  );
  const own = useOwnFigures("flyball_notifications?_.*");
  return (
    <div class="stack">
      <PageHead
        title="Receivers"
        note={data && `${new Set(data.map((one) => one.receiver)).size} in the configuration`}
      >
        <ButtonLink href={href("/routes")}>Routing tree</ButtonLink>
      </PageHead>
      {own.data && <Totals figures={own.data} />}
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {!data && !error && <Loading what="receivers" />}
      {data?.length === 0 && (
        <Empty title="There are no receivers.">
          Name an alertmanager.yml in the configuration; until then alerts go to the log.
        </Empty>
      )}
      {data && data.length > 0 && (
        <VirtualTable
          rows={data}
          columns={COLUMNS}
          keyOf={(one) => `${one.receiver} ${one.integration?.name ?? ""}`}
          label="Receivers"
          narrowRowPx={44}
          minWidthPx={980}
        />
      )}
      <small class="muted">Counts are since the start of the server.</small>
      <Letters />
    </div>
  );
}

function Totals({ figures }: { readonly figures: Figures }): JSX.Element | null {
  const sum = (name: string) => figures.get(name)?.sum;
  const arrived = sum("flyball_notifications_accepted_total");
  if (arrived === undefined) return null;
  const refused = sum("flyball_notifications_refused_total") ?? 0;
  return (
    <div class="figures">
      <Tile value={arrived.toLocaleString("en-US")}>messages arrived since the start</Tile>
      <Tile value={(sum("flyball_notifications_retried_total") ?? 0).toLocaleString("en-US")}>
        tried again
      </Tile>
      <Tile value={refused.toLocaleString("en-US")} isBad={refused > 0}>
        refused by the receiver
      </Tile>
      <Tile
        value={(sum("flyball_notification_requests_failed_total") ?? 0).toLocaleString("en-US")}
      >
        requests failed of{" "}
        {(sum("flyball_notification_requests_total") ?? 0).toLocaleString("en-US")}
      </Tile>
    </div>
  );
}

/** Has the last try failed? */
export function isFailing(one: Integration): boolean {
  return one.lastFailed != null && (one.lastSent == null || one.lastSent < one.lastFailed);
}

function State({ integration }: { readonly integration: Integration | undefined }): JSX.Element {
  if (!integration) return <Badge tone="none">tells nobody</Badge>;
  if (integration.notBefore)
    return (
      <Badge tone="warn" title={`The receiver asked to wait until ${clock(integration.notBefore)}`}>
        waits
      </Badge>
    );
  if (isFailing(integration)) return <Badge tone="bad">failing</Badge>;
  return integration.sent > 0 ? (
    <Badge tone="good">arrives</Badge>
  ) : (
    <Badge tone="none">quiet</Badge>
  );
}

function count(id: string, title: string, of: (one: Integration) => number): Column<Row> {
  return {
    id,
    title,
    width: "76px",
    isNumber: true,
    isWideOnly: true,
    render: ({ integration }) => {
      const value = integration ? of(integration) : 0;
      return value === 0 ? "" : value.toLocaleString("en-US");
    },
  };
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: "name",
    title: "Receiver",
    width: "minmax(90px, 1fr)",
    render: ({ receiver }) => <a href={href("/alerts", { receiver })}>{receiver}</a>,
  },
  {
    id: "integration",
    isWideOnly: true,
    title: "By",
    width: "minmax(100px, 1fr)",
    render: ({ integration }) => plainName(integration?.name ?? ""),
  },
  {
    id: "state",
    title: "State",
    width: "110px",
    render: ({ integration }) => <State integration={integration} />,
  },
  count("sent", "Arrived", (one) => one.sent),
  count("retried", "Retried", (one) => one.retried),
  count("failed", "Given up", (one) => one.failed),
  count("dead", "Waiting", (one) => one.deadLetters),
  {
    id: "last",
    isWideOnly: true,
    title: "Last told",
    width: "96px",
    isNumber: true,
    render: ({ integration }) => (
      <span title={clock(integration?.lastSent ?? undefined)}>
        {integration?.lastSent ? ago(integration.lastSent) : ""}
      </span>
    ),
  },
  {
    id: "trouble",
    title: "Last error",
    width: "minmax(110px, 3fr)",
    render: ({ integration }) =>
      integration?.lastFailed && (
        <span
          class={isFailing(integration) ? "field-error" : "muted"}
          title={`${clock(integration.lastFailed)}: ${integration.lastError ?? ""}`}
        >
          {ago(integration.lastFailed)} ago: {integration.lastError}
        </span>
      ),
  },
];

/** `webhook[0]` without the number where it is the first of its kind. */
const plainName = (integration: string): string => integration.replace(/\[0\]$/, "");

/** Names of the alerts of a message. */
function namesOf({ alerts, groupKey }: DeadLetter): string {
  const names = new Set(alerts.flatMap(({ labels }) => labels.alertname ?? []));
  return [...names].join(", ") || groupKey;
}

/** Messages that were given up, with what can be done about them. */
function Letters(): JSX.Element | null {
  const { data, error, reload } = useLoad((signal) => deadLetters({ signal }), [], {
    everyMs: 10_000,
  });
  const act = async (what: () => Promise<unknown>, done: string) => {
    try {
      await what();
      toast(done);
      reload();
    } catch (thrown) {
      toastError(thrown);
    }
  };
  if (error && !data) return <Problem isSlim error={error} onRetry={reload} />;
  if (!data) return null;
  const columns: Column<DeadLetter>[] = [
    {
      id: "receiver",
      title: "Receiver",
      width: "minmax(80px, 1fr)",
      render: (one) => `${one.receiver} ${plainName(one.integration)}`,
    },
    {
      id: "alerts",
      title: "Alerts",
      width: "minmax(70px, 2fr)",
      render: (one) => (
        <span
          title={[one.groupKey, ...one.alerts.map(({ labels }) => labelsText(labels))].join("\n")}
        >
          {one.alerts.length + one.alertsLeftOff} × {namesOf(one)}
        </span>
      ),
    },
    {
      id: "reason",
      title: "What went wrong",
      width: "minmax(56px, 2fr)",
      render: (one) => (
        <span class="field-error" title={one.reason}>
          {one.reason}
        </span>
      ),
    },
    {
      id: "times",
      isWideOnly: true,
      title: "Times",
      width: "56px",
      isNumber: true,
      render: (one) => one.times,
    },
    {
      id: "at",
      isWideOnly: true,
      title: "Given up",
      width: "80px",
      isNumber: true,
      render: (one) => <span title={clock(one.at)}>{ago(one.at)}</span>,
    },
    { id: "acts", title: "", width: "76px", render: (one) => <Acts one={one} act={act} /> },
  ];
  return (
    <section class="stack" aria-label="Dead letters">
      <div class="line">
        <h2>Messages that did not arrive</h2>
        {data.length > 1 && (
          <Button onClick={() => void act(() => resend(), "All are tried again")}>
            Try all again
          </Button>
        )}
      </div>
      {data.length === 0 ? (
        <Empty isGood title="None." />
      ) : (
        <VirtualTable
          rows={data}
          columns={columns}
          keyOf={(one) => one.id}
          label="Messages that did not arrive"
          rowPx={32}
          narrowRowPx={48}
          minWidthPx={900}
        />
      )}
    </section>
  );
}

interface ActsProps {
  readonly one: DeadLetter;
  readonly act: (what: () => Promise<unknown>, done: string) => Promise<void>;
}

function Acts({ one, act }: ActsProps): JSX.Element {
  return (
    <span class="line">
      <Button
        look="quiet"
        icon="refresh"
        label="Try again"
        onClick={() => void act(() => resend(one.id), "It is tried again")}
      />
      <Button
        look="quiet"
        icon="trash"
        label="Forget"
        onClick={() => void act(() => forget(one.id), "Forgotten")}
      />
    </span>
  );
}
