// Queries: those that run now, with a way to end them, and what finished ones have cost.

import type { JSX } from "preact";
import { type ActiveQuery, cancelQuery, type ExpensiveQuery, queries } from "../../api/server";
import { useLoad } from "../../app/load";
import { href, param, setParams } from "../../app/route";
import { Button } from "../../components/button";
import { Badge, Empty, Loading, Problem } from "../../components/state";
import { Switch } from "../../components/tabs";
import { toast, toastError } from "../../components/toast";
import { type Column, VirtualTable } from "../../components/virtual";
import { formatValue } from "../../format/units";
import { BarCell } from "../parts/facts";
import { hasWords, PageHead, SearchParam } from "../parts/page_head";
import { ago, clock, shortLength } from "../parts/when";

const SORTS = [
  { value: "total_seconds", label: "time in all" },
  { value: "max_seconds", label: "longest" },
  { value: "total_samples", label: "samples" },
  { value: "peak_bytes", label: "memory" },
];

export default function Queries(): JSX.Element {
  const sort = SORTS.find(({ value }) => value === param("sort"))?.value ?? "total_seconds";
  const { data, error, reload } = useLoad((signal) => queries(sort, { signal }), [sort], {
    everyMs: 2000,
  });
  const search = param("search");
  const active = (data?.active ?? []).filter((one) => hasWords(one.query, search));
  const expensive = (data?.expensive ?? []).filter(
    (one) => one.query !== "" && hasWords(one.query, search),
  );
  return (
    <div class="stack">
      <PageHead title="Queries">
        <SearchParam label="Search expressions" />
      </PageHead>
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {!data && !error && <Loading what="queries" />}
      {data && (
        <>
          <h2>Waiting and running</h2>
          {active.length === 0 ? (
            <Empty isGood title="No query runs at this moment.">
              The list is looked at every two seconds; most queries are faster.
            </Empty>
          ) : (
            <VirtualTable
              rows={active}
              columns={activeColumns(reload)}
              keyOf={(one) => one.id}
              label="Waiting and running queries"
              heightPx={320}
              minWidthPx={980}
            />
          )}
          <div class="line">
            <h2>What queries have cost</h2>
            <Switch
              label="Most expensive by"
              options={SORTS}
              value={sort}
              onChange={(next) => setParams({ sort: next === "total_seconds" ? null : next })}
            />
          </div>
          {expensive.length === 0 ? (
            <Empty title="Nothing was asked yet.">
              The cost of each expression is kept here, of rules and of people.
            </Empty>
          ) : (
            <VirtualTable
              rows={expensive}
              columns={costColumns(expensive, sort)}
              keyOf={(one) => `${one.kind} ${one.query}`}
              label="What queries have cost"
              minWidthPx={980}
            />
          )}
        </>
      )}
    </div>
  );
}

function activeColumns(reload: () => void): Column<ActiveQuery>[] {
  const cancel = async (id: number) => {
    try {
      await cancelQuery(id);
      toast("The query was told to end");
      reload();
    } catch (error) {
      toastError(error);
    }
  };
  return [
    {
      id: "state",
      title: "State",
      width: "96px",
      render: (one) => <Badge tone={one.state === "running" ? "info" : "warn"}>{one.state}</Badge>,
    },
    {
      id: "query",
      title: "Expression",
      width: "minmax(120px, 4fr)",
      render: (one) => <Expression query={one.query} />,
    },
    {
      id: "who",
      title: "Who",
      width: "minmax(120px, 1fr)",
      render: (one) =>
        one.ruleGroup
          ? `rule group ${one.ruleGroup.name}`
          : [one.user, one.client].filter(Boolean).join(" from "),
    },
    {
      id: "runs",
      title: "Runs for",
      width: "84px",
      isNumber: true,
      render: (one) => (
        <span title={`waited ${shortLength(one.queuedSeconds)}; ends at ${clock(one.deadline)}`}>
          {shortLength(one.runningSeconds)}
        </span>
      ),
    },
    {
      id: "samples",
      title: "Samples",
      width: "100px",
      isNumber: true,
      render: (one) => one.samples.toLocaleString("en-US"),
    },
    {
      id: "bytes",
      title: "Memory",
      width: "90px",
      isNumber: true,
      render: (one) => formatValue(one.bytes, "bytes", 1),
    },
    {
      id: "cancel",
      title: "",
      width: "72px",
      render: (one) => (
        <Button
          look="danger"
          isDisabled={one.state === "stopping"}
          onClick={() => void cancel(one.id)}
        >
          End
        </Button>
      ),
    },
  ];
}

/** On a narrow screen: the expression, and what it is listed by. */
function costColumns(rows: readonly ExpensiveQuery[], sort: string): Column<ExpensiveQuery>[] {
  const most = Math.max(...rows.map((one) => one.totalSeconds), 1e-9);
  const listedBy = SORTED[sort];
  const columns: Column<ExpensiveQuery>[] = [
    {
      id: "query",
      title: "Expression",
      width: "minmax(140px, 4fr)",
      render: (one) => <Expression query={one.query} />,
    },
    { id: "kind", title: "Kind", width: "96px", render: (one) => one.kind.replace("_", " ") },
    {
      id: "count",
      title: "Asked",
      width: "76px",
      isNumber: true,
      render: (one) => one.count.toLocaleString("en-US"),
    },
    {
      id: "failed",
      title: "Failed",
      width: "64px",
      isNumber: true,
      render: (one) => (one.failed > 0 ? <span class="field-error">{one.failed}</span> : ""),
    },
    {
      id: "total",
      title: "In all",
      width: "96px",
      isNumber: true,
      render: (one) => (
        <BarCell share={one.totalSeconds / most}>{shortLength(one.totalSeconds)}</BarCell>
      ),
    },
    {
      id: "max",
      title: "Longest",
      width: "80px",
      isNumber: true,
      render: (one) => shortLength(one.maxSeconds),
    },
    {
      id: "samples",
      title: "Samples",
      width: "110px",
      isNumber: true,
      render: (one) => one.totalSamples.toLocaleString("en-US"),
    },
    {
      id: "bytes",
      title: "Memory",
      width: "90px",
      isNumber: true,
      render: (one) => formatValue(one.peakBytes, "bytes", 1),
    },
    {
      id: "last",
      title: "Last",
      width: "80px",
      isNumber: true,
      render: (one) => <span title={clock(one.last)}>{ago(one.last)}</span>,
    },
  ];
  return columns.map((column) => ({
    ...column,
    isWideOnly: column.id !== "query" && column.id !== listedBy,
  }));
}

/** The column of an order. */
const SORTED: Readonly<Record<string, string>> = {
  total_seconds: "total",
  max_seconds: "max",
  total_samples: "samples",
  peak_bytes: "bytes",
};

function Expression({ query }: { readonly query: string }): JSX.Element {
  return (
    <a
      class="mono"
      title={query}
      href={href("/explore", { "g0.expr": query, "g0.tab": "explain" })}
    >
      {query}
    </a>
  );
}
