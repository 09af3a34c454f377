// A panel with its frame: title, description, links, menu, states; the view inside.
// Data is asked for when the panel is (nearly) in sight.

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { setParams } from "../app/route";
import { zone } from "../app/time";
import { Icon } from "../components/icon";
import { chartTheme } from "../charts/theme";
import type { Look } from "../panels/display";
import type { Field, Frame } from "../panels/frame";
import { interpolate, type Scope } from "../panels/interpolate";
import { resolveLink } from "../panels/links";
import { fixedScope, valueScope } from "../panels/macros";
import type { Link, Panel } from "../panels/model";
import { lazyPart } from "../components/lazy";
import { needsData, TableView, viewOf } from "../panels/views";
import type { ShownLink } from "../panels/views/props";
import { show, limitsOf } from "../panels/display";
import { marksOn } from "./annotations";
import { Boundary } from "./boundary";
import { useChosen } from "./chosen";
import type { Placed } from "./layout";
import { PanelMenu } from "./panel_menu";
import { PanelStatus } from "./panel_status";
import { type Session, useSession } from "./session";
import { type PanelState, usePanel } from "./use_panel";
import { zoomOut, zoomTo } from "./zoom";

export interface PanelFrameProps {
  placed: Placed;
  /** Shown alone, over the whole page. */
  alone?: boolean;
}

export function PanelFrame({ placed, alone = false }: PanelFrameProps): JSX.Element {
  const session = useSession();
  const { panel, fixed, key } = placed;
  const own = useMemo(() => fixedScope(fixed), [JSON.stringify(fixed)]);
  const root = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const isVisible = useVisible(root);
  const size = useSize(body);
  const state = usePanel({ session, panel, fixed, widthPx: size.width, isVisible });
  const scope = session.scope(own);
  const title = interpolate(panel.title ?? "", scope, "text");
  const point = (): void => {
    session.pointed.value = key;
  };
  return (
    <section
      ref={root}
      class={panel.transparent ? "panel panel-bare" : "panel"}
      aria-label={title || panel.type}
      data-panel={panel.id}
      data-type={panel.type}
      data-state={stateName(state, panel.type)}
      onMouseEnter={point}
      onFocusCapture={point}
    >
      <Header placed={placed} title={title} scope={scope} state={state} alone={alone} />
      <div ref={body} class="panel-body">
        {isVisible && size.width > 0 && (
          <Boundary key={panel.type}>
            <Body
              session={session}
              placed={placed}
              own={own}
              title={title}
              state={state}
              size={size}
            />
          </Boundary>
        )}
      </div>
    </section>
  );
}

function stateName(state: PanelState, type: string): string {
  if (state.waiting) return "waiting";
  if (!needsData(type)) return "ready";
  if (!state.data) return state.error ? "failed" : "loading";
  return state.loading
    ? "refreshing"
    : state.data.problems.length > 0
      ? "partial"
      : state.data.points === 0
        ? "empty"
        : "ready";
}

interface HeaderProps {
  placed: Placed;
  title: string;
  scope: Scope;
  state: PanelState;
  alone: boolean;
}

function Header({ placed, title, scope, state, alone }: HeaderProps): JSX.Element {
  const { panel } = placed;
  const session = useSession();
  const links = (panel.links ?? []).flatMap(
    (link) => resolveLink(link, session.linkContext(fixedScope(placed.fixed))) ?? [],
  );
  const bare = !title && !panel.description && links.length === 0;
  return (
    <header class={bare ? "panel-head panel-head-bare" : "panel-head"}>
      <h3 class="clip" title={title}>
        {title}
      </h3>
      {panel.description && <About text={interpolate(panel.description, scope, "text")} />}
      {links.map((link, i) => (
        <a
          key={i}
          class="panel-link"
          href={link.href}
          title={link.title}
          {...(link.blank ? { target: "_blank", rel: "noopener noreferrer" } : {})}
        >
          <Icon name="external" size={12} />
          <span class="only-heard">{link.title}</span>
        </a>
      ))}
      {state.data?.plan.timeInfo && <small class="muted clip">{state.data.plan.timeInfo}</small>}
      <span class="grow" />
      <PanelStatus panel={panel} state={state} />
      <PanelMenu placed={placed} title={title} state={state} alone={alone} />
    </header>
  );
}

const About = lazyPart(() => import("./panel_about").then((module) => module.About));

interface BodyProps {
  session: Session;
  placed: Placed;
  own: Scope;
  title: string;
  state: PanelState;
  size: { width: number; height: number };
}

