// Status: is the server well, which of its parts are not, what it is and what it may use.

import type { JSX } from "preact";
import {
  buildInfo,
  type Component,
  runtimeInfo,
  type ServerState,
  serverState,
} from "../../api/server";
import { useLoad } from "../../app/load";
import { href } from "../../app/route";
import { Badge, Loading, Problem } from "../../components/state";
import { formatValue } from "../../format/units";
import { type Fact, Facts, readableBytes, Tile } from "../parts/facts";
import { type Figures, useOwnFigures } from "../parts/own_figures";
import { PageHead } from "../parts/page_head";
import { clock, shortLength } from "../parts/when";

const OWN =
  "process_(resident_memory_bytes|open_fds|max_fds|cpu_seconds_total|threads)|flyball_storage_memory_limit_bytes";

export default function Status(): JSX.Element {
  const { data, error, reload } = useLoad((signal) => serverState({ signal }), [], {
    everyMs: 5000,
  });
  const more = useLoad(
    async (signal) => ({
      runtime: await runtimeInfo({ signal }),
      build: await buildInfo({ signal }),
    }),
    [],
    { everyMs: 30_000 },
  );
  const own = useOwnFigures(OWN);
  return (
    <>
      <PageHead title="Status" note={data && <Health state={data} />} />
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {!data && !error && <Loading what="the state of the server" />}
      {data && (
        <>
          <div class="figures">
            <Tile value={shortLength(data.uptimeSeconds)}>since its start</Tile>
            <Tile value={data.storage.series.toLocaleString("en-US")}>series in memory</Tile>
            <Tile value={formatValue(data.storage.sizeBytes, "bytes", 1)}>of samples on disk</Tile>
            {own.data && <OwnTiles figures={own.data} />}
          </div>
          <div class="cards">
            <Parts parts={data.health.components} />
            <section class="card">
              <h2>Build</h2>
              {more.data ? <Facts facts={buildFacts(data, more.data.build)} /> : <Loading />}
            </section>
            <section class="card">
              <h2>Runtime</h2>
              {more.data ? <Facts facts={runtimeFacts(data, more.data.runtime)} /> : <Loading />}
            </section>
            <section class="card">
              <h2>More</h2>
              <ul>
                <li>
                  <a href={href("/config")}>Configuration</a> and <a href={href("/flags")}>flags</a>
                </li>
                <li>
                  <a href={href("/storage")}>Storage</a>, <a href={href("/limits")}>limits</a>,{" "}
                  <a href={href("/cardinality")}>cardinality</a>,{" "}
                  <a href={href("/queries")}>queries</a>
                </li>
                <li>
                  <a href={href("/api/openapi.json")}>OpenAPI document</a> and the server's own{" "}
                  <a href={href("/metrics")}>metrics</a>
                </li>
              </ul>
            </section>
          </div>
        </>
      )}
      {more.error && <Problem isSlim error={more.error} onRetry={more.reload} />}
    </>
  );
}

function Health({ state }: { readonly state: ServerState }): JSX.Element {
  const isWell = state.health.status === "ok";
  return (
    <Badge tone={isWell ? "good" : "bad"}>
      {isWell ? "everything works" : state.health.status}
    </Badge>
  );
}

function OwnTiles({ figures }: { readonly figures: Figures }): JSX.Element {
  const memory = figures.get("process_resident_memory_bytes")?.sum;
  const files = figures.get("process_open_fds")?.sum;
  return (
    <>
      {memory !== undefined && (
        <Tile value={formatValue(memory, "bytes", 1)}>
          of memory,{" "}
          {formatValue(figures.get("flyball_storage_memory_limit_bytes")?.sum ?? 0, "bytes", 1)} for
          samples and queries
        </Tile>
      )}
      {files !== undefined && (
        <Tile value={files}>
          open files of {(figures.get("process_max_fds")?.sum ?? 0).toLocaleString("en-US")}
        </Tile>
      )}
    </>
  );
}

function Parts({ parts }: { readonly parts: readonly Component[] }): JSX.Element {
  return (
    <section class="card">
      <h2>Parts</h2>
      <table>
        <thead>
          <tr>
            <th>Part</th>
            <th>State</th>
            <th>Says</th>
            <th class="number">Restarts</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part.name}>
              <td>{part.name}</td>
              <td>
                <Badge tone={part.healthy ? "good" : "bad"}>{part.healthy ? "well" : "ill"}</Badge>
              </td>
              <td>{part.message}</td>
              <td class="number">{part.restarts || ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function buildFacts(state: ServerState, build: Readonly<Record<string, unknown>>): Fact[] {
  return [
    ["version", state.version],
    ["revision", state.revision],
    ["built", String(build.buildDate || "unknown")],
    ["compiler", String(build.goVersion ?? "")],
    ["answers as", `Prometheus ${String(build.version ?? "")}`],
  ];
}

function runtimeFacts(state: ServerState, runtime: Readonly<Record<string, unknown>>): Fact[] {
  return [
    ["started", clock(String(runtime.startTime))],
    ["host", String(runtime.hostname ?? "")],
    ["you are", state.user],
    ["working directory", <code key="cwd">{String(runtime.CWD ?? "")}</code>],
    ["configuration", <code key="config">{state.configFile ?? "none: the defaults"}</code>],
    ["data", <code key="data">{state.dataDir}</code>],
    ["processors", String(runtime.GOMAXPROCS ?? "")],
    ["threads", String(runtime.goroutineCount ?? "")],
    ["memory limit", formatValue(Number(runtime.GOMEMLIMIT ?? 0), "bytes", 1)],
    ["retention", readableBytes(String(runtime.storageRetention ?? ""))],
  ];
}
