// What the menus of a dashboard and of its panels do; loaded when one of them is opened.

import { href, navigate, param, setParams } from "../app/route";
import { rawRange, timeRange } from "../app/time";
import type { MenuItems } from "../components/menu";
import { copy, toast, toastError } from "../components/toast";
import { curlOf } from "../panels/plan";
import { deleteDashboard, exportPath } from "./api";
import type { Opened } from "./head";
import { type Placed, viewName } from "./layout";
import type { Session } from "./session";
import type { PanelState } from "./use_panel";

/** Explore with the queries of a panel. */
function exploreAddress(state: PanelState): string {
  const range = rawRange.peek();
  const queries = state.data?.plan.queries ?? [];
  const params = Object.fromEntries(queries.map((query, i) => [`g${i}.expr`, query.expr]));
  return href("/explore", { ...params, from: range.from, to: range.to });
}

/** What can be done with a panel. */
export function panelItems(
  session: Session,
  placed: Placed,
  state: PanelState,
  alone: boolean,
  inspect: () => void,
): MenuItems {
  const { panel } = placed;
  const queries = state.data?.plan.queries ?? [];
  const view = (): void => setParams({ viewPanel: alone ? null : viewName(placed) });
  const base: MenuItems = [
    { label: alone ? "Back to dashboard" : "View", icon: "expand", keys: "v", run: view },
    {
      label: "Edit",
      icon: "edit",
      keys: "e",
      run: () => setParams({ editPanel: String(panel.id) }),
    },
  ];
  const data: MenuItems =
    queries.length === 0
      ? []
      : [
          { label: "Explore", icon: "graph", keys: "x", run: () => goTo(exploreAddress(state)) },
          { label: "Inspect data", icon: "table", keys: "i", run: inspect },
          "line",
          {
            label: "Copy as PromQL",
            icon: "copy",
            run: () => void copy(queries.map((query) => query.expr).join("\n\n")),
          },
          {
            label: "Copy as curl",
            icon: "copy",
            run: () =>
              void copy(queries.map((query) => curlOf(query, document.baseURI)).join("\n\n")),
          },
          {
            label: "Make an alert rule",
            icon: "bell",
            run: () => navigate("/explore", { "g0.expr": queries[0]!.expr, "over": "rule-0" }),
          },
        ];
  const { toMs } = timeRange.peek();
  const link: MenuItems = [
    {
      label: "Annotate",
      icon: "edit",
      run: () => setParams({ annotate: `${toMs},${toMs},${panel.id}` }),
    },
    { label: "Copy link to panel", icon: "link", run: () => void copy(linkTo(placed)) },
  ];
  const remove: MenuItems = session.isEditing.peek()
    ? [
        "line",
        {
          label: "Remove",
          icon: "trash",
          isDanger: true,
          run: () => removePanel(session, panel.id),
        },
      ]
    : [];
  return [...base, ...data, ...link, ...remove];
}

function goTo(address: string): void {
  const url = new URL(address, document.baseURI);
  navigate("/explore", url.searchParams);
}

function linkTo(placed: Placed): string {
  const url = new URL(location.href);
  url.searchParams.set("viewPanel", viewName(placed));
  return url.href;
}

/** Takes a panel out of the dashboard, also out of a row. */
function removePanel(session: Session, id: number): void {
  session.change((dashboard) => ({
    ...dashboard,
    panels: dashboard.panels
      .filter((panel) => panel.id !== id)
      .map((panel) =>
        panel.panels
          ? { ...panel, panels: panel.panels.filter((inner) => inner.id !== id) }
          : panel,
      ),
  }));
}

/** What can be done with a dashboard. */
export function dashboardItems(session: Session, open: (what: Opened) => void): MenuItems {
  const meta = session.meta.peek();
  const removal: MenuItems =
    meta.provisioned || meta.builtin
      ? []
      : [
          "line",
          {
            label: "Delete",
            icon: "trash",
            isDanger: true,
            run: () => {
              if (
                !confirm(
                  `Delete the dashboard "${session.dashboard.peek().title}" and its versions?`,
                )
              )
                return;
              deleteDashboard(meta.uid).then(() => navigate("/dashboards"), toastError);
            },
          },
        ];
  return [
    { label: "Settings and variables", icon: "settings", run: () => open("settings") },
    { label: "Versions", icon: "clock", run: () => open("versions") },
    { label: "Save a copy", icon: "copy", run: () => open("copy") },
    {
      label: "Copy JSON",
      icon: "copy",
      run: () => void copy(JSON.stringify(session.dashboard.peek(), null, 2)),
    },
    {
      label: "Export for Grafana",
      icon: "download",
      href: new URL(exportPath(meta.uid), document.baseURI).href,
    },
    { label: "Kiosk mode", icon: "expand", keys: "d k", run: () => setParams({ kiosk: "1" }) },
    { label: "Reload variables", icon: "refresh", run: () => session.variables.peek().reload() },
    ...removal,
  ];
}

/** A new panel at the top, opened in the editor. */
export function addPanel(session: Session): void {
  const panels = session.dashboard.peek().panels;
  const ids = panels.flatMap((panel) => [
    panel.id,
    ...(panel.panels ?? []).map((inner) => inner.id),
  ]);
  const id = Math.max(0, ...ids) + 1;
  session.change((dashboard) => ({
    ...dashboard,
    panels: [
      {
        id,
        type: "timeseries",
        title: "New panel",
        gridPos: { x: 0, y: 0, w: 12, h: 8 },
        targets: [{ refId: "A", expr: param("expr") || "up" }],
        fieldConfig: { defaults: {}, overrides: [] },
        options: {},
      },
      ...dashboard.panels.map((panel) => ({
        ...panel,
        gridPos: { ...panel.gridPos, y: panel.gridPos.y + 8 },
      })),
    ],
  }));
  toast("Panel added", "good");
  setParams({ editPanel: String(id) });
}
