// Home: what is wrong now and why, how this host is, what changed, how to get data in.

import type { JSX } from "preact";
import { routedAlerts } from "../../api/alertmanager";
import { getData } from "../../api/client";
import { type Health, health } from "../../api/health";
import { activeTargets, alerts, queryRange, type Target } from "../../api/prometheus";
import { asError, type Loaded, useLoad } from "../../app/load";
import { href } from "../../app/route";
import { formatTime, zone } from "../../app/time";
import { classes } from "../../components/button";
import { Badge, Empty, Loading, Mark, Problem } from "../../components/state";
import { fromNow } from "../../format/dates";
import { formatValue } from "../../format/units";
import { Score } from "../parts/score";
import { type Change, newest, ofServer, type Runtime, transitions, WRONG } from "./changes";
import { HostSection, strains } from "./host";
import { Snippets } from "./snippets";
import {
  calm,
  firing,
  type ServerState,
  type Service,
  services,
  type Trouble,
  troubles,
} from "./trouble";
import "./home.css";

export default function Home(): JSX.Element {
  const alerting = useLoad((signal) => alerts({ signal }), [], { everyMs: 2000 });
  const targets = useLoad((signal) => activeTargets({ signal }), [], { everyMs: 2000 });
  const server = useLoad(
    (signal) => getData<ServerState>("api/flyball/v1/status", {}, { signal }),
    [],
    { everyMs: 5000 },
  );
  const routed = useLoad((signal) => routedAlerts([], { signal }), [], { everyMs: 2000 });
  const judged = useLoad((signal) => health({ signal }), [], { everyMs: 2000 });
  const { told, quiet } = firing(alerting.data ?? [], routed.data ?? []);
  const found =
    alerting.data && targets.data
      ? troubles(told, targets.data, server.data, strains.value)
      : undefined;
  const error = alerting.error ?? targets.error;
  return (
    <div class="home">
      <h1 class="only-heard">Home</h1>
      <div class="stack home-main">
        {judged.data && <Score health={judged.data} to={href("/health")} />}
        <section class="stack" aria-label="What is wrong now">
          {error && <Problem error={asError(error)} isSlim={found !== undefined} />}
          {found ? (
            <Verdict
              found={found}
              targets={targets.data ?? []}
              server={server.data}
              health={judged.data}
            />
          ) : (
            !error && <Loading what="alerts and targets" />
          )}
          {alerting.data && (
            <Pending count={alerting.data.filter((a) => a.state === "pending").length} />
          )}
          {quiet > 0 && (
            <p class="muted">
              <a href={href("/silences")}>{quiet} silenced</a>: they fire, and nobody is told.
            </p>
          )}
        </section>
        <HostSection />
        <Snippets configFile={server.data?.configFile ?? null} />
      </div>
      <div class="stack home-side">
        <Services targets={targets} />
        {server.data && <Server state={server.data} />}
        <Changes />
      </div>
    </div>
  );
}

/** Troubles listed before the rest is counted. */
const LISTED_MAX = 12;

interface VerdictProps {
  readonly found: readonly Trouble[];
  readonly targets: readonly Target[];
  readonly server: ServerState | undefined;
  readonly health: Health | undefined;
}

function Verdict({ found, targets, server, health }: VerdictProps): JSX.Element {
  if (found.length === 0) {
    const { title, isGood, next } = calm(targets, health);
    const up = targets.filter((target) => target.health === "up").length;
    const isAsked = targets.length > 0;
    return (
      <Empty isGood={isGood} title={title}>
        {isAsked && `${up} of ${targets.length} targets are up, no alert fires`}
        {isAsked && server && `, ${formatValue(server.storage.series, "short")} series are stored`}
        {isAsked && ". "}
        {next && <a href={href(next.path)}>{next.text}</a>}
      </Empty>
    );
  }
  return (
    <>
      <h2>{found.length === 1 ? "One thing is wrong" : `${found.length} things are wrong`}</h2>
      <ul class="troubles">
        {found.slice(0, LISTED_MAX).map((trouble, index) => (
          <li key={index}>
            <TroubleView trouble={trouble} />
          </li>
        ))}
      </ul>
      {found.length > LISTED_MAX && (
        <a href={href("/alerts")}>and {found.length - LISTED_MAX} more</a>
      )}
    </>
  );
}

