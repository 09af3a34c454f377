// Storage: what is in memory and on disk, how long it stays, and what went wrong with it.

import type { JSX } from "preact";
import { type ServerState, runtimeInfo, serverState } from "../../api/server";
import { useLoad } from "../../app/load";
import { href } from "../../app/route";
import { Badge, Loading, Problem } from "../../components/state";
import { formatValue } from "../../format/units";
import { type Fact, Facts, readableBytes, Tile } from "../parts/facts";
import { type Figures, useOwnFigures } from "../parts/own_figures";
import { PageHead } from "../parts/page_head";
import { RecentChart } from "../parts/recent_chart";

export default function Storage(): JSX.Element {
  const { data, error, reload } = useLoad((signal) => serverState({ signal }), [], {
    everyMs: 5000,
  });
  const retention = useLoad(
    async (signal) => String((await runtimeInfo({ signal })).storageRetention ?? ""),
    [],
  );
  const own = useOwnFigures("flyball_storage_.*");
  if (!data)
    return error ? (
      <Problem error={error} onRetry={reload} />
    ) : (
      <Loading what="the state of the storage" />
    );
  const { storage } = data;
  const isWell = storage.state === "ok";
  return (
    <>
      <PageHead
        title="Storage"
        note={<Badge tone={isWell ? "good" : "bad"}>{storage.state}</Badge>}
      />
      {error && <Problem isSlim error={error} onRetry={reload} />}
      <div class="figures">
        <Tile value={storage.series.toLocaleString("en-US")}>series in memory</Tile>
        <Tile value={storage.samplesAccepted.toLocaleString("en-US")}>
          samples taken since the start
        </Tile>
        <Tile value={formatValue(storage.sizeBytes, "bytes", 1)}>on disk</Tile>
        <Tile
          value={formatValue(storage.diskFreeBytes, "bytes", 1)}
          isBad={storage.diskFreeBytes < 1e9}
        >
          free on the disk
        </Tile>
        <Tile value={readableBytes(retention.data ?? "…")}>kept at most</Tile>
      </div>
      {own.error && <Problem isSlim error={own.error} onRetry={own.reload} />}
      <div class="cards">
        {own.data &&
          SECTIONS.map((section) => (
            <Section
              key={section.title}
              section={section}
              figures={own.data as Figures}
              state={data}
            />
          ))}
        <RecentChart
          title="Samples taken per second"
          query='rate(flyball_storage_samples_accepted_total{job="flyball"}[1m])'
          unit="short"
        />
        <RecentChart
          title="Bytes on disk"
          query='{__name__=~"flyball_storage_(journal|segment)_bytes", job="flyball"}'
          unit="bytes"
        />
      </div>
      <p class="muted">
        What makes the most series stands in <a href={href("/cardinality")}>cardinality</a>.
      </p>
    </>
  );
}

type Line = readonly [name: string, metric: string, unit?: "bytes" | "trouble"];

interface SectionOf {
  readonly title: string;
  readonly lines: readonly Line[];
}

const SECTIONS: readonly SectionOf[] = [
  {
    title: "Memory",
    lines: [
      ["limit", "flyball_storage_memory_limit_bytes", "bytes"],
      ["head", "flyball_storage_head_bytes", "bytes"],
      ["samples in the head", "flyball_storage_head_samples"],
      ["cache of blocks", "flyball_storage_cache_bytes", "bytes"],
      ["found in the cache", "flyball_storage_cache_hits_total"],
      ["not found there", "flyball_storage_cache_misses_total"],
      ["groups of series", "flyball_storage_groups"],
      ["exemplars", "flyball_storage_exemplars"],
    ],
  },
  {
    title: "Journal and segments",
    lines: [
      ["journal", "flyball_storage_journal_bytes", "bytes"],
      ["written to it", "flyball_storage_journal_written_bytes_total", "bytes"],
      ["segments", "flyball_storage_segments"],
      ["their size", "flyball_storage_segment_bytes", "bytes"],
      ["samples in them", "flyball_storage_segment_samples"],
      ["compactions", "flyball_storage_compactions_total"],
      ["flushes", "flyball_storage_flushes_total"],
      ["segments that expired", "flyball_storage_segments_expired_total"],
      ["tombstones", "flyball_storage_tombstones"],
    ],
  },
  {
    title: "Trouble",
    lines: [
      ["read only", "flyball_storage_read_only", "trouble"],
      ["quarantined files", "flyball_storage_quarantined_files", "trouble"],
      ["damaged blocks", "flyball_storage_damaged_blocks_total", "trouble"],
      ["failed writes of the journal", "flyball_storage_journal_failures_total", "trouble"],
      ["failed syncs", "flyball_storage_sync_failures_total", "trouble"],
      ["failed flushes", "flyball_storage_flush_failures_total", "trouble"],
      ["failed compactions", "flyball_storage_compaction_failures_total", "trouble"],
      ["refused samples", "flyball_storage_samples_rejected_total", "trouble"],
      ["refused series", "flyball_storage_series_refused_total", "trouble"],
      ["batches refused as too many", "flyball_storage_batches_overloaded_total", "trouble"],
    ],
  },
];

interface SectionProps {
  readonly section: SectionOf;
  readonly figures: Figures;
  readonly state: ServerState;
}

function Section({ section, figures, state }: SectionProps): JSX.Element {
  const facts = section.lines.flatMap(([name, metric, unit]): Fact[] => {
    const value = figures.get(metric)?.sum;
    if (value === undefined) return [];
    const text = unit === "bytes" ? formatValue(value, "bytes", 1) : value.toLocaleString("en-US");
    return [[name, unit === "trouble" && value > 0 ? <Badge tone="bad">{text}</Badge> : text]];
  });
  if (section.title === "Journal and segments")
    facts.push(["directory", <code key="dir">{state.dataDir}</code>]);
  return (
    <section class="card">
      <h2>{section.title}</h2>
      <Facts facts={facts} />
    </section>
  );
}

/** `30d or 14161860198B` with the bytes in a unit. */
