// The legend of a chart: a list of names, or a table with calculations that sorts.
// A click shows that series alone (again: all), ctrl-click adds or takes one.
// Belongs to `TimeChart`.

import { useMemo } from "preact/hooks";
import { keepsUnit, reduce, reducerName } from "../panels/reduce";
import { clicked } from "./isolate";
import type { ChartLegend, ChartSeries, TimeChartModel } from "./model";

export interface LegendProps {
  model: TimeChartModel;
  legend: ChartLegend;
  hidden: ReadonlySet<string>;
  isolated: readonly string[];
  onIsolate: (names: readonly string[]) => void;
  /** `-Mean`; empty: as the legend has it. */
  sort: string;
  onSort: ((sort: string) => void) | undefined;
}

const ROWS_MAX = 500;

export function Legend(props: LegendProps) {
  const { model, legend, hidden, isolated, onIsolate } = props;
  const series = model.series.filter((one) => !one.hideFrom?.legend);
  const names = series.map((one) => one.name);
  const pick = (name: string, event: MouseEvent): void =>
    onIsolate(clicked(names, isolated, name, event.ctrlKey || event.metaKey || event.shiftKey));
  if (series.length === 0) return null;
  const shared = { series: series.slice(0, ROWS_MAX), hidden, pick };
  return legend.mode === "table" ? (
    <LegendTable {...shared} legend={legend} sort={props.sort} onSort={props.onSort} />
  ) : (
    <LegendList {...shared} legend={legend} />
  );
}

interface RowsProps {
  series: readonly ChartSeries[];
  legend: ChartLegend;
  hidden: ReadonlySet<string>;
  pick: (name: string, event: MouseEvent) => void;
}

function LegendList({ series, legend, hidden, pick }: RowsProps) {
  return (
    <ul class="chart-legend chart-legend-list">
      {series.map((one) => (
        <li key={one.name}>
          <Name series={one} off={hidden.has(one.name)} pick={pick} />
          {(legend.calcs ?? []).map((calc) => (
            <span key={calc} class="chart-legend-calc">
              <span>{reducerName(calc)}:</span> {calcText(one, calc)}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

interface TableProps extends RowsProps {
  sort: string;
  onSort: ((sort: string) => void) | undefined;
}

function LegendTable({ series, legend, hidden, pick, sort: asked, onSort }: TableProps) {
  const calcs = legend.calcs ?? [];
  const sort =
    asked === ""
      ? { by: legend.sortBy ?? "", down: legend.sortDesc ?? true }
      : { by: asked.replace(/^-/, ""), down: asked.startsWith("-") };
  const rows = useMemo(
    () => sorted(series, calcs, sort),
    [series, calcs.join(), sort.by, sort.down],
  );
  const order = (by: string): void => onSort?.(sort.by === by && sort.down ? by : `-${by}`);
  const direction = (by: string) =>
    sort.by !== by ? "none" : sort.down ? "descending" : "ascending";
  return (
    <div class="chart-legend chart-legend-table" tabIndex={0} role="region" aria-label="Legend">
      <table>
        <thead>
          <tr>
            <th scope="col" aria-sort={direction("Name")}>
              <button type="button" onClick={() => order("Name")}>
                Name
              </button>
            </th>
            {calcs.map((calc) => (
              <th key={calc} scope="col" class="num" aria-sort={direction(reducerName(calc))}>
                <button type="button" onClick={() => order(reducerName(calc))}>
                  {reducerName(calc)}
                  {sort.by === reducerName(calc) ? (sort.down ? " ▾" : " ▴") : ""}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.name}>
              <td>
                <Name series={one} off={hidden.has(one.name)} pick={pick} />
              </td>
              {calcs.map((calc) => (
                <td key={calc} class="num">
                  {calcText(one, calc)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Name({
  series,
  off,
  pick,
}: {
  series: ChartSeries;
  off: boolean;
  pick: RowsProps["pick"];
}) {
  const kind = series.style?.dash?.length ? "chart-swatch chart-swatch-dash" : "chart-swatch";
  return (
    <button
      type="button"
      class="chart-legend-name"
      aria-pressed={!off}
      title={series.name}
      onClick={(event) => pick(series.name, event)}
    >
      <i
        class={kind}
        style={{ backgroundColor: off ? "transparent" : series.color, borderColor: series.color }}
      />
      <span>{series.name}</span>
    </button>
  );
}

/** A calculation over a series, in its unit. */
export function calcText(series: ChartSeries, calc: string): string {
  const value = reduce(calc, series.values);
  if (typeof value !== "number") return value === null || value === undefined ? "–" : String(value);
  if (calc === "diffperc") return `${(value * 100).toFixed(1)}%`;
  return keepsUnit(calc) && series.format ? series.format(value) : String(value);
}

function sorted(
  series: readonly ChartSeries[],
  calcs: readonly string[],
  sort: { by: string; down: boolean },
): readonly ChartSeries[] {
  const sign = sort.down ? -1 : 1;
  if (sort.by === "Name") return [...series].sort((a, b) => sign * (a.name < b.name ? -1 : 1));
  const calc = calcs.find((id) => reducerName(id) === sort.by || id === sort.by);
  if (!calc) return series;
  const value = (one: ChartSeries): number => {
    const result = reduce(calc, one.values);
    return typeof result === "number" && !Number.isNaN(result) ? result : Number.NEGATIVE_INFINITY;
  };
  return series
    .map((one) => ({ one, at: value(one) }))
    .sort((a, b) => sign * (a.at - b.at))
    .map(({ one }) => one);
}