function Body({ session, placed, own, title, state, size }: BodyProps): JSX.Element | null {
  const { panel } = placed;
  const { chosen, choose } = useChosen(placed);
  const theme = chartTheme.value;
  const inZone = zone.value;
  const look = useMemo(
    (): Look => ({ theme, units: { zone: inZone, nowMs: Date.now() } }),
    [theme, inZone, state.data],
  );
  const all = session.marks.value;
  const marks = useMemo(() => marksOn(all, panel.id), [all, panel.id]);
  const { data } = state;
  const type = panel.type;
  const hasReason = data && data.problems.length + data.notices.length > 0;
  if (needsData(type) && (!data || (data.points === 0 && (hasReason || !hasEmptyForm(type)))))
    return <NoData state={state} panel={panel} />;
  const View = viewOf(type) ?? TableView;
  const graphTooltip = session.dashboard.value.graphTooltip ?? 0;
  return (
    <>
      {!viewOf(type) && (
        <p class="panel-note">
          Panels of type <code>{type}</code> are not drawn here; this is their data.
        </p>
      )}
      <View
        panel={panel}
        frames={state.frames}
        data={data ?? EMPTY}
        look={look}
        title={title}
        {...size}
        loading={state.loading}
        marks={marks}
        syncKey={SYNC[graphTooltip]}
        fill={(text) => interpolate(text, session.scope(own), "text")}
        linksOf={(field, frame, row) => linksOf(session, own, look, { field, frame, row })}
        resolveLink={(link) =>
          resolveLink(link, session.linkContext(own)) ?? { title: "", href: "", blank: false }
        }
        onZoom={zoomTo}
        onZoomOut={zoomOut}
        onAnnotate={(from, to) => setParams({ annotate: `${from},${to},${panel.id}` })}
        chosen={chosen}
        choose={choose}
      />
    </>
  );
}

/** Grafana's three ways of sharing the crosshair: not, the line, the line and what it says. */
const SYNC = [undefined, "line", "tip"];

const EMPTY: NonNullable<PanelState["data"]> = {
  frames: [],
  problems: [],
  notices: [],
  infos: [],
  exemplars: undefined,
  tookMs: 0,
  series: 0,
  points: 0,
  plan: { queries: [], fromMs: 0, toMs: 1, notices: [], timeInfo: "" },
};

/** Types that say "no data" in a form of their own. */
function hasEmptyForm(type: string): boolean {
  return type === "logs";
}

function NoData({ state, panel }: { state: PanelState; panel: Panel }): JSX.Element {
  if (state.waiting) return <p class="panel-state">Waiting for variables…</p>;
  if (!state.data && !state.error) return <p class="panel-state panel-loading">Loading…</p>;
  const problem =
    state.error?.message ?? state.data?.problems[0]?.message ?? state.data?.notices[0];
  if (problem)
    return (
      <p class="panel-state panel-problem" role="alert">
        <Icon name="warning" /> {problem}
      </p>
    );
  if ((panel.targets ?? []).length > 0) return <p class="panel-state">No data</p>;
  const { libraryPanel } = panel;
  return (
    <p class="panel-state">
      {libraryPanel
        ? `The library panel ${libraryPanel.name ?? libraryPanel.uid ?? ""} is not in this file`
        : "No query"}
    </p>
  );
}

interface Cell {
  field: Field;
  frame: Frame;
  row: number;
}

function linksOf(
  session: Session,
  own: Scope,
  look: Look,
  { field, frame, row }: Cell,
): ShownLink[] {
  const links: readonly Link[] = field.config.links ?? [];
  if (links.length === 0) return [];
  const shown = show(field.values[row], field.config, limitsOf([], field.config), look);
  const extra = valueScope({ frame, field, row, text: shown.text, number: shown.number });
  const context = session.linkContext(own);
  return links.flatMap((link) => resolveLink(link, context, extra) ?? []);
}

/** Whether the element is near the window; the margin hides the loading while scrolling. */
function useVisible(root: { current: HTMLElement | null }): boolean {
  const [isVisible, setVisible] = useState(false);
  useEffect(() => {
    const watcher = new IntersectionObserver(
      (entries) => setVisible(entries.some((entry) => entry.isIntersecting)),
      { rootMargin: "240px" },
    );
    watcher.observe(root.current!);
    const all = (): void => setVisible(true);
    addEventListener("beforeprint", all);
    return () => {
      watcher.disconnect();
      removeEventListener("beforeprint", all);
    };
  }, []);
  return isVisible;
}

function useSize(body: { current: HTMLElement | null }): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = body.current!;
    const watcher = new ResizeObserver(() =>
      setSize((now) => {
        const { clientWidth: width, clientHeight: height } = element;
        return now.width === width && now.height === height ? now : { width, height };
      }),
    );
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  return size;
}
