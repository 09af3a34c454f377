// A small chart of one of the server's own figures over the last hour.

import type { JSX } from "preact";
import { queryRange } from "../../api/prometheus";
import { useLoad } from "../../app/load";
import { href, route, setParams } from "../../app/route";
import { zone } from "../../app/time";
import type { TimeChartModel } from "../../charts/model";
import { chartTheme, paletteColor } from "../../charts/theme";
import { TimeChart } from "../../charts/TimeChart";
import { Loading, Problem } from "../../components/state";
import { formatValue, isBinaryUnit } from "../../format/units";

const LENGTH_S = 3600;
const STEP_S = 15;

export interface RecentChartProps {
  readonly title: string;
  readonly query: string;
  readonly unit: string;
}

export function RecentChart({ title, query, unit }: RecentChartProps): JSX.Element {
  const { data, error, isLoading, reload } = useLoad(
    async (signal) => {
      const end = Math.floor(Date.now() / 1000 / STEP_S) * STEP_S;
      const answer = await queryRange(
        { query, start: end - LENGTH_S, end, step: STEP_S },
        { signal },
      );
      return { end, series: answer.data.result };
    },
    [query],
    { everyMs: STEP_S * 1000 },
  );
  const chosen = `series-${title.toLowerCase().replaceAll(" ", "-")}`;
  const theme = chartTheme.value;
  const model: TimeChartModel | undefined = data && {
    fromMs: (data.end - LENGTH_S) * 1000,
    toMs: data.end * 1000,
    zone: zone.value,
    axes: {
      y: {
        side: "left",
        zeroBased: true,
        binary: isBinaryUnit(unit),
        format: (value, decimals) => formatValue(value, unit, decimals),
      },
    },
    series: data.series.map(({ metric, values = [] }, at) => ({
      name:
        Object.entries(metric)
          .filter(([name]) => name !== "job" && name !== "instance")
          .map(([, value]) => value)
          .join(" ") || title,
      color: paletteColor(at, theme),
      times: values.map(([seconds]) => seconds * 1000),
      values: values.map(([, text]) => Number(text)),
      style: { fillOpacity: 10 },
    })),
    legend: { mode: data.series.length > 1 ? "list" : "hidden" },
  };
  return (
    <section class="card">
      <h2>
        <a href={href("/explore", { "g0.expr": query })}>{title}</a>
      </h2>
      {error && <Problem isSlim error={error} onRetry={reload} />}
      {model ? (
        <div class="recent-chart">
          <TimeChart
            model={model}
            label={title}
            syncKey="recent"
            loading={isLoading && !data}
            isolated={route.value.params.getAll(chosen)}
            onIsolate={(series) => setParams({ [chosen]: series }, { replace: true })}
            sort=""
            onSort={() => undefined}
          />
        </div>
      ) : (
        !error && <Loading />
      )}
    </section>
  );
}
