// The answer over time as lines, with what it is compared with and exemplars.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { setRange, timeRange, zone, zoomed } from "../../app/time";
import type { TimeChartModel } from "../../charts/model";
import { chartTheme } from "../../charts/theme";
import { TimeChart } from "../../charts/TimeChart";
import { Button } from "../../components/button";
import { Empty } from "../../components/state";
import { formatValue } from "../../format/units";
import { Labels } from "../parts/labels";
import { linesOf, type RangeAnswer, sharedLabels } from "./ask";
import type { Question } from "./state";
import { guessUnit } from "./unit";

/** Lines that are drawn before somebody asks for more. */
const LINES_FIRST = 100;
const LINES_MAX = 1000;

export interface GraphProps {
  readonly answer: RangeAnswer;
  readonly question: Question;
  readonly isLoading: boolean;
  readonly onKeep: (patch: Partial<Question>) => void;
}

export function Graph({ answer, question, isLoading, onKeep }: GraphProps): JSX.Element {
  const linesMax = question.hasAllLines ? LINES_MAX : LINES_FIRST;
  const theme = chartTheme.value;
  const shown = zone.value;
  const model = useMemo(() => {
    const series = linesOf(answer, question, theme, linesMax);
    return modelOf(series, answer, question, shown);
  }, [answer, question, theme, linesMax, shown]);
  const shared = useMemo(() => sharedLabels(answer.now.data.result), [answer]);
  const count = answer.now.data.result.length;
  if (count === 0 && !answer.before?.series.length) {
    return (
      <Empty title="No series in this range.">
        Widen the range, or look whether the metric exists in the metric browser.
      </Empty>
    );
  }
  const onlyHistograms = answer.now.data.result.every((one) => !one.values?.length);
  if (onlyHistograms)
    return (
      <Empty title="These are native histograms.">
        The heatmap shows them; histogram_quantile() makes lines of them.
      </Empty>
    );
  return (
    <div class="stack">
      {count > linesMax && (
        <div class="notice line">
          The first {linesMax} of {count.toLocaleString("en-US")} series are drawn.
          {linesMax < LINES_MAX && (
            <Button look="quiet" onClick={() => onKeep({ hasAllLines: true })}>
              Draw {Math.min(count, LINES_MAX)}
            </Button>
          )}
          <span class="muted">topk(10, …) keeps the largest.</span>
        </div>
      )}
      {Object.keys(shared).length > 0 && (
        <div class="muted explore-shared">
          all have <Labels labels={shared} />
        </div>
      )}
      <div class="explore-graph">
        <TimeChart
          model={model}
          label={question.expr}
          syncKey="explore"
          loading={isLoading}
          isolated={question.series}
          onIsolate={(series) => onKeep({ series })}
          sort={question.legend}
          onSort={(legend) => onKeep({ legend })}
          onZoom={setRange}
          onZoomOut={() => {
            const { fromMs, toMs } = zoomed(timeRange.value, 2);
            setRange(fromMs, toMs);
          }}
        />
      </div>
    </div>
  );
}

function modelOf(
  series: TimeChartModel["series"],
  answer: RangeAnswer,
  question: Question,
  shownZone: string,
): TimeChartModel {
  const unit = guessUnit(question.expr);
  const format = (value: number) => valueText(value, unit);
  return {
    series: series.map((one) => ({ ...one, format })),
    fromMs: answer.range.fromMs,
    toMs: answer.range.toMs,
    zone: shownZone,
    exemplars: answer.exemplars,
    axes: {
      y: {
        side: "left",
        format: (value, decimals) => valueText(value, unit, decimals),
        zeroBased: question.isStacked,
      },
    },
    legend: { mode: "table", calcs: ["last", "min", "mean", "max"] },
    tooltip: { mode: series.length > 12 ? "single" : "multi", sort: "desc" },
  };
}

/** Four digits tell enough where nobody asked for more; exact values stand in the table. */
function valueText(value: number, unit: string, decimals?: number): string {
  const size = Math.abs(value);
  const rounded = decimals === undefined && size < 1e15 ? Number(value.toPrecision(4)) : value;
  return size > 0 && size < 1e-4 && unit === "short"
    ? rounded.toExponential(2)
    : formatValue(rounded, unit, decimals);
}
