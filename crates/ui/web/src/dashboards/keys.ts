// The keys of a dashboard: Grafana's. Loaded after the dashboard, which is read before keys are pressed.

import type { Shortcut } from "../app/keys";
import { navigate, param, route, setParams } from "../app/route";
import { isTime, rawRange, refresh, setRange } from "../app/time";
import { copy, toast, toastError } from "../components/toast";
import type { Panel } from "../panels/model";
import { allPanels, type Placed, viewName } from "./layout";
import type { Session } from "./session";

export function keysOf(session: Session, placed: readonly Placed[]): Shortcut[] {
  const group = "Dashboard";
  const pointed = (): Placed | undefined =>
    placed.find((one) => one.key === session.pointed.peek() && one.panel.type !== "row");
  const onPanel = (act: (one: Placed) => void) => (): void => {
    const one = pointed();
    if (one) act(one);
  };
  return [
    {
      keys: "v",
      does: "View the panel under the mouse alone",
      group,
      run: () =>
        param("viewPanel")
          ? setParams({ viewPanel: null })
          : onPanel((one) => setParams({ viewPanel: viewName(one) }))(),
    },
    {
      keys: "e",
      does: "Edit the panel under the mouse",
      group,
      run: onPanel((one) => setParams({ editPanel: String(one.panel.id) })),
    },
    {
      keys: "i",
      does: "Inspect the data of the panel under the mouse",
      group,
      run: onPanel((one) => setParams({ inspect: viewName(one) })),
    },
    {
      keys: "x",
      does: "Explore the panel under the mouse",
      group,
      run: onPanel((one) => explore(session, one)),
    },
    { keys: "esc", does: "Back from a panel, the editor or kiosk mode", group, run: back },
    { keys: "d r", does: "Refresh", group, run: refresh },
    { keys: "d k", does: "Kiosk mode", group, run: () => flip("kiosk", "1") },
    {
      keys: "d v",
      does: "Leave out the bar above the dashboard",
      group,
      run: () => flip("kiosk", "tv"),
    },
    {
      keys: "d a",
      does: "Fit all panels into the window",
      group,
      run: () => flip("autofitpanels", "1"),
    },
    {
      keys: "d e",
      does: "Edit the dashboard",
      group,
      run: () => setParams({ edit: session.isEditing.peek() ? null : "1" }),
    },
    { keys: "d s", does: "Settings", group, run: () => setParams({ editview: "settings" }) },
    { keys: "ctrl+s", does: "Save", group, run: () => save(session) },
    { keys: "d o", does: "Share the crosshair, or not", group, run: () => crosshair(session) },
    { keys: "ctrl+o", does: "The same, as in Grafana", group, run: () => crosshair(session) },
    { keys: "d x", does: "Show or hide exemplars", group, run: () => exemplars(session) },
    { keys: "d l", does: "Show or hide all legends", group, run: () => legends(session) },
    {
      keys: "p l",
      does: "Show or hide the legend of the panel under the mouse",
      group,
      run: onPanel((one) => legends(session, one.panel.id)),
    },
    {
      keys: "p s",
      does: "Copy a link to the panel under the mouse",
      group,
      run: onPanel((one) => void copy(linkTo(viewName(one)))),
    },
    {
      keys: "p d",
      does: "Duplicate the panel under the mouse",
      group,
      run: onPanel((one) => duplicate(session, one.panel.id)),
    },
    {
      keys: "p r",
      does: "Remove the panel under the mouse",
      group,
      run: onPanel((one) => remove(session, one.panel.id)),
    },
    { keys: "t c", does: "Copy the range of time", group: "Time", run: () => copyRange() },
    { keys: "t v", does: "Paste a range of time", group: "Time", run: () => void pasteRange() },
    { keys: "d C", does: "Close all rows", group, run: () => setRows(session, false) },
    { keys: "d E", does: "Open all rows", group, run: () => setRows(session, true) },
  ];
}

/** Asks what was changed; what came from elsewhere is saved as a copy. */
function save(session: Session): void {
  const { provisioned, builtin } = session.meta.peek();
  setParams({ editview: provisioned || builtin ? "copy" : "save" });
}

function back(): void {
  const { params } = route.peek();
  if (params.has("editPanel")) setParams({ editPanel: null, tab: null });
  else if (params.has("viewPanel")) setParams({ viewPanel: null });
  else if (params.has("kiosk")) setParams({ kiosk: null });
}

