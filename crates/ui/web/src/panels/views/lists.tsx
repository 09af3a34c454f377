// Panel types that list what the server knows: `alertlist`, `dashlist`; and `logs`, lines of frames.

import type { JSX } from "preact";
import { getJson } from "../../api/client";
import { alerts, type Alert } from "../../api/prometheus";
import { useLoad } from "../../app/load";
import { href } from "../../app/route";
import { refreshes } from "../../app/time";
import { formatDate, fromNow } from "../../format/dates";
import { labelsText } from "../frame";
import { NoValue } from "./parts";
import { optionsOf, type ViewProps } from "./props";

const ROWS_MAX = 200;

interface AlertOptions {
  maxItems: number;
  alertName: string;
  alertInstanceLabelFilter: string;
  stateFilter: { firing?: boolean; pending?: boolean };
}

export function AlertListView({ panel, look, fill }: ViewProps): JSX.Element {
  const options = optionsOf<AlertOptions>(panel);
  const { data, error } = useLoad((signal) => alerts({ signal }), [refreshes.value]);
  if (error && !data) return <NoValue text={error.message} />;
  if (!data) return <NoValue text="Loading…" />;
  const shown = chosenAlerts(data, { ...options, alertName: fill(options.alertName ?? "") }).slice(
    0,
    options.maxItems ?? ROWS_MAX,
  );
  if (shown.length === 0) return <NoValue text="No alerts" />;
  return (
    <ul class="list-panel">
      {shown.map((alert, i) => (
        <li key={i}>
          <span class={alert.state === "firing" ? "badge bad" : "badge warn"}>{alert.state}</span>
          <a
            href={href("/alerts", {
              filter: `{alertname=${JSON.stringify(alert.labels.alertname ?? "")}}`,
            })}
          >
            {alert.labels.alertname}
          </a>
          <span class="clip muted">{labelsText(withoutName(alert.labels))}</span>
          <time class="muted" dateTime={alert.activeAt}>
            {fromNow(Date.parse(alert.activeAt), look.units.nowMs)}
          </time>
        </li>
      ))}
    </ul>
  );
}

function withoutName({
  alertname: _name,
  ...labels
}: Readonly<Record<string, string>>): Record<string, string> {
  return labels as Record<string, string>;
}

/** Firing ones first; filtered by state, name and labels as the panel says. */
export function chosenAlerts(all: readonly Alert[], options: Partial<AlertOptions>): Alert[] {
  const { stateFilter = {}, alertName = "", alertInstanceLabelFilter = "" } = options;
  const wanted = [...alertInstanceLabelFilter.matchAll(/(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"/g)];
  return all
    .filter((alert) => {
      if (alert.state === "firing" ? stateFilter.firing === false : stateFilter.pending === false)
        return false;
      if (!(alert.labels.alertname ?? "").toLowerCase().includes(alertName.toLowerCase()))
        return false;
      return wanted.every(([, name, op, value]) => {
        const label = alert.labels[name!] ?? "";
        const equal = op!.includes("~")
          ? new RegExp(`^(?:${value})$`).test(label)
          : label === value;
        return op!.startsWith("!") ? !equal : equal;
      });
    })
    .sort((a, b) =>
      a.state === b.state ? (a.activeAt < b.activeAt ? 1 : -1) : a.state === "firing" ? -1 : 1,
    );
}

interface DashOptions {
  query: string;
  tags: string[];
  showStarred: boolean;
  showSearch: boolean;
  showHeadings: boolean;
  maxItems: number;
  folderUID: string;
}

interface DashboardItem {
  uid: string;
  title: string;
  folderTitle: string;
  tags: string[];
  starred: boolean;
}

export function DashListView({ panel }: ViewProps): JSX.Element {
  const options = optionsOf<DashOptions>(panel);
  const { data, error } = useLoad(
    (signal) =>
      getJson<{ dashboards: DashboardItem[] }>(
        "api/flyball/v1/dashboards",
        { query: options.query, tag: options.tags },
        { signal },
      ),
    [refreshes.value],
  );
  if (error && !data) return <NoValue text={error.message} />;
  if (!data) return <NoValue text="Loading…" />;
  const most = options.maxItems ?? 30;
  const starred = data.dashboards.filter((one) => one.starred);
  const found = options.showSearch === false && options.showStarred ? [] : data.dashboards;
  return (
    <div class="list-panel">
      {options.showStarred !== false && starred.length > 0 && (
        <DashGroup
          title={options.showHeadings === false ? "" : "Starred"}
          items={starred.slice(0, most)}
        />
      )}
      {found.length > 0 && (
        <DashGroup
          title={options.showHeadings === false ? "" : "Dashboards"}
          items={found.slice(0, most)}
        />
      )}
      {found.length + starred.length === 0 && <NoValue text="No dashboards" />}
    </div>
  );
}

function DashGroup({
  title,
  items,
}: {
  title: string;
  items: readonly DashboardItem[];
}): JSX.Element {
  return (
    <section>
      {title && <h4>{title}</h4>}
      <ul>
        {items.map((one) => (
          <li key={one.uid}>
            <a href={href(`/d/${encodeURIComponent(one.uid)}`)}>{one.title}</a>{" "}
            <span class="muted">{one.folderTitle}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface LogOptions {
  showTime: boolean;
  showLabels: boolean;
  wrapLogMessage: boolean;
  sortOrder: string;
}

export function LogsView({ panel, frames, look, title }: ViewProps): JSX.Element {
  const options = optionsOf<LogOptions>(panel);
  const lines = frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === "time");
    const body =
      frame.fields.find((field) => field.type === "string") ??
      frame.fields.find((field) => field !== time);
    return body
      ? body.values.map((value, i) => ({
          ms: Number(time?.values[i] ?? Number.NaN),
          text: String(value ?? ""),
          labels: labelsText(body.labels),
        }))
      : [];
  });
  if (lines.length === 0) return <NoValue text="No log lines: logs are not stored here yet" />;
  lines.sort((a, b) => (options.sortOrder === "Ascending" ? a.ms - b.ms : b.ms - a.ms));
  return (
    <ol
      class={options.wrapLogMessage ? "logs logs-wrapped" : "logs"}
      tabIndex={0}
      aria-label={title || "Log lines"}
    >
      {lines.slice(0, ROWS_MAX * 5).map((line, i) => (
        <li key={i}>
          {options.showTime !== false && Number.isFinite(line.ms) && (
            <time>{formatDate(line.ms, "YYYY-MM-DD HH:mm:ss.SSS", look.units.zone)}</time>
          )}
          {options.showLabels && <span class="muted">{line.labels}</span>}
          <span>{line.text}</span>
        </li>
      ))}
    </ol>
  );
}
