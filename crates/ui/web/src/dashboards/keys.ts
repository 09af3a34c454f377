// The keys of a dashboard: Grafana's. Loaded after the dashboard, which is read before keys are pressed.

import type { Shortcut } from "../app/keys";
import { navigate, param, route, setParams } from "../app/route";
import { refresh } from "../app/time";
import { type Placed, viewName } from "./layout";
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
    { keys: "d k", does: "Kiosk mode", group, run: kiosk },
    {
      keys: "d e",
      does: "Edit the dashboard",
      group,
      run: () => setParams({ edit: session.isEditing.peek() ? null : "1" }),
    },
    { keys: "d s", does: "Settings", group, run: () => setParams({ editview: "settings" }) },
    { keys: "ctrl+s", does: "Save", group, run: () => save(session) },
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

function kiosk(): void {
  setParams({ kiosk: route.peek().params.has("kiosk") ? null : "1" });
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
