// The metrics there are, with type and help; the labels of one and their values. Picks build selectors.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { labelValues, type Labels, metadata, type Metadata, series } from "../../api/prometheus";
import { useLoad } from "../../app/load";
import { param, route, setParams } from "../../app/route";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Search } from "../../components/field";
import { Empty, Loading, Problem } from "../../components/state";
import { VirtualList } from "../../components/virtual";
import { hasWords } from "../parts/page_head";

export interface BrowserProps {
  readonly onPick: (expr: string) => void;
  readonly onClose: () => void;
}

/** The address without a metric browser. */
export const NOTHING_BROWSED = {
  "browse": null,
  "browse.search": null,
  "browse.metric": null,
  "browse.label": null,
} as const;

/** The labels chosen of the metric, in the address as `browse.label=name=value`. */
function chosenLabels(): Labels {
  const pairs = route.value.params.getAll("browse.label").map((text): [string, string] => {
    const at = text.indexOf("=");
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** Above and below the list of metrics. */
const LIST_TOP_PX = 150;

/** Series that are looked at for the labels of a metric. */
const SERIES_MAX = 5000;
/** Values of a label that are listed. */
const VALUES_MAX = 200;

export function MetricBrowser({ onPick, onClose }: BrowserProps): JSX.Element {
  const search = param("browse.search");
  const metric = param("browse.metric");
  const setSearch = (text: string) => setParams({ "browse.search": text }, { replace: true });
  const setMetric = (name: string) =>
    setParams({ "browse.metric": name, "browse.label": null }, { replace: true });
  const { data, error, reload } = useLoad(async (signal) => {
    const [names, about] = await Promise.all([
      labelValues("__name__", {}, { signal }),
      metadata(undefined, { signal }),
    ]);
    return { names, about };
  }, []);
  const found = useMemo(
    () =>
      (data?.names ?? []).filter((name) =>
        hasWords(`${name} ${aboutOf(name, data?.about)?.help ?? ""}`, search),
      ),
    [data, search],
  );
  return (
    <Dialog title="Metrics" size="large" isDrawer onClose={onClose}>
      <div class="metric-browser">
        <div class="stack">
          <Search value={search} onInput={setSearch} label="Search names and help" />
          {error && <Problem error={error} onRetry={reload} />}
          {!data && !error && <Loading what="metrics" />}
          {data && (
            <small class="muted">
              {found.length.toLocaleString("en-US")} of {data.names.length.toLocaleString("en-US")}{" "}
              metrics
            </small>
          )}
          {data && found.length === 0 && <Empty title="No metric has these words." />}
          <VirtualList
            rows={found}
            rowPx={38}
            heightPx={Math.max(320, innerHeight - LIST_TOP_PX)}
            label="Metrics"
            keyOf={(name) => name}
            render={(name) => (
              <button
                type="button"
                class="browser-metric"
                aria-pressed={name === metric}
                onClick={() => setMetric(name)}
                onDblClick={() => onPick(name)}
              >
                <span class="mono clip">{name}</span>
                <small class="muted clip">{aboutLine(aboutOf(name, data?.about))}</small>
              </button>
            )}
          />
        </div>
        {metric ? (
          <MetricLabels
            key={metric}
            metric={metric}
            about={aboutOf(metric, data?.about)}
            onPick={onPick}
          />
        ) : (
          <Empty title="Choose a metric." icon="left">
            Its labels and their values stand here.
          </Empty>
        )}
      </div>
    </Dialog>
  );
}

function aboutOf(
  name: string,
  about: Record<string, Metadata[]> | undefined,
): Metadata | undefined {
  return about?.[name]?.[0] ?? about?.[name.replace(/_(total|bucket|sum|count)$/, "")]?.[0];
}

function aboutLine(about: Metadata | undefined): string {
  return about ? `${about.type}: ${about.help}` : "no help";
}

interface MetricLabelsProps {
  readonly metric: string;
  readonly about: Metadata | undefined;
  readonly onPick: (expr: string) => void;
}

function MetricLabels({ metric, about, onPick }: MetricLabelsProps): JSX.Element {
  const chosen = chosenLabels();
  const { data, error, reload } = useLoad(
    (signal) =>
      series({ match: [metric], limit: SERIES_MAX, start: Date.now() / 1000 - 3600 }, { signal }),
    [metric],
  );
  if (!data) return error ? <Problem error={error} onRetry={reload} /> : <Loading what="labels" />;
  const matching = data.filter((labels) =>
    Object.entries(chosen).every(([name, value]) => labels[name] === value),
  );
  const pairs = Object.entries(chosen).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const selector = `${metric}${pairs.length > 0 ? `{${pairs.join(", ")}}` : ""}`;
  const isCounter = about?.type === "counter" || /_(total|bucket|sum|count)$/.test(metric);
  const toggle = (name: string, value: string) => {
    const { [name]: old, ...others } = chosen;
    const next = old === value ? others : { ...others, [name]: value };
    const pairsOfNext = Object.entries(next).map((pair) => pair.join("="));
    setParams({ "browse.label": pairsOfNext }, { replace: true });
  };
  return (
    <div class="stack browser-labels">
      <div>
        <strong class="mono">{selector}</strong>
        <p class="muted">
          {aboutLine(about).replace(/\.$/, "")}. {matching.length.toLocaleString("en-US")} series in
          the last hour
          {data.length >= SERIES_MAX ? " and more" : ""}.
        </p>
      </div>
      <div class="line">
        <Button look="primary" onClick={() => onPick(selector)}>
          Use
        </Button>
        {isCounter && <Button onClick={() => onPick(`rate(${selector}[5m])`)}>Use its rate</Button>}
      </div>
      {namesOf(data).map((name) => (
        <section key={name}>
          <h3>{name}</h3>
          <div class="browser-values">
            {valuesOf(data, matching, name, chosen).map(([value, count]) => (
              <button
                key={value}
                type="button"
                class="button"
                aria-pressed={chosen[name] === value}
                onClick={() => toggle(name, value)}
              >
                {value || "(empty)"}
                <small class="muted">{count}</small>
              </button>
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}

function namesOf(all: readonly Labels[]): string[] {
  return [...new Set(all.flatMap((labels) => Object.keys(labels)))]
    .filter((name) => name !== "__name__")
    .sort();
}

/** The values of a label with their series, the most first; those of the chosen label stay listed. */
function valuesOf(
  all: readonly Labels[],
  matching: readonly Labels[],
  name: string,
  chosen: Labels,
): [string, number][] {
  const counts = new Map<string, number>();
  for (const labels of chosen[name] === undefined ? matching : all) {
    const value = labels[name];
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, VALUES_MAX);
}
