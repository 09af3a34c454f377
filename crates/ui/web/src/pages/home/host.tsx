// One host at a glance: tiles with a value, what it means, and the last minutes; alive at 1 s.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { activeTargets, labelValues, queryInstant, type Target } from "../../api/prometheus";
import { load } from "../../app/brand";
import { useLoad } from "../../app/load";
import { href, param, setParams } from "../../app/route";
import { parseInterval } from "../../app/time";
import { Select } from "../../components/field";
import { Empty, Mark, type Tone } from "../../components/state";
import { formatValue } from "../../format/units";
import { firstValue, type Point, recentMean } from "./points";
import { Spark, usePoints } from "./spark";
import type { Strain } from "./trouble";

interface Tile {
  readonly title: string;
  readonly unit: string;
  /** Given the selector of the host and the window of rates. */
  readonly expr: (host: string, window: string) => string;
  /** From which value on it is worth a look, and bad. */
  readonly limits?: readonly [number, number];
  readonly top?: number;
  readonly note?: string;
  /** What it means beyond its limits, for people who do not know. */
  readonly strain?: { readonly part: string; readonly why: string; readonly remedy: string };
}

const BUSY = {
  part: "processors",
  remedy:
    "Find what takes them (top, key P) and stop or limit it, or give the host more processors.",
};

const FILESYSTEMS = 'fstype!~"tmpfs|ramfs|squashfs|overlay|iso9660|devtmpfs|fuse.*"';
const DISKS = 'device!~"(dm-|md|zram|loop|sr|ram).*"';
const LINKS = 'device!~"(lo|veth.*|docker.*|br-.*|cali.*|flannel.*|virbr.*|ifb.*)"';

const TILES: readonly Tile[] = [
  {
    title: "CPU busy",
    strain: { ...BUSY, why: "The processors are hardly ever free: everything takes longer." },
    unit: "percent",
    limits: [80, 95],
    top: 100,
    expr: (h, w) => `100 * (1 - avg(rate(node_cpu_seconds_total{${h},mode="idle"}[${w}])))`,
  },
  {
    title: "Memory used",
    strain: {
      part: "memory",
      why: "Little memory is left; when it is used up, the kernel ends processes.",
      remedy: "Find what has it (top, key M), limit or restart it.",
    },
    unit: "percent",
    limits: [85, 95],
    top: 100,
    expr: (h) =>
      `100 * (1 - max(node_memory_MemAvailable_bytes{${h}}) / max(node_memory_MemTotal_bytes{${h}}))`,
  },
  {
    title: "Fullest file system",
    strain: {
      part: "space",
      why: "A file system is nearly full; what writes to it will fail.",
      remedy: "See which (df -h), find what is large (du -xh / | sort -h | tail), make room.",
    },
    unit: "percent",
    limits: [85, 95],
    top: 100,
    expr: (h) =>
      `max(100 * (1 - node_filesystem_avail_bytes{${h},${FILESYSTEMS}}` +
      ` / (node_filesystem_size_bytes{${h},${FILESYSTEMS}} > 0)))`,
  },
  {
    title: "Load per CPU",
    strain: { ...BUSY, why: "More tasks want to run than there are processors." },
    unit: "short",
    limits: [1.5, 4],
    note: "1 min",
    expr: (h) => `max(node_load1{${h}}) / count(count by (cpu) (node_cpu_seconds_total{${h}}))`,
  },
  {
    title: "Tasks waiting",
    strain: { ...BUSY, why: "Tasks that could run wait for a processor." },
    unit: "percent",
    limits: [40, 80],
    note: "for CPU",
    expr: (h, w) => `100 * max(rate(node_pressure_cpu_waiting_seconds_total{${h}}[${w}]))`,
  },
  {
    title: "Disk waiting",
    strain: {
      part: "disks",
      why: "Tasks stand still because disks do not keep up.",
      remedy: "Find what reads and writes (iotop, or the host's dashboard) and spread or slow it.",
    },
    unit: "percent",
    limits: [20, 60],
    note: "tasks stopped",
    expr: (h, w) => `100 * max(rate(node_pressure_io_waiting_seconds_total{${h}}[${w}]))`,
  },
  {
    title: "Disks",
    unit: "Bps",
    note: "read and written",
    expr: (h, w) =>
      `sum(rate(node_disk_read_bytes_total{${h},${DISKS}}[${w}]))` +
      ` + sum(rate(node_disk_written_bytes_total{${h},${DISKS}}[${w}]))`,
  },
  {
    title: "Network",
    unit: "Bps",
    note: "in and out",
    expr: (h, w) =>
      `sum(rate(node_network_receive_bytes_total{${h},${LINKS}}[${w}]))` +
      ` + sum(rate(node_network_transmit_bytes_total{${h},${LINKS}}[${w}]))`,
  },
];

/** A host that has told its load, and how often it does. */
interface Host {
  readonly instance: string;
  readonly window: string;
}