/** Sets a parameter of the address, or takes it away. */
function flip(name: string, value: string): void {
  setParams({ [name]: route.peek().params.has(name) ? null : value });
}

function setRows(session: Session, isOpen: boolean): void {
  const rows = session.dashboard
    .peek()
    .panels.filter((panel) => panel.type === "row" && (panel.collapsed === true) === isOpen);
  setParams({ rows: rows.map((row) => row.id).join(",") }, { replace: true });
}

function explore(session: Session, { panel, fixed }: Placed): void {
  const own = (name: string) => fixed[name];
  void import("./explore_link").then(({ exploreParams }) =>
    navigate("/explore", exploreParams(session, panel, own)),
  );
}

/** Grafana's three ways: none, a line, a line and what it says. Kept by saving. */
function crosshair(session: Session): void {
  session.change((now) => ({ ...now, graphTooltip: ((now.graphTooltip ?? 0) + 1) % 3 }));
  const words = ["not shared", "shared", "shared, with tooltips"];
  toast(`The crosshair is ${words[session.dashboard.peek().graphTooltip ?? 0]}`, "info");
}

type Change = (panel: Panel) => readonly Panel[];

/** Every panel, also those of rows, replaced by what is made of it. */
function changePanels(session: Session, change: Change): void {
  const walk = (panels: readonly Panel[]): Panel[] =>
    panels.flatMap((panel) =>
      change(panel.panels ? { ...panel, panels: walk(panel.panels) } : panel),
    );
  session.change((now) => ({ ...now, panels: walk(now.panels) }));
}

/** The legend of one panel, or of all that have one. */
function legends(session: Session, id?: number): void {
  changePanels(session, (panel) => {
    const legend = panel.options?.legend as { showLegend?: boolean } | undefined;
    const isMeant = id === undefined ? legend !== undefined : panel.id === id;
    if (!isMeant || panel.type === "row") return [panel];
    const showLegend = legend?.showLegend === false;
    return [{ ...panel, options: { ...panel.options, legend: { ...legend, showLegend } } }];
  });
}

/** Exemplars of all queries of time series, on or off together. */
function exemplars(session: Session): void {
  const isOn = !allPanels(session.dashboard.peek().panels).some(hasExemplars);
  changePanels(session, (panel) => {
    if (panel.type !== "timeseries" || !panel.targets) return [panel];
    return [{ ...panel, targets: panel.targets.map((target) => ({ ...target, exemplar: isOn })) }];
  });
  toast(isOn ? "Exemplars are shown where there are some" : "Exemplars are left out", "info");
}

const hasExemplars = ({ targets = [] }: Panel): boolean =>
  targets.some((target) => target.exemplar === true);

function duplicate(session: Session, id: number): void {
  const { panels } = session.dashboard.peek();
  const ids = panels.flatMap((panel) => [panel.id, ...(panel.panels ?? []).map((one) => one.id)]);
  changePanels(session, (panel) => {
    if (panel.id !== id) return [panel];
    const { y, h } = panel.gridPos;
    const below = { ...panel.gridPos, y: y + h };
    return [panel, { ...panel, id: Math.max(...ids) + 1, gridPos: below }];
  });
}

function remove(session: Session, id: number): void {
  changePanels(session, (panel) => (panel.id === id ? [] : [panel]));
  toast("Panel removed; it stays in the saved dashboard until you save", "info");
}

function linkTo(viewPanel: string): string {
  const url = new URL(location.href);
  url.searchParams.set("viewPanel", viewPanel);
  return url.href;
}

/** As Grafana writes it, so that it can be pasted there. */
function copyRange(): void {
  void copy(JSON.stringify(rawRange.peek()), "Copied the range of time");
}

async function pasteRange(): Promise<void> {
  try {
    const { from, to } = JSON.parse(await navigator.clipboard.readText()) as Record<
      string,
      unknown
    >;
    if (typeof from !== "string" || typeof to !== "string" || !isTime(from) || !isTime(to))
      throw new Error("The clipboard holds no range of time");
    setRange(from, to);
  } catch (error) {
    toastError(
      error instanceof SyntaxError ? new Error("The clipboard holds no range of time") : error,
    );
  }
}
