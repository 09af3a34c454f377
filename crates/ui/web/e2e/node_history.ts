// Six hours of a host for Node Exporter Full: the series of a node exporter's own test output that the
// dashboard asks for, counters that grow and gauges that swing.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Flyball } from "./server";
import { push, type Pushed } from "./remote_write";

/** Data of other projects, which some scenes are made of. */
export const CONFORMANCE =
  process.env.FLYBALL_CONFORMANCE ??
  new URL("../../../../../shared/conformance", import.meta.url).pathname;
const DASHBOARD = join(CONFORMANCE, "dashboards/node-exporter-full.json");
const OUTPUT = join(CONFORMANCE, "node-fixtures/e2e-output.txt");
const SCRAPE_MS = 15_000;

/** The dashboard, and nothing where the conformance data is not there. */
export function nodeExporterFull(): object | undefined {
  if (!existsSync(DASHBOARD) || !existsSync(OUTPUT)) return undefined;
  return JSON.parse(readFileSync(DASHBOARD, "utf8")) as object;
}

/** Pushes the history up to now; answers how many series it has. */
export async function pushNodeHistory(server: Flyball, hours: number): Promise<number> {
  const wanted = new Set(readFileSync(DASHBOARD, "utf8").match(/\b(?:node|process|promhttp)_\w+/g));
  const counters = new Set<string>();
  const series: Pushed[] = [];
  const end = Math.floor(Date.now() / SCRAPE_MS) * SCRAPE_MS;
  const times = Array.from(
    { length: (hours * 3_600_000) / SCRAPE_MS },
    (_, i, length = (hours * 3_600_000) / SCRAPE_MS) => end - (length - 1 - i) * SCRAPE_MS,
  );
  const added = absent(times);
  const own = new Set(added.map(({ labels }) => labels.__name__));
  for (const line of readFileSync(OUTPUT, "utf8").split("\n")) {
    const type = /^# TYPE (\S+) counter/.exec(line);
    if (type) counters.add(type[1]!);
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!sample || !wanted.has(sample[1]!) || own.has(sample[1])) continue;
    const [, name = "", labels = "", value] = sample;
    const samples = values(times, Number(value), counters.has(name), series.length);
    series.push({ labels: { ...labelsIn(labels), __name__: name, ...HOST }, samples });
  }
  series.push(...added);
  await push(server, series);
  return series.length;
}

/** What the test output leaves out. */
function absent(times: readonly number[]): Pushed[] {
  const uname = { nodename: "host", release: "6.1", sysname: "Linux", version: "1" };
  const root = { device: "/dev/sda1", fstype: "ext4", mountpoint: "/" };
  const gib = 2 ** 30;
  const made: [string, Record<string, string>, (i: number) => number][] = [
    ["node_uname_info", uname, () => 1],
    ["node_boot_time_seconds", {}, () => times[0]! / 1000 - 864_000],
    ["node_time_seconds", {}, (i) => times[i]! / 1000],
    ["node_memory_MemAvailable_bytes", {}, (i) => (1.5 + Math.sin(i / 90) / 4) * gib],
    ["node_filesystem_size_bytes", root, () => 40 * gib],
    ["node_filesystem_avail_bytes", root, (i) => (22 - i / 400) * gib],
    ["node_filesystem_free_bytes", root, (i) => (24 - i / 400) * gib],
  ];
  for (const device of ["eth0", "lo"]) {
    for (const way of ["receive", "transmit"]) {
      const grown = (i: number): number => 1e6 * i * (2 + Math.sin(i / 50));
      made.push([`node_network_${way}_bytes_total`, { device }, grown]);
    }
  }
  return made.map(([__name__, labels, value]) => ({
    labels: { ...labels, __name__, ...HOST },
    samples: times.map((time, i) => [time, value(i)]),
  }));
}

const HOST = { job: "node", instance: "localhost:9100" };

function labelsIn(text: string): Record<string, string> {
  const pairs = text.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g);
  return Object.fromEntries(
    [...pairs].map(([, name = "", value = ""]) => [name, value.replace(/\\(.)/g, "$1")]),
  );
}

function values(
  times: readonly number[],
  last: number,
  isCounter: boolean,
  seed: number,
): [number, number][] {
  const base = Number.isFinite(last) ? last : 0;
  let total = base;
  return times.map((time, i) => {
    const swing = Math.sin(i / (20 + (seed % 37))) + Math.sin(i / 3 + seed) / 4;
    total += isCounter ? Math.max(0, (1 + (seed % 13)) * (1.5 + swing)) : 0;
    return [time, isCounter ? total : base * (1 + swing / 8)];
  });
}
