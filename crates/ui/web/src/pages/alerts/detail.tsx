// One alert: what it says, who is told of it, and why somebody was or was not told.

import type { JSX } from "preact";
import {
  type Decision,
  type RoutedAlert,
  type Silence,
  silences,
  why,
} from "../../api/alertmanager";
import { useLoad } from "../../app/load";
import { href } from "../../app/route";
import { Button, ButtonLink } from "../../components/button";
import { Badge, Problem, type Tone } from "../../components/state";
import { Facts } from "../parts/facts";
import { Labels } from "../parts/labels";
import { matchersOf, renderMatcher, renderMatchers } from "../parts/matchers";
import { severityTone } from "../parts/severity";
import { ago, clock } from "../parts/when";
import { stateOf, type StateId } from "./groups";
import { History } from "./history";

export const STATE_TONES: Record<StateId, Tone> = {
  firing: "bad",
  silenced: "none",
  inhibited: "info",
  muted: "none",
};

/** An alert that fires is as red as it calls itself; one that nobody is told of is pale. */
export function toneOf(alert: RoutedAlert): Tone {
  const state = stateOf(alert);
  return state === "firing" ? severityTone(alert.labels) : STATE_TONES[state];
}

/** Decisions that are shown of one alert. */
const DECISIONS_MAX = 100;

export interface DetailProps {
  readonly alert: RoutedAlert;
  readonly onClose: () => void;
  readonly onPick: (name: string, value: string) => void;
}

export function Detail({ alert, onClose, onPick }: DetailProps): JSX.Element {
  const { labels, annotations } = alert;
  const state = stateOf(alert);
  const filter = renderMatchers(matchersOf(labels));
  return (
    <aside class="card alert-detail" aria-label={`Alert ${labels.alertname ?? ""}`}>
      <div class="line">
        <Badge tone={toneOf(alert)}>{state}</Badge>
        <h2 class="grow">{labels.alertname ?? "Alert"}</h2>
        <Button look="quiet" icon="close" label="Close (esc)" onClick={onClose} />
      </div>
      {annotations.summary && <p>{annotations.summary}</p>}
      {annotations.description && <p class="muted">{annotations.description}</p>}
      <Labels labels={labels} without={["alertname"]} onPick={onPick} />
      <div class="line">
        <ButtonLink look="primary" icon="bell" href={href("/silences/new", { filter })}>
          Silence
        </ButtonLink>
        <ButtonLink href={href("/routes", { labels: filter })}>Way through the routes</ButtonLink>
        <ButtonLink href={href("/rules", { search: labels.alertname ?? "" })}>Rule</ButtonLink>
        {isWeb(alert.generatorURL) && (
          <ButtonLink icon="external" href={alert.generatorURL}>
            Source
          </ButtonLink>
        )}
      </div>
      <Facts
        facts={[
          ["since", `${clock(alert.startsAt)} (${ago(alert.startsAt)})`],
          ["told to", alert.receivers.map((one) => one.name).join(", ") || "nobody"],
          ...otherAnnotations(annotations),
        ]}
      />
      <Muted alert={alert} />
      <h3>History</h3>
      <History key={alert.fingerprint} labels={labels} />
      <h3>Why people were, or were not, told</h3>
      <Decisions key={`${alert.fingerprint} why`} alert={alert} />
    </aside>
  );
}

function isWeb(url: string | undefined): url is string {
  return url !== undefined && /^https?:\/\//.test(url);
}

function otherAnnotations(
  annotations: RoutedAlert["annotations"],
): [string, JSX.Element | string][] {
  return Object.entries(annotations)
    .filter(([name]) => name !== "summary" && name !== "description")
    .map(([name, value]) => [
      name,
      isWeb(value) ? (
        <a href={value} target="_blank" rel="noreferrer">
          {value}
        </a>
      ) : (
        value
      ),
    ]);
}

/** What keeps it quiet, each with the way to it. */
function Muted({ alert: { status } }: { readonly alert: RoutedAlert }): JSX.Element | null {
  const { silencedBy, inhibitedBy, mutedBy = [] } = status;
  const { data } = useLoad(
    async (signal) => (silencedBy.length > 0 ? silences({ signal }) : []),
    [silencedBy.join()],
  );
  if (silencedBy.length + inhibitedBy.length + mutedBy.length === 0) return null;
  const text = (id: string) => {
    const found: Silence | undefined = data?.find((one) => one.id === id);
    return found ? `${found.comment} (${found.createdBy}, until ${clock(found.endsAt)})` : id;
  };
  return (
    <div class="notice">
      {silencedBy.map((id) => (
        <div key={id}>
          Silenced: <a href={href(`/silences/${id}`)}>{text(id)}</a>
        </div>
      ))}
      {inhibitedBy.map((id) => (
        <div key={id}>
          Inhibited by <a href={href("/alerts", { alert: id })}>another alert</a>
        </div>
      ))}
      {mutedBy.map((name) => (
        <div key={name}>Muted in the time interval {name}</div>
      ))}
    </div>
  );
}

const CODE_TONES: Record<string, Tone> = {
  sent: "good",
  held: "info",
  retried: "warn",
  refused: "bad",
  silenced: "none",
  inhibited: "none",
};

function Decisions({ alert }: { readonly alert: RoutedAlert }): JSX.Element {
  const filter = matchersOf(alert.labels).map(renderMatcher);
  const { data, error, reload } = useLoad(
    (signal) => why(filter, DECISIONS_MAX, { signal }),
    [alert.fingerprint],
    { everyMs: 10_000 },
  );
  if (!data)
    return error ? <Problem isSlim error={error} onRetry={reload} /> : <p class="muted">…</p>;
  const latest: readonly Decision[] = data.decisions.toReversed();
  if (latest.length === 0) return <p class="muted">Nothing was decided about it yet.</p>;
  return (
    <ol class="alert-decisions">
      {latest.map((one, at) => (
        <li key={`${one.at} ${one.receiver} ${at}`}>
          <time class="muted" dateTime={one.at} title={clock(one.at)}>
            {clock(one.at).slice(11)}
          </time>
          <Badge tone={CODE_TONES[one.code] ?? "none"}>{one.code.replaceAll("_", " ")}</Badge>
          <span>
            <b>{one.receiver}</b>: {one.reason}
          </span>
        </li>
      ))}
    </ol>
  );
}
