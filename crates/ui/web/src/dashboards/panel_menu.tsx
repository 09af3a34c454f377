// The menu of a panel: view, edit, explore, copy, inspect, share.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { href, navigate, setParams } from "../app/route";
import { rawRange } from "../app/time";
import { Icon } from "../components/icon";
import { Menu, type MenuItems } from "../components/menu";
import { copy } from "../components/toast";
import { curlOf } from "../panels/plan";
import { lazyPart } from "../components/lazy";
import type { Placed } from "./layout";
import { type Session, useSession } from "./session";
import type { PanelState } from "./use_panel";

const Inspector = lazyPart(() => import("./inspector").then((module) => module.Inspector));

export interface PanelMenuProps {
  placed: Placed;
  title: string;
  state: PanelState;
  alone: boolean;
}

export function PanelMenu({ placed, title, state, alone }: PanelMenuProps): JSX.Element {
  const session = useSession();
  const [inspected, setInspected] = useState(false);
  return (
    <span class="panel-menu no-print">
      <Menu
        label={`Menu of ${title || placed.panel.type}`}
        align="end"
        items={() => items(session, placed, state, alone, () => setInspected(true))}
      >
        <Icon name="more" />
      </Menu>
      {inspected && (
        <Inspector
          title={title}
          panel={placed.panel}
          state={state}
          onClose={() => setInspected(false)}
        />
      )}
    </span>
  );
}

/** The name of a placed panel in the address. */
export function viewName({ panel, repeat }: Placed): string {
  return repeat > 0 ? `panel-${panel.id}-clone-${repeat}` : String(panel.id);
}

/** Explore with the queries of a panel. */
export function exploreAddress(state: PanelState): string {
  const range = rawRange.peek();
  const queries = state.data?.plan.queries ?? [];
  const params = Object.fromEntries(queries.map((query, i) => [`g${i}.expr`, query.expr]));
  return href("/explore", { ...params, from: range.from, to: range.to });
}

function items(
  session: Session,
  placed: Placed,
  state: PanelState,
  alone: boolean,
  inspect: () => void,
): MenuItems {
  const { panel } = placed;
  const queries = state.data?.plan.queries ?? [];
  const view = (): void => setParams({ viewPanel: alone ? null : viewName(placed), series: null });
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
            run: () =>
              void copy(
                ruleOf(panel.title ?? "", queries[0]!.expr),
                "Copied a rule for a rule file",
              ),
          },
        ];
  const link: MenuItems = [
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

/** An alert rule to begin with, ready for a rule file. */
export function ruleOf(title: string, expr: string): string {
  const name =
    title.replace(/[^\w]+(\w?)/g, (_all, next: string) => next.toUpperCase()) || "NewAlert";
  const lines = expr
    .split("\n")
    .map((line) => `          ${line}`)
    .join("\n");
  return `groups:\n  - name: dashboards\n    rules:\n      - alert: ${name}\n        expr: |\n${lines}\n        for: 5m\n        labels:\n          severity: warning\n`;
}

/** Takes a panel out of the dashboard, also out of a row. */
export function removePanel(session: Session, id: number): void {
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