function TroubleView({ trouble }: { readonly trouble: Trouble }): JSX.Element {
  const { tone, state, title, why, remedy, where, sinceMs, path, params } = trouble;
  return (
    <article class={classes("trouble card", tone)}>
      <div class="line">
        <Badge tone={tone}>{state}</Badge>
        <h3>
          <a href={href(path, params)}>{title}</a>
        </h3>
        <span class="grow" />
        {sinceMs !== undefined && <Ago atMs={sinceMs} />}
      </div>
      {why && <p class="trouble-why">{why}</p>}
      {remedy && <p class="muted">What to do: {remedy}</p>}
      {where && <p class="mono muted">{where}</p>}
    </article>
  );
}

function Ago({ atMs }: { readonly atMs: number }): JSX.Element {
  return (
    <time
      class="muted"
      dateTime={new Date(atMs).toISOString()}
      title={formatTime(atMs, zone.value)}
    >
      {fromNow(atMs, Date.now())}
    </time>
  );
}

function Pending({ count }: { readonly count: number }): JSX.Element | null {
  if (count === 0) return null;
  return (
    <p class="muted">
      <Mark tone="warn" /> <a href={href("/alerts")}>{count} pending</a>: about to fire if nothing
      changes.
    </p>
  );
}

function Services({ targets }: { readonly targets: Loaded<Target[]> }): JSX.Element | null {
  if (!targets.data) return null;
  const all = services(targets.data);
  return (
    <section class="stack">
      <h2>Services</h2>
      {all.length === 0 ? (
        <Empty title="Nothing is scraped yet." />
      ) : (
        <table class="services card">
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Targets up</th>
              <th scope="col" class="number">
                Slowest
              </th>
              <th scope="col" class="number">
                Every
              </th>
            </tr>
          </thead>
          <tbody>
            {all.map((service) => (
              <ServiceRow key={service.job} service={service} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function ServiceRow({ service }: { readonly service: Service }): JSX.Element {
  const { job, up, total, slowestSeconds, interval, error } = service;
  return (
    <tr>
      <th scope="row" class="clip">
        <a href={href("/targets", { pool: job })}>{job}</a>
      </th>
      <td title={error}>
        <Mark tone={up === total ? "good" : error ? "bad" : "none"} /> {up} of {total}
      </td>
      <td class="number">{formatValue(slowestSeconds, "s", 1)}</td>
      <td class="number">{interval}</td>
    </tr>
  );
}

function Server({ state }: { readonly state: ServerState }): JSX.Element {
  const { storage, health, uptimeSeconds, version } = state;
  const works = health.components.filter((part) => part.healthy).length;
  const facts: [string, JSX.Element | string][] = [
    ["Version", `${version}, up for ${formatValue(uptimeSeconds, "s", 1)}`],
    ["Parts", `${works} of ${health.components.length} work`],
    ["Series in memory", formatValue(storage.series, "short")],
    ["Samples taken", formatValue(storage.samplesAccepted, "short")],
    ["On disk", `${formatValue(storage.sizeBytes, "bytes", 1)}`],
    ["Disk free", formatValue(storage.diskFreeBytes, "bytes", 1)],
    ["Data", state.dataDir],
    ["Configuration", state.configFile ?? "none: defaults"],
  ];
  return (
    <section class="stack">
      <h2>
        <a href={href("/status")}>This server</a>
      </h2>
      <dl class="home-facts card">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

async function loadChanges(signal: AbortSignal): Promise<Change[]> {
  const step = 15;
  const end = Math.floor(Date.now() / 1000 / step) * step;
  const range = { query: WRONG, start: end - 6 * 3600, end, step };
  const [runtime, wrong] = await Promise.all([
    getData<Runtime>("api/v1/status/runtimeinfo", {}, { signal }),
    queryRange(range, { signal }),
  ]);
  return newest([...ofServer(runtime), ...transitions(wrong.data.result, range)]);
}

function Changes(): JSX.Element {
  const { data, error, reload } = useLoad(loadChanges, [], { everyMs: 15_000 });
  return (
    <section class="stack">
      <h2>
        What changed <small class="muted">last 6 hours</small>
      </h2>
      {error && <Problem error={error} onRetry={reload} isSlim />}
      {data && data.length === 0 && <Empty title="Nothing changed." />}
      {data && data.length > 0 && (
        <ol class="home-changes card">
          {data.map((change, index) => (
            <li key={index}>
              <Mark tone={change.tone} />
              <span class="grow">
                {change.text} {change.where && <span class="muted mono">{change.where}</span>}
              </span>
              <Ago atMs={change.atMs} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
