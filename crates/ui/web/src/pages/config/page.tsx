// The configuration as it is used, without its secrets: the server's, and that of alerting.

import type { JSX } from "preact";
import { alertingStatus } from "../../api/alertmanager";
import { sendJson } from "../../api/client";
import { configuration, type Facts as FactsOf, runtimeInfo } from "../../api/server";
import { useLoad } from "../../app/load";
import { param, setParams } from "../../app/route";
import { Button } from "../../components/button";
import { Badge, Loading, Problem } from "../../components/state";
import { Tabs } from "../../components/tabs";
import { copy, toast, toastError } from "../../components/toast";
import { PageHead, SearchParam } from "../parts/page_head";
import { Source } from "../parts/source";
import { clock } from "../parts/when";

const TABS = [
  { id: "server", label: "Server" },
  { id: "alerting", label: "Alerting" },
];

export default function Config(): JSX.Element {
  const tab = param("tab") === "alerting" ? "alerting" : "server";
  const { data, error, reload } = useLoad(
    async (signal) =>
      tab === "alerting"
        ? (await alertingStatus({ signal })).config.original
        : configuration({ signal }),
    [tab],
  );
  const state = useLoad((signal) => runtimeInfo({ signal }), [], { everyMs: 15_000 });
  const load = async () => {
    try {
      await sendJson("POST", "-/reload");
      toast("The configuration is loaded again");
      reload();
      state.reload();
    } catch (thrown) {
      toastError(thrown);
    }
  };
  return (
    <>
      <PageHead title="Configuration" note={state.data && <Loaded facts={state.data} />}>
        <SearchParam label="Find a line" />
        <Button
          icon="copy"
          isDisabled={!data}
          onClick={() => void copy(data ?? "", "Copied the configuration")}
        >
          Copy
        </Button>
        <Button icon="refresh" onClick={() => void load()}>
          Load from file
        </Button>
      </PageHead>
      <Tabs
        tabs={TABS}
        active={tab}
        label="Configuration"
        onChange={(next) => setParams({ tab: next === "server" ? null : next })}
      >
        {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
        {data === undefined ? (
          !error && <Loading what="the configuration" />
        ) : (
          <Source text={data} label="Configuration" search={param("search")} />
        )}
      </Tabs>
    </>
  );
}

function Loaded({ facts }: { readonly facts: FactsOf }): JSX.Element {
  const isGood = facts.reloadConfigSuccess === true;
  return (
    <span class="line">
      <Badge tone={isGood ? "good" : "bad"}>
        {isGood ? "in use" : "the last load failed; the one before is in use"}
      </Badge>
      since {clock(String(facts.lastConfigTime))}
    </span>
  );
}
