// Lines, bars and areas over time with a legend: the chart of dashboards and Explore.
// Wraps `Plot`; fills its parent; is told which series are shown, and tells of clicks in the legend.
// Old lines stay, dimmed, while `loading`.

import "uplot/dist/uPlot.min.css";
import "./charts.css";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Legend } from "./Legend";
import type { ChartLegend, TimeChartModel } from "./model";
import { Plot } from "./plot";
import { prepare } from "./prepare";
import { slices } from "./slices";
import { summary } from "./summary";
import { chartTheme } from "./theme";

export interface TimeChartProps {
  model: TimeChartModel;
  /** What the chart shows, for people who do not see it. */
  label: string;
  /** Charts of one key share their crosshair. */
  syncKey?: string | undefined;
  loading?: boolean | undefined;
  /** Names of the only series to show; none means all. */
  isolated: readonly string[];
  onIsolate: (names: readonly string[]) => void;
  /** What a table of the legend is sorted by, as the address has it: `-Mean` is downwards. */
  sort?: string;
  onSort?: (sort: string) => void;
  onZoom?: ((fromMs: number, toMs: number) => void) | undefined;
  onZoomOut?: (() => void) | undefined;
  onAnnotate?: ((fromMs: number, toMs: number) => void) | undefined;
}

const NONE: ReadonlySet<string> = new Set();

export function TimeChart(props: TimeChartProps) {
  const { model, label, loading } = props;
  const { isolated, sort = "", onSort } = props;
  const only = isolated.join("\n");
  const hidden = useMemo(() => hiddenBy(model, isolated), [model, only]);
  const host = usePlot(props, hidden);
  const legend: ChartLegend = model.legend ?? { mode: "list" };
  const right = legend.placement === "right" && legend.mode !== "hidden";
  const names = useMemo(
    () =>
      legend.mode === "hidden" ? null : (
        <Legend
          model={model}
          legend={legend}
          hidden={hidden}
          isolated={isolated}
          onIsolate={props.onIsolate}
          sort={sort}
          onSort={onSort}
        />
      ),
    [legendKey(model, legend), hidden, only, sort],
  );
  return (
    <div class={right ? "chart chart-right" : "chart"} aria-busy={loading ? "true" : "false"}>
      <div
        ref={host}
        class="chart-plot"
        role="img"
        tabIndex={0}
        aria-label={summary(label, model)}
      />
      {names}
    </div>
  );
}

/** What a legend shows: names and colours; with calculations every value, too. */
function legendKey(model: TimeChartModel, legend: ChartLegend): TimeChartModel | string {
  if (legend.calcs?.length) return model;
  const rows = model.series.map(({ name, color, style, hideFrom }) => [
    name,
    color,
    style?.dash,
    hideFrom?.legend,
  ]);
  return JSON.stringify([rows, legend]);
}

function hiddenBy(model: TimeChartModel, isolated: readonly string[]): ReadonlySet<string> {
  const names = model.series.map((one) => one.name);
  if (!isolated.some((name) => names.includes(name))) return NONE;
  return new Set(names.filter((name) => !isolated.includes(name)));
}

function usePlot(props: TimeChartProps, hidden: ReadonlySet<string>) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>();
  const latest = useRef(props);
  latest.current = props;
  const theme = chartTheme.value;
  const shown = useRef({ hidden, theme });
  shown.current = { hidden, theme };
  useLayoutEffect(() => {
    const element = host.current!;
    const draw = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width < 20 || height < 20) return;
      if (plot.current) return plot.current.resize(width, height);
      const { model, syncKey } = latest.current;
      const { hidden: off, theme: painted } = shown.current;
      plot.current = new Plot(
        element,
        { model, prepared: prepare(model, off), theme: painted },
        { width, height },
        { events: () => latest.current, syncKey },
      );
    };
    const watcher = new ResizeObserver(() => slices.add(element, draw));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      slices.cancel(element);
      slices.cancel(plot);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [props.syncKey]);
  useLayoutEffect(() => {
    if (!plot.current) return;
    slices.add(plot, () => plot.current?.update(props.model, theme, hidden));
  }, [props.model, theme, hidden]);
  useEffect(() => {
    const element = host.current!;
    const begin = (): void =>
      void import("./chart_keys").then((keys) => keys.listenToKeys(element, plot, latest));
    element.addEventListener("focus", begin, { once: true });
    return () => element.removeEventListener("focus", begin);
  }, []);
  return host;
}
