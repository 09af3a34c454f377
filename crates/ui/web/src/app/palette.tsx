// The palette (ctrl+k, /): every page, dashboard, metric and alert by a few letters.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type RoutedAlert, routedAlerts } from "../api/alertmanager";
import { getData, getJson } from "../api/client";
import { labelValues } from "../api/prometheus";
import { classes } from "../components/button";
import { Icon, type IconName } from "../components/icon";
import { best, type Findable } from "./find";
import { useLoad } from "./load";
import { pages } from "./pages";
import { navigate } from "./route";
import { theme, type Theme } from "./theme";
import "./palette.css";

/** Something the palette leads to. */
export interface Entry extends Findable {
  readonly kind: "page" | "dashboard" | "metric" | "alert" | "rule" | "act";
  readonly note?: string;
  readonly run: () => void;
}

const ICONS: Record<Entry["kind"], IconName> = {
  page: "right",
  dashboard: "graph",
  metric: "table",
  alert: "bell",
  rule: "filter",
  act: "settings",
};

/** Rows shown at a time; typing more narrows them. */
const ROWS_MAX = 50;

export interface PaletteProps {
  readonly close: () => void;
}

export function Palette({ close }: PaletteProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const { data: asked = [] } = useLoad(loadEntries, []);
  const rows = best(typed, [...ownEntries(), ...asked], ROWS_MAX);
  const at = Math.min(active, Math.max(0, rows.length - 1));
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useEffect(() => {
    document.getElementById(`palette-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    entry.run();
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step) setActive(Math.max(0, Math.min(rows.length - 1, at + step)));
    else if (event.key === "Enter") run(rows[at]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label="Go to"
      onClose={close}
      onPointerDown={(event) => event.target === dialog.current && close()}
    >
      <div class="palette-field">
        <Icon name="search" />
        <input
          type="text"
          value={typed}
          placeholder="Page, dashboard, metric, alert"
          aria-label="Page, dashboard, metric or alert"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={rows.length > 0 ? `palette-${at}` : undefined}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={onKey}
        />
        <kbd>esc</kbd>
      </div>
      <ul id="palette-list" role="listbox" aria-label="Found">
        {rows.map((entry, index) => (
          <li
            key={index}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            class={classes(index === at && "active")}
            onPointerMove={() => setActive(index)}
            onClick={() => run(entry)}
          >
            <Icon name={ICONS[entry.kind]} />
            <span class="grow clip">{entry.name}</span>
            <small class="muted clip">{entry.note ?? entry.kind}</small>
          </li>
        ))}
        {rows.length === 0 && <li class="muted palette-none">Nothing has this name.</li>}
      </ul>
    </dialog>
  );
}

/** What is known without asking. */
function ownEntries(): Entry[] {
  const found = pages
    .filter((page) => page.place !== "none")
    .map<Entry>((page) => ({
      kind: "page",
      name: page.title,
      words: page.words ?? "",
      run: () => navigate(page.path),
    }));
  const themes: readonly (readonly [Theme, string])[] = [
    ["light", "Light theme"],
    ["dark", "Dark theme"],
    ["auto", "Theme of the system"],
  ];
  const acts = themes.map<Entry>(([value, name]) => ({
    kind: "act",
    name,
    note: "theme",
    run: () => {
      theme.value = value;
    },
  }));
  const ways: readonly (readonly [string, () => void])[] = [
    ["New silence", () => navigate("/silences/new")],
    ["Import a dashboard", () => navigate("/dashboards", { import: "1" })],
  ];
  const done = ways.map(([name, run]): Entry => ({ kind: "act", name, note: "do", run }));
  return [...found, ...done, ...acts];
}

interface DashboardList {
  readonly dashboards: readonly { readonly uid: string; readonly title: string }[];
}

interface RuleGroups {
  readonly groups: readonly {
    readonly rules: readonly { readonly name: string; readonly state?: string }[];
  }[];
}

/** What the server knows; a part that fails leaves the others. */
async function loadEntries(abort: AbortSignal): Promise<Entry[]> {
  const options = { signal: abort };
  const parts = await Promise.allSettled([
    getJson<DashboardList>("api/flyball/v1/dashboards", {}, options).then(dashboardEntries),
    routedAlerts([], options).then(alertEntries),
    getData<RuleGroups>("api/v1/rules", { type: "alert" }, options).then(ruleEntries),
    labelValues("__name__", {}, options).then(metricEntries),
  ]);
  return parts.flatMap((part) => (part.status === "fulfilled" ? part.value : []));
}

function dashboardEntries({ dashboards }: DashboardList): Entry[] {
  return dashboards.map(({ uid, title }) => ({
    kind: "dashboard",
    name: title,
    run: () => navigate(`/d/${encodeURIComponent(uid)}`),
  }));
}

/** Alerts of every origin: all of a name, and each by its labels. */
function alertEntries(alerts: readonly RoutedAlert[]): Entry[] {
  const byName = new Map<string, RoutedAlert[]>();
  for (const alert of alerts) {
    const name = alert.labels.alertname ?? "";
    byName.set(name, [...(byName.get(name) ?? []), alert]);
  }
  return [...byName].flatMap(([name, all]) => {
    const filter = `{alertname=${JSON.stringify(name)}}`;
    const each = all.map((alert): Entry => {
      const { alertname: _name, ...labels } = alert.labels;
      const note = Object.entries(labels)
        .map((pair) => pair.join("="))
        .join(" ");
      const run = () => navigate("/alerts", { filter, alert: alert.fingerprint });
      return { kind: "alert", name, note, words: note, run };
    });
    const whole: Entry = {
      kind: "alert",
      name,
      note: `${all.length.toLocaleString("en-US")} alerts`,
      run: () => navigate("/alerts", { filter }),
    };
    return all.length > 1 ? [whole, ...each] : each;
  });
}

/** Rules of alerts, whether they fire or not. */
function ruleEntries({ groups }: RuleGroups): Entry[] {
  const rules = groups.flatMap((group) => group.rules);
  const states = new Map(rules.map(({ name, state }) => [name, state]));
  return [...states].map(([name, state]) => ({
    kind: "rule",
    name,
    note: `rule, ${state ?? "not evaluated"}`,
    words: "alert",
    run: () => navigate("/rules", { search: name }),
  }));
}

function metricEntries(names: readonly string[]): Entry[] {
  return names.map((name) => ({
    kind: "metric",
    name,
    run: () => navigate("/explore", { "g0.expr": quoted(name), "g0.tab": "0" }),
  }));
}

/** A selector of a metric, also when its name has dots. */
function quoted(name: string): string {
  return /^[a-zA-Z_:][\w:]*$/.test(name) ? name : `{${JSON.stringify(name)}}`;
}
