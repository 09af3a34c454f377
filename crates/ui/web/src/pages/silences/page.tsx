// Silences: by state, with what each matches; making, changing and ending them.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { expireSilence, type Silence, silence, silences } from "../../api/alertmanager";
import type { PageProps } from "../../app/pages";
import { useKeys } from "../../app/keys";
import { useLoad } from "../../app/load";
import { href, navigate, param, setParams } from "../../app/route";
import { Button, ButtonLink } from "../../components/button";
import { Confirm } from "../../components/dialog";
import { Badge, Empty, Loading, Problem, type Tone } from "../../components/state";
import { Tabs } from "../../components/tabs";
import { toast, toastError } from "../../components/toast";
import { type Column, parseSorting, VirtualTable } from "../../components/virtual";
import { Facts } from "../parts/facts";
import { renderMatchers } from "../parts/matchers";
import { hasWords, PageHead, SearchParam } from "../parts/page_head";
import { ago, clock, secondsSince, shortLength } from "../parts/when";
import { DURING, emptyForm, formOf, holdsNow, UNTIL, WEEKLY, weeklyOf } from "./draft";
import { author, SilenceForm } from "./form";
import "./silences.css";

export default function Silences({ rest }: PageProps): JSX.Element {
  const [id = "", verb] = rest;
  if (id === "new")
    return <SilenceForm initial={emptyForm(bare(param("filter")), author.peek())} />;
  if (id !== "") return <One key={id} id={id} isEdited={verb === "edit"} />;
  return <List />;
}

/** Alertmanager's links have the matchers in braces. */
function bare(filter: string): string {
  return filter.trim().replace(/^\{(.*)\}$/s, "$1");
}

type State = Silence["status"]["state"];
const STATES: readonly State[] = ["active", "pending", "expired"];
const TONES: Record<State, Tone> = { active: "info", pending: "warn", expired: "none" };

function List(): JSX.Element {
  const { data, error, reload } = useLoad((signal) => silences({ signal }), [], {
    everyMs: 10_000,
  });
  const [ended, setEnded] = useState<Silence>();
  useKeys(
    () => [
      { keys: "n", does: "New silence", group: "Silences", run: () => navigate("/silences/new") },
    ],
    [],
  );
  const state = STATES.find((one) => one === param("state")) ?? "active";
  const search = param("search");
  const shown = (data ?? []).filter(
    (one) => one.status.state === state && hasWords(textOf(one), search),
  );
  const tabs = STATES.map((one) => ({
    id: one,
    label: one,
    count: data?.filter(({ status }) => status.state === one).length,
  }));
  return (
    <>
      <PageHead title="Silences">
        <SearchParam label="Search matchers, comments, people" />
        <ButtonLink look="primary" icon="plus" href={href("/silences/new")}>
          New silence
        </ButtonLink>
      </PageHead>
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {!data && !error && <Loading what="silences" />}
      {data && (
        <Tabs
          tabs={tabs}
          active={state}
          label="State"
          onChange={(next) => setParams({ state: next === "active" ? null : next })}
        >
          {shown.length === 0 ? (
            <Nothing state={state} isNarrowed={search !== ""} />
          ) : (
            <VirtualTable
              rows={shown}
              columns={columns(setEnded)}
              keyOf={(one) => one.id}
              label="Silences"
              minWidthPx={900}
              sorting={parseSorting(param("sort") || "ends")}
              onSort={(sort) => setParams({ sort })}
              onRow={(one) => navigate(`/silences/${one.id}`)}
            />
          )}
        </Tabs>
      )}
      {ended && <Expire silence={ended} onClose={() => setEnded(undefined)} onDone={reload} />}
    </>
  );
}

function textOf(one: Silence): string {
  return `${renderMatchers(one.matchers)} ${one.comment} ${one.createdBy} ${one.id}`;
}

function Nothing({
  state,
  isNarrowed,
}: {
  readonly state: State;
  readonly isNarrowed: boolean;
}): JSX.Element {
  if (isNarrowed)
    return (
      <Empty title="No silence has these words.">
        <Button onClick={() => setParams({ search: null })}>Show all</Button>
      </Empty>
    );
  if (state !== "active")
    return (
      <Empty
        title={state === "pending" ? "No silence waits to begin." : "No silence ended lately."}
      />
    );
  return (
    <Empty isGood title="Nothing is silenced.">
      An alert can be silenced from the <a href={href("/alerts")}>alerts</a>, or{" "}
      <a href={href("/silences/new")}>by matchers</a>.
    </Empty>
  );
}

