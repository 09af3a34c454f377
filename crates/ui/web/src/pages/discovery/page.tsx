// Service discovery: what was found in each pool, what relabelling made of it, and what it dropped.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Labels as LabelSet } from "../../api/prometheus";
import { targets } from "../../api/server";
import { useLoad } from "../../app/load";
import { param, setParams } from "../../app/route";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Select } from "../../components/field";
import { Badge, Empty, Loading, Problem } from "../../components/state";
import { type Column, parseSorting, VirtualTable } from "../../components/virtual";
import { LabelChanges } from "../parts/label_changes";
import { Labels, labelsText } from "../parts/labels";
import { RelabelSteps } from "../parts/relabel_steps";
import { hasWords, PageHead, SearchParam } from "../parts/page_head";

interface Found {
  readonly key: string;
  readonly pool: string;
  readonly isKept: boolean;
  /** A source of the server itself, which no rules touch. */
  readonly isOwn: boolean;
  readonly discovered: LabelSet;
  readonly labels: LabelSet;
}

export default function Discovery(): JSX.Element {
  const { data, error, reload } = useLoad(
    async (signal) => {
      const { activeTargets, droppedTargets } = await targets("any", { signal });
      const kept = activeTargets.map((one, at): Found => ({
        key: `k${at}`,
        pool: one.scrapePool,
        isKept: true,
        isOwn: one.scrapeUrl.startsWith("internal:"),
        discovered: one.discoveredLabels,
        labels: one.labels,
      }));
      const dropped = droppedTargets.map((one, at): Found => ({
        key: `d${at}`,
        pool: one.scrapePool,
        isKept: false,
        isOwn: false,
        discovered: one.discoveredLabels,
        labels: {},
      }));
      return [...kept, ...dropped];
    },
    [],
    { everyMs: 30_000 },
  );
  const [pool, state, search, chosen] = [
    param("pool"),
    param("state"),
    param("search"),
    param("target"),
  ];
  const shown = useMemo(
    () =>
      (data ?? []).filter(
        (one) =>
          (pool === "" || one.pool === pool) &&
          (state === "" || one.isKept === (state === "kept")) &&
          hasWords(`${one.pool} ${labelsText(one.discovered)} ${labelsText(one.labels)}`, search),
      ),
    [data, pool, state, search],
  );
  const pools = [...new Set((data ?? []).map((one) => one.pool))].sort();
  const dropped = (data ?? []).filter((one) => !one.isKept).length;
  const open = data?.find((one) => one.key === chosen);
  return (
    <>
      <PageHead
        title="Service discovery"
        note={
          data &&
          `${(data.length - dropped).toLocaleString("en-US")} kept, ${dropped.toLocaleString("en-US")} dropped`
        }
      >
        <SearchParam label="Search labels" />
        <Select
          label="Pool"
          value={pool}
          options={[
            { value: "", label: "every pool" },
            ...pools.map((name) => ({ value: name, label: name })),
          ]}
          onChange={(next) => setParams({ pool: next })}
        />
        <Select
          label="State"
          value={state}
          options={STATES}
          onChange={(next) => setParams({ state: next })}
        />
      </PageHead>
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {!data && !error && <Loading what="what was found" />}
      {data && shown.length === 0 && (
        <Empty title={data.length === 0 ? "Nothing was found." : "Nothing matches."}>
          {data.length === 0 ? (
            "No discovery of the configuration has found anything yet."
          ) : (
            <Button onClick={() => setParams({ pool: null, state: null, search: null })}>
              Show all
            </Button>
          )}
        </Empty>
      )}
      {shown.length > 0 && (
        <VirtualTable
          rows={shown}
          columns={COLUMNS}
          keyOf={(one) => one.key}
          label="Found"
          rowPx={24}
          minWidthPx={900}
          sorting={parseSorting(param("sort"))}
          onSort={(sort) => setParams({ sort })}
          onRow={(one) => setParams({ target: one.key })}
        />
      )}
      {open && (
        <Dialog
          title={`${open.pool}: ${open.labels.instance ?? open.discovered.__address__ ?? ""}`}
          size="large"
          isDrawer
          onClose={() => setParams({ target: null }, { replace: true })}
        >
          {!open.isKept && <p class="notice">Relabelling dropped it.</p>}
          <div class="stack">
            <LabelChanges before={open.discovered} after={open.labels} />
            {!open.isOwn && <RelabelSteps job={open.pool} labels={open.discovered} />}
          </div>
        </Dialog>
      )}
    </>
  );
}

const STATES = [
  { value: "", label: "kept and dropped" },
  { value: "kept", label: "kept" },
  { value: "dropped", label: "dropped" },
];

const COLUMNS: readonly Column<Found>[] = [
  {
    id: "state",
    title: "State",
    width: "92px",
    render: (one) => (
      <Badge tone={one.isKept ? "good" : "none"}>{one.isKept ? "kept" : "dropped"}</Badge>
    ),
    sortBy: (one) => Number(one.isKept),
  },
  {
    id: "pool",
    title: "Pool",
    width: "130px",
    render: (one) => one.pool,
    sortBy: (one) => one.pool,
  },
  {
    id: "found",
    title: "As found",
    width: "minmax(260px, 1fr)",
    render: (one) => (
      <span title={labelsText(one.discovered)}>
        <Labels
          labels={one.discovered}
          without={["__scheme__", "__scrape_interval__", "__scrape_timeout__", "__metrics_path__"]}
        />
      </span>
    ),
    sortBy: (one) => labelsText(one.discovered),
  },
  {
    id: "labels",
    title: "As stored",
    width: "minmax(220px, 1fr)",
    render: (one) => (
      <span title={labelsText(one.labels)}>
        <Labels labels={one.labels} />
      </span>
    ),
    sortBy: (one) => labelsText(one.labels),
  },
];
