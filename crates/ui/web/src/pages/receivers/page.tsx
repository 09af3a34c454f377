// Receivers: who is told, whether messages arrive, and those that did not.

import type { JSX } from "preact";
import {
  type DeadLetter,
  deadLetters,
  forget,
  receivers,
  resend,
  why,
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
import { type Delivered, deliveries } from "./counts";

/** Decisions that are looked at; each comes with all its alerts. */
const DECISIONS_MAX = 60;

export default function Receivers(): JSX.Element {
  const { data, error, reload } = useLoad(
    async (signal) => {
      const [known, decided] = await Promise.all([
        receivers({ signal }),
        why([], DECISIONS_MAX, { signal }),
      ]);
      return deliveries(
        known.map((one) => one.name),
        decided.decisions,
      );
    },
    [],
    { everyMs: 30_000 },
  );
  const own = useOwnFigures("flyball_notifications?_.*");
  return (
    <div class="stack">
      <PageHead title="Receivers" note={data && `${data.length} in the configuration`}>
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
          keyOf={(one) => one.receiver}
          label="Receivers"
          minWidthPx={820}
        />
      )}
      <small class="muted">Counts are of the last {DECISIONS_MAX} decisions about groups.</small>
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

const COLUMNS: readonly Column<Delivered>[] = [
  {
    id: "name",
    title: "Receiver",
    width: "minmax(120px, 1fr)",
    render: (one) => <a href={href("/alerts", { receiver: one.receiver })}>{one.receiver}</a>,
  },
  {
    id: "state",
    title: "State",
    width: "110px",
    render: (one) => (
      <Badge tone={one.trouble ? "bad" : one.sent > 0 ? "good" : "none"}>
        {one.trouble ? "failing" : one.sent > 0 ? "arrives" : "quiet"}
      </Badge>
    ),
  },
  { id: "sent", title: "Arrived", width: "80px", isNumber: true, render: (one) => one.sent },
  {
    id: "failed",
    title: "Failed",
    width: "80px",
    isNumber: true,
    render: (one) => one.failed || "",
  },
  { id: "muted", title: "Muted", width: "80px", isNumber: true, render: (one) => one.muted || "" },
  {
    id: "last",
    title: "Last told",
    width: "90px",
    isNumber: true,
    render: (one) => (
      <span title={clock(one.lastSent)}>{one.lastSent ? ago(one.lastSent) : ""}</span>
    ),
  },
  {
    id: "trouble",
    title: "Trouble",
    width: "minmax(160px, 3fr)",
    render: (one) => (
      <span class="field-error" title={one.trouble}>
        {one.trouble}
      </span>
    ),
  },
];

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
      width: "minmax(140px, 1fr)",
      render: (one) => `${one.receiver} ${one.integration}`,
    },
    {
      id: "alerts",
      title: "Alerts",
      width: "minmax(160px, 2fr)",
      render: (one) => (
        <span title={one.alerts.map(({ labels }) => labelsText(labels)).join("\n")}>
          {one.alerts.length + one.alertsLeftOff} of {one.groupKey}
        </span>
      ),
    },
    {
      id: "reason",
      title: "What went wrong",
      width: "minmax(160px, 2fr)",
      render: (one) => (
        <span class="field-error" title={one.reason}>
          {one.reason}
        </span>
      ),
    },
    { id: "times", title: "Times", width: "56px", isNumber: true, render: (one) => one.times },
    {
      id: "at",
      title: "Given up",
      width: "80px",
      isNumber: true,
      render: (one) => <span title={clock(one.at)}>{ago(one.at)}</span>,
    },
    { id: "acts", title: "", width: "150px", render: (one) => <Acts one={one} act={act} /> },
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