function columns(expire: (one: Silence) => void): Column<Silence>[] {
  return [
    {
      id: "matchers",
      title: "Matches",
      width: "minmax(120px, 3fr)",
      render: (one) => (
        <a class="mono" href={href(`/silences/${one.id}`)} title={renderMatchers(one.matchers)}>
          {renderMatchers(one.matchers)}
        </a>
      ),
      sortBy: (one) => renderMatchers(one.matchers),
    },
    {
      id: "comment",
      isWideOnly: true,
      title: "Why",
      width: "minmax(90px, 2fr)",
      render: (one) => <span title={one.comment}>{one.comment}</span>,
      sortBy: (one) => one.comment,
    },
    {
      id: "by",
      isWideOnly: true,
      title: "Who",
      width: "110px",
      render: (one) => one.createdBy,
      sortBy: (one) => one.createdBy,
    },
    { id: "how", isWideOnly: true, title: "How", width: "minmax(150px, 1fr)", render: how },
    {
      id: "ends",
      title: "Ends",
      width: "110px",
      isNumber: true,
      render: (one) => <span title={clock(one.endsAt)}>{endsText(one)}</span>,
      sortBy: (one) => Date.parse(one.endsAt),
    },
    {
      id: "acts",
      isWideOnly: true,
      title: "",
      width: "140px",
      render: (one) => <Acts one={one} expire={expire} />,
    },
  ];
}

/** Names of time intervals as people list them. */
const names = (during: string): string => during.split(",").join(", ");

function how({ annotations = {} }: Silence): JSX.Element {
  const during = annotations[DURING];
  const weekly = annotations[WEEKLY];
  return (
    <span class="line">
      {weekly && (
        <Badge tone="info" title={`Every week, ${weekly}`}>
          {weekly.split(" ").slice(0, 2).join(" ")}
        </Badge>
      )}
      {during && (
        <Badge tone="info" title={`Only during ${names(during)}`}>
          {names(during)}
        </Badge>
      )}
      {annotations[UNTIL] === "resolved" && <Badge tone="none">until resolved</Badge>}
    </span>
  );
}

/** Hours of the week, and whether they are now. */
const hours = (weekly: string): string =>
  `${weekly} (${holdsNow(weeklyOf(weekly), Date.now()) ? "now" : "not now"})`;

function endsText({ status, startsAt, endsAt }: Silence): string {
  if (status.state === "expired") return `${ago(endsAt)} ago`;
  if (status.state === "pending") return `begins in ${shortLength(-(secondsSince(startsAt) ?? 0))}`;
  return `in ${shortLength(-(secondsSince(endsAt) ?? 0))}`;
}

function Acts({
  one,
  expire,
}: {
  readonly one: Silence;
  readonly expire: (one: Silence) => void;
}): JSX.Element {
  const hasEnded = one.status.state === "expired";
  return (
    <span class="silence-acts" onClick={(event) => event.stopPropagation()}>
      <a href={href(`/silences/${one.id}/edit`)}>{hasEnded ? "Again" : "Change"}</a>
      {!hasEnded && (
        <button type="button" class="button quiet" onClick={() => expire(one)}>
          End
        </button>
      )}
    </span>
  );
}

interface ExpireProps {
  readonly silence: Silence;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Expire({ silence: one, onClose, onDone }: ExpireProps): JSX.Element {
  const end = async () => {
    onClose();
    try {
      await expireSilence(one.id);
      toast("The silence has ended");
      onDone();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Confirm
      title="End this silence?"
      does="End it"
      isDanger
      onConfirm={() => void end()}
      onClose={onClose}
    >
      <p>
        <code>{renderMatchers(one.matchers)}</code>
      </p>
      <p>What still fires will be told again. It can be made anew from the expired ones.</p>
    </Confirm>
  );
}

function One({ id, isEdited }: { readonly id: string; readonly isEdited: boolean }): JSX.Element {
  const { data, error, reload } = useLoad(
    (signal) => silence(id, { signal }),
    [id],
    isEdited ? {} : { everyMs: 10_000 },
  );
  const [isEnding, setEnding] = useState(false);
  if (!data)
    return error ? <Problem error={error} onRetry={reload} /> : <Loading what="the silence" />;
  if (isEdited) return <SilenceForm initial={formOf(data)} />;
  const { state } = data.status;
  const filter = renderMatchers(data.matchers);
  const during = data.annotations?.[DURING];
  const weekly = data.annotations?.[WEEKLY];
  return (
    <>
      <PageHead title="Silence" note={<Badge tone={TONES[state]}>{state}</Badge>}>
        <ButtonLink icon="filter" href={href("/alerts", { filter })}>
          What it matches
        </ButtonLink>
        <ButtonLink icon="edit" href={href(`/silences/${id}/edit`)}>
          {state === "expired" ? "Make it again" : "Change"}
        </ButtonLink>
        {state !== "expired" && (
          <Button look="danger" onClick={() => setEnding(true)}>
            End
          </Button>
        )}
      </PageHead>
      <div class="card">
        <Facts
          facts={[
            ["matches", <code key="m">{filter}</code>],
            ["why", data.comment],
            ["who", data.createdBy],
            ["begins", clock(data.startsAt)],
            ["ends", `${clock(data.endsAt)} (${endsText(data)})`],
            ...(weekly ? [["every week", hours(weekly)] as const] : []),
            ...(during ? [["only during", names(during)] as const] : []),
            ...(data.annotations?.[UNTIL] === "resolved"
              ? [["ends early", "when the last alert that it muted has ended"] as const]
              : []),
            ["changed", clock(data.updatedAt)],
            ["id", <code key="i">{data.id}</code>],
          ]}
        />
      </div>
      {isEnding && <Expire silence={data} onClose={() => setEnding(false)} onDone={reload} />}
    </>
  );
}
