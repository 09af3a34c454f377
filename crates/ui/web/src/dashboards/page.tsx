// The page of one dashboard: head, variables, panels; one panel alone; editing.
// Everything the reader chooses stands in the address, with Grafana's names.

import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { href, param, route } from "../app/route";
import { defaultRange, defaultRefresh, defaultZone } from "../app/time";
import { bind } from "../app/keys";
import { useLoad } from "../app/load";
import { Empty, Loading, Problem } from "../components/state";
import { lazyPart } from "../components/lazy";
import { preloadViews } from "../panels/views";
import "../panels/panels.css";
import "./dashboards.css";
import { useAnnotations } from "./annotations";
import { loadDashboard, type Stored } from "./api";
import { Grid, usePlaced } from "./grid";
import { Head, Over } from "./head";
import { allPanels, findPlaced, type Placed } from "./layout";
import { PanelFrame } from "./panel_frame";
import { learnScrapeInterval } from "./scrape";
import { Session, SessionProvider, useSession } from "./session";
import { VariablesBar } from "./variables_bar";

const PanelEditor = lazyPart(() =>
  import("./editor/panel_editor").then((module) => module.PanelEditor),
);
const Annotate = lazyPart(() => import("./annotate").then((module) => module.Annotate));
const DraftOffer = lazyPart(() => import("./draft_offer").then((module) => module.DraftOffer));

/** `/d/UID/SLUG`. */
export function DashboardPage({ rest }: { readonly rest: readonly string[] }): JSX.Element {
  const [uid = ""] = rest;
  // Nearly every dashboard has one.
  useEffect(() => preloadViews(["timeseries"]), []);
  const { data, error, reload } = useLoad((signal) => loadDashboard(uid, { signal }), [uid]);
  const all = <a href={href("/dashboards")}>All dashboards</a>;
  if (uid === "") return <Empty title="No dashboard is named">{all}</Empty>;
  if (!data && error)
    return (
      <>
        <Problem error={error} onRetry={reload} />
        {all}
      </>
    );
  if (!data) return <Loading what="Dashboard" />;
  return <Opened key={`${data.meta.uid}`} stored={data} uid={uid} />;
}

/** A dashboard with its own defaults of time, zone and refresh. */
export function Opened({ stored, uid }: { stored: Stored; uid: string }): JSX.Element {
  const session = useMemo(() => open(stored, uid), [stored]);
  useEffect(() => {
    void learnScrapeInterval();
    return () => session.stop();
  }, [session]);
  return (
    <SessionProvider value={session}>
      <Body />
    </SessionProvider>
  );
}

function open(stored: Stored, uid: string): Session {
  const { dashboard, meta } = stored;
  preloadViews(allPanels(dashboard.panels ?? []).map((panel) => panel.type));
  const { time, refresh: every, timezone } = dashboard;
  defaultRange.value =
    time?.from && time.to ? { from: time.from, to: time.to } : { from: "now-6h", to: "now" };
  defaultRefresh.value = typeof every === "string" ? every : "";
  defaultZone.value = timezone ?? "";
  return new Session(
    { ...dashboard, panels: dashboard.panels ?? [] },
    { ...meta, uid: meta.uid ?? uid },
  );
}

function Body(): JSX.Element {
  const session = useSession();
  const placed = usePlaced(session);
  const { title } = session.dashboard.value;
  useAnnotations(session);
  useEffect(() => {
    document.title = `${title} · Flyball`;
  }, [title]);
  useLater(({ keysOf }) => bind(keysOf(session, placed)), [session, placed]);
  useLater(({ watchDrafts }) => watchDrafts(session), [session]);
  useLater(({ follow }) => follow(session), [session]);
  const draft = session.draft.value;
  const over = (
    <>
      {draft && <DraftOffer key={draft.key} draft={draft} />}
      {param("annotate") && <Annotate session={session} />}
      <Over />
    </>
  );
  const { params } = route.value;
  const kiosk = params.has("kiosk") && params.get("kiosk") !== "tv";
  const edited = param("editPanel");
  const viewed = findPlaced(placed, param("viewPanel")) ?? closedPanel(session, param("viewPanel"));
  if (edited)
    return (
      <>
        {over}
        <PanelEditor id={Number(edited)} />
      </>
    );
  return (
    <article
      class={params.has("autofitpanels") ? "dashboard dashboard-fit" : "dashboard"}
      aria-label={title}
    >
      {!kiosk && <Head viewed={viewed} />}
      {over}
      <VariablesBar />
      {viewed ? (
        <div class="view-panel">
          <PanelFrame key={viewed.key} placed={viewed} alone />
        </div>
      ) : placed.length > 0 ? (
        <Grid placed={placed} />
      ) : (
        <NoPanels />
      )}
    </article>
  );
}

/** Starts something whose code comes after the dashboard, and ends it. */
function useLater(
  start: (later: typeof import("./later")) => () => void,
  inputs: readonly unknown[],
): void {
  useEffect(() => {
    let end: (() => void) | undefined;
    let isGone = false;
    void import("./later").then((later) => {
      if (!isGone) end = start(later);
    });
    return () => {
      isGone = true;
      end?.();
    };
  }, inputs);
}

/** A panel of a closed row can be shown alone, too. */
function closedPanel(session: Session, name: string): Placed | undefined {
  const panel =
    name === ""
      ? undefined
      : session.panelById(Number(/^(?:panel-)?(\d+)/.exec(name)?.[1] ?? Number.NaN));
  return panel && { key: `alone-${panel.id}`, panel, pos: panel.gridPos, fixed: {}, repeat: 0 };
}

function NoPanels(): JSX.Element {
  return (
    <Empty title="This dashboard has no panels">Press Edit and add one, or import JSON.</Empty>
  );
}