async function hosts(signal: AbortSignal): Promise<Host[]> {
  const end = Date.now() / 1000;
  const by = { match: ["node_load1"], start: end - 600, end, limit: 1000 };
  const [instances, targets] = await Promise.all([
    labelValues("instance", by, { signal }),
    activeTargets({ signal }),
  ]);
  // The own host first: it is measured every second.
  const everyMs = new Map(
    targets.map((target) => [target.labels.instance ?? "", intervalMs(target)]),
  );
  const known = instances.map((instance) => ({ instance, ms: everyMs.get(instance) ?? 15_000 }));
  known.sort((a, b) => a.ms - b.ms || a.instance.localeCompare(b.instance));
  return known.map(({ instance, ms }) => ({
    instance,
    window: `${Math.max(5, (4 * ms) / 1000)}s`,
  }));
}

function intervalMs(target: Target): number {
  return parseInterval(target.scrapeInterval) || 15_000;
}

export function HostSection(): JSX.Element {
  const { data: found } = useLoad(hosts, [], { everyMs: 10_000 });
  const host = found?.find(({ instance }) => instance === param("host")) ?? found?.[0];
  if (found && !host) {
    return (
      <section class="stack">
        <h2>Hosts</h2>
        <Empty title="No host has been measured in the last ten minutes.">
          This host is measured every second unless the configuration says otherwise; others by
          scraping node_exporter.
        </Empty>
      </section>
    );
  }
  return (
    <section class="stack" aria-label="Host">
      <div class="line">
        <h2>{host?.instance ?? "Host"}</h2>
        {found && found.length > 1 && (
          <Select
            label="Host"
            value={host?.instance ?? ""}
            options={found.map(({ instance }) => ({ value: instance, label: instance }))}
            onChange={(instance) => setParams({ host: instance })}
          />
        )}
        {host && <HostFacts host={host} />}
      </div>
      <div class="tiles">
        {TILES.map((tile) =>
          host ? (
            <TileView key={tile.title} tile={tile} host={host} />
          ) : (
            <div key={tile.title} class="tile card" />
          ),
        )}
      </div>
    </section>
  );
}

function selector({ instance }: Host): string {
  return `instance=${JSON.stringify(instance)}`;
}

/** How many processors, how much memory, since when. */
function HostFacts({ host }: { readonly host: Host }): JSX.Element | null {
  const h = selector(host);
  const { data } = useLoad(
    async (signal) => {
      const ask = async (expr: string) =>
        firstValue((await queryInstant(expr, undefined, { signal })).data);
      return Promise.all([
        ask(`count(count by (cpu) (node_cpu_seconds_total{${h}}))`),
        ask(`max(node_memory_MemTotal_bytes{${h}})`),
        ask(`time() - max(node_boot_time_seconds{${h}})`),
      ]);
    },
    [h],
  );
  if (!data) return null;
  const [processors, bytes, uptime] = data;
  const facts = [
    Number.isFinite(processors) && `${processors} CPUs`,
    Number.isFinite(bytes) && `${formatValue(bytes, "bytes", 1)} memory`,
    Number.isFinite(uptime) && `up for ${formatValue(uptime, "s", 1)}`,
  ];
  return <span class="muted">{facts.filter(Boolean).join(" · ")}</span>;
}

/** Parts of the host that are beyond their limits for a minute. */
export const strains = signal<readonly Strain[]>([]);
const STRAIN_MS = 60_000;
const STRAIN_POINTS = 20;

/** Tells the list of what is wrong when a tile is beyond its limits for a while. */
function useStrain(tile: Tile, host: Host, points: readonly Point[]): void {
  const tone = judged(recentMean(points, STRAIN_MS, STRAIN_POINTS), tile.limits);
  useEffect(() => {
    const { strain, title } = tile;
    if (!strain || (tone !== "warn" && tone !== "bad")) return undefined;
    const own = { ...strain, title: `${title} is ${WORDS[tone]}`, tone, state: "host" };
    const told: Strain = { ...own, instance: host.instance };
    strains.value = [...strains.peek(), told];
    return () => {
      strains.value = strains.peek().filter((one) => one !== told);
    };
  }, [tile, host.instance, tone]);
}

const WORDS: Partial<Record<Tone, string>> = { warn: "high", bad: "very high" };

function TileView({ tile, host }: { readonly tile: Tile; readonly host: Host }): JSX.Element {
  const expr = tile.expr(selector(host), host.window);
  const points = usePoints(expr);
  const value = points.at(-1)?.value;
  const tone = value === undefined ? "none" : judged(value, tile.limits);
  useStrain(tile, host, points);
  const isLoad = tile === TILES[0];
  useEffect(() => {
    if (isLoad && value !== undefined) load.value = value / 100;
  }, [isLoad, value]);
  return (
    <a
      class={`tile card ${tone}`}
      href={href("/explore", { "g0.expr": expr, "g0.tab": "0", "from": "now-15m", "to": "now" })}
    >
      <span class="tile-head">
        <span class="clip">{tile.title}</span>
        {WORDS[tone] ? (
          <span class={`tile-word ${tone}`}>
            <Mark tone={tone} /> {WORDS[tone]}
          </span>
        ) : (
          <small class="muted">{tile.note}</small>
        )}
      </span>
      <strong>{value === undefined ? "–" : formatValue(value, tile.unit, decimals(value))}</strong>
      <Spark points={points} top={tile.top} />
    </a>
  );
}

function decimals(value: number): number {
  return Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
}

function judged(value: number, limits: readonly [number, number] | undefined): Tone {
  if (!limits || Number.isNaN(value) || value < limits[0]) return "good";
  return value < limits[1] ? "warn" : "bad";
}
