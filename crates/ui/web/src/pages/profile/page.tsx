// Profile: who the server takes you for, what you prefer, and what this browser keeps of yours.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { serverState } from "../../api/server";
import { useLoad } from "../../app/load";
import { openHelp } from "../../app/overlays";
import { zoneOptions } from "../../app/range_panel";
import { href } from "../../app/route";
import { theme, type Theme } from "../../app/theme";
import { formatTime, ownZone, zone } from "../../app/time";
import { Button } from "../../components/button";
import { Field, Select } from "../../components/field";
import { Loading, Problem } from "../../components/state";
import { type Listed, listDashboards } from "../../dashboards/api";
import { allDrafts, drop, type Draft } from "../../dashboards/drafts";
import { past } from "../explore/past";
import { Facts } from "../parts/facts";
import { PageHead } from "../parts/page_head";

const THEMES = [
  { value: "auto", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export default function Profile(): JSX.Element {
  return (
    <>
      <PageHead title="Profile" note="kept by this browser" />
      <div class="cards">
        <section class="card stack">
          <h2>You</h2>
          <Who />
        </section>
        <section class="card stack">
          <h2>Preferences</h2>
          <Preferences />
        </section>
        <section class="card stack">
          <h2>Starred dashboards</h2>
          <Starred />
        </section>
        <section class="card stack">
          <h2>Kept here</h2>
          <Kept />
        </section>
      </div>
    </>
  );
}

function Who(): JSX.Element {
  const { data, error, reload } = useLoad((signal) => serverState({ signal }), []);
  if (!data)
    return error ? (
      <Problem isSlim error={error} onRetry={reload} />
    ) : (
      <Loading what="who you are" />
    );
  return (
    <Facts
      facts={[
        ["the server knows you as", <b key="user">{data.user}</b>],
        ["server", new URL(document.baseURI).host],
        ["version", data.version],
      ]}
    />
  );
}

function Preferences(): JSX.Element {
  return (
    <>
      <Field label="Theme">
        {(id) => (
          <Select
            id={id}
            value={theme.value}
            options={THEMES}
            onChange={(value) => {
              theme.value = value as Theme;
            }}
          />
        )}
      </Field>
      <Field
        label="Zone of times"
        hint="A dashboard or an address with a zone of its own goes first."
      >
        {(id) => (
          <Select
            id={id}
            value={ownZone.value}
            options={zoneOptions(ownZone.value)}
            onChange={(value) => {
              ownZone.value = value;
            }}
          />
        )}
      </Field>
      <span>
        <Button icon="help" onClick={openHelp}>
          Keys
        </Button>
      </span>
    </>
  );
}

function Starred(): JSX.Element {
  const { data, error, reload } = useLoad(
    (signal) => listDashboards({ starred: true }, { signal }),
    [],
  );
  if (!data)
    return error ? <Problem isSlim error={error} onRetry={reload} /> : <Loading what="stars" />;
  if (data.length === 0)
    return (
      <p class="muted">
        None yet: the star beside the name of a <a href={href("/dashboards")}>dashboard</a> brings
        it here.
      </p>
    );
  return (
    <ul>
      {data.map(({ uid, title }: Listed) => (
        <li key={uid}>
          <a href={href(`/d/${encodeURIComponent(uid)}`)}>{title}</a>
        </li>
      ))}
    </ul>
  );
}

function Kept(): JSX.Element {
  const [drafts, setDrafts] = useState<readonly Draft[]>(allDrafts);
  const forget = (some: readonly Draft[]): void => {
    drop(some);
    setDrafts(allDrafts());
  };
  const asked = past.value.length;
  return (
    <>
      {drafts.length === 0 && <p class="muted">No dashboard has changes that were not saved.</p>}
      {drafts.map((draft) => (
        <div key={draft.key} class="line">
          <a class="grow clip" href={href(`/d/${encodeURIComponent(draft.dashboard.uid ?? "")}`)}>
            {draft.dashboard.title}
          </a>
          <small class="muted">changed {formatTime(draft.keptMs, zone.value)}</small>
          <Button
            look="quiet"
            icon="trash"
            label={`Throw away the draft of ${draft.dashboard.title}`}
            onClick={() => forget([draft])}
          />
        </div>
      ))}
      <div class="line">
        <span class="grow">
          {asked === 0
            ? "Nothing was asked in Explore yet."
            : `${asked} ${asked === 1 ? "question" : "questions"} asked in Explore`}
        </span>
        {asked > 0 && (
          <Button
            look="quiet"
            icon="trash"
            onClick={() => {
              past.value = [];
            }}
          >
            Forget
          </Button>
        )}
      </div>
    </>
  );
}
