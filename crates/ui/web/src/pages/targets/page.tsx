// Targets: what is scraped, how that went, and what their labels were made of. Thousands of them.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Target } from "../../api/prometheus";
import { targets } from "../../api/server";
import { useLoad } from "../../app/load";
import { href, param, setParams } from "../../app/route";
import { Button } from "../../components/button";
import { Badge, Empty, Loading, Mark, Problem, type Tone } from "../../components/state";
import { type Column, parseSorting, VirtualTable } from "../../components/virtual";
import { parseDuration } from "../../format/durations";
import { BarCell } from "../parts/facts";
import { Labels, labelsHash, labelsText } from "../parts/labels";
import { hasWords, PageHead, SearchParam } from "../parts/page_head";
import { StateCounts } from "../parts/rows";
import { ago, clock, secondsSince, shortLength } from "../parts/when";
import { TargetDetail } from "./detail";
import "./targets.css";

export const HEALTH_TONES: Record<Target["health"], Tone> = {
  up: "good",
  down: "bad",
  unknown: "warn",
};
const HEALTHS = ["up", "unknown", "down"] as const;

export default function Targets(): JSX.Element {
  const { data, error, reload, isLoading } = useLoad(
    async (signal) => (await targets("active", { signal })).activeTargets,
    [],
    { everyMs: 15_000 },
  );
  const [pool, health, search, chosen] = [
    param("pool"),
    param("health"),
    param("search"),
    param("target"),
  ];
  const inPool = useMemo(
    () => (data ?? []).filter((one) => pool === "" || one.scrapePool === pool),
    [data, pool],
  );
  const shown = useMemo(
    () =>
      inPool.filter(
        (one) => (health === "" || one.health === health) && hasWords(textOf(one), search),
      ),
    [inPool, health, search],
  );
  const open = chosen ? data?.find((one) => keyOf(one) === chosen) : undefined;
  return (
    <>
      <PageHead
        title="Targets"
        note={
          data && (
            <StateCounts
              name="health"
              states={HEALTHS}
              counts={countsOf(inPool)}
              tones={HEALTH_TONES}
            />
          )
        }
      >
        <SearchParam label="Search labels, addresses, errors" />
        <Button icon="refresh" isBusy={isLoading} label="Load again" onClick={reload} />
      </PageHead>
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {!data && !error && <Loading what="targets" />}
      {data && data.length > 0 && <Pools all={data} active={pool} />}
      {data && shown.length === 0 && <Nothing isEmpty={data.length === 0} />}
      {shown.length > 0 && (
        <VirtualTable
          rows={shown}
          columns={COLUMNS}
          keyOf={keyOf}
          label="Targets"
          rowPx={24}
          minWidthPx={980}
          sorting={parseSorting(param("sort") || "health")}
          onSort={(sort) => setParams({ sort })}
          onRow={(one) => setParams({ target: keyOf(one) })}
        />
      )}
      {open && (
        <TargetDetail
          target={open}
          onClose={() => setParams({ target: null }, { replace: true })}
        />
      )}
    </>
  );
}

/** What tells a target from all others: where it is, and a short form of its labels. */
function keyOf({ scrapePool, scrapeUrl, labels }: Target): string {
  return `${scrapePool}/${scrapeUrl}/${labelsHash(labels)}`;
}

function textOf(one: Target): string {
  return `${one.scrapePool} ${one.scrapeUrl} ${labelsText(one.labels)} ${one.lastError}`;
}

function countsOf(all: readonly Target[]): Record<Target["health"], number> {
  const counts = { up: 0, down: 0, unknown: 0 };
  for (const { health } of all) counts[health] += 1;
  return counts;
}

/** Pools with how many of their targets are up; the worst first. */
function Pools({
  all,
  active,
}: {
  readonly all: readonly Target[];
  readonly active: string;
}): JSX.Element {
  const pools = new Map<string, { up: number; count: number }>();
  for (const { scrapePool, health } of all) {
    const pool = pools.get(scrapePool) ?? { up: 0, count: 0 };
    pools.set(scrapePool, pool);
    pool.count += 1;
    if (health === "up") pool.up += 1;
  }
  const sorted = [...pools].sort(
    ([a, x], [b, y]) => y.count - y.up - (x.count - x.up) || a.localeCompare(b),
  );
  return (
    <div class="line target-pools" role="group" aria-label="Pools">
      {sorted.map(([name, { up, count }]) => (
        <button
          key={name}
          type="button"
          class="button"
          aria-pressed={active === name}
          onClick={() => setParams({ pool: active === name ? null : name })}
        >
          <Mark tone={up === count ? "good" : up === 0 ? "bad" : "warn"} />
          {name}
          <small class="muted">
            {up}/{count}
          </small>
        </button>
      ))}
    </div>
  );
}

function Nothing({ isEmpty }: { readonly isEmpty: boolean }): JSX.Element {
  if (isEmpty)
    return (
      <Empty title="Nothing is scraped.">
        Name scrape_configs in the configuration; what was found and dropped stands in{" "}
        <a href={href("/discovery")}>service discovery</a>.
      </Empty>
    );
  return (
    <Empty title="No target matches." icon="filter">
      <Button onClick={() => setParams({ search: null, health: null, pool: null })}>
        Show all targets
      </Button>
    </Empty>
  );
}

function seconds(text: string): number {
  return (parseDuration(text) ?? 0) / 1000;
}

const COLUMNS: readonly Column<Target>[] = [
  {
    id: "health",
    title: "Health",
    width: "84px",
    render: (one) => <Badge tone={HEALTH_TONES[one.health]}>{one.health}</Badge>,
    // The worst first.
    sortBy: (one) => HEALTHS.toReversed().indexOf(one.health),
  },
  {
    id: "pool",
    title: "Pool",
    width: "minmax(64px, 120px)",
    render: (one) => one.scrapePool,
    sortBy: (one) => one.scrapePool,
  },
  {
    id: "instance",
    title: "Labels",
    width: "minmax(120px, 3fr)",
    sortBy: (one) => one.labels.instance ?? "",
    render: (one) => (
      <span title={labelsText(one.labels)}>
        <Labels labels={one.labels} without={["job"]} />
      </span>
    ),
  },
  {
    id: "error",
    isWideOnly: true,
    title: "Error",
    width: "minmax(80px, 2fr)",
    render: (one) => (
      <span class="field-error" title={one.lastError}>
        {one.lastError}
      </span>
    ),
    sortBy: (one) => one.lastError,
  },
  {
    id: "last",
    isWideOnly: true,
    title: "Scraped",
    width: "84px",
    isNumber: true,
    sortBy: (one) => secondsSince(one.lastScrape) ?? Number.NaN,
    render: (one) => <span title={clock(one.lastScrape)}>{ago(one.lastScrape)}</span>,
  },
  {
    id: "took",
    isWideOnly: true,
    title: "Took",
    width: "84px",
    isNumber: true,
    sortBy: (one) => one.lastScrapeDuration,
    render: (one) => (
      <BarCell share={one.lastScrapeDuration / (seconds(one.scrapeTimeout) || 10)}>
        {shortLength(one.lastScrapeDuration)}
      </BarCell>
    ),
  },
  {
    id: "every",
    isWideOnly: true,
    title: "Every",
    width: "64px",
    isNumber: true,
    render: (one) => one.scrapeInterval,
    sortBy: (one) => seconds(one.scrapeInterval),
  },
];
