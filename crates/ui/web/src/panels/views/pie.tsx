// Panel type `piechart`: shares of a whole, as a pie or a ring, with a legend that tells the values.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { inkOn } from "../../charts/colors";
import { clicked } from "../../charts/isolate";
import { fixed } from "../../format/decimals";
import { type ReducedValue, reducedValues, type ReduceOptions } from "../reduced";
import { seriesColor } from "../thresholds";
import { NoValue } from "./parts";
import { optionsOf, type ViewProps } from "./props";

interface Options {
  reduceOptions: ReduceOptions;
  pieType: string;
  displayLabels: string[];
  legend: { showLegend?: boolean; displayMode?: string; placement?: string; values?: string[] };
}

interface Slice extends ReducedValue {
  number: number;
  from: number;
  to: number;
}

const RADIUS = 96;

/** Slices from the largest value down; what is zero or less has no share. */
export function slicesOf(values: readonly ReducedValue[]): Slice[] {
  const positive = values.map((value) => ({
    ...value,
    number: Math.max(0, value.shown.number ?? 0),
  }));
  const total = positive.reduce((sum, value) => sum + value.number, 0) || 1;
  let at = 0;
  return positive
    .sort((a, b) => b.number - a.number)
    .map((value) => {
      const from = at;
      at += value.number / total;
      return { ...value, from, to: at };
    });
}

export function PieView(props: ViewProps): JSX.Element {
  const { panel, frames, look } = props;
  const options = optionsOf<Options>(panel);
  const values = useMemo(
    () =>
      reducedValues(frames, options.reduceOptions, look).map((value, i) => ({
        ...value,
        color: value.shown.mapped
          ? value.color
          : seriesColor(
              value.field.config,
              options.reduceOptions?.values ? i : (value.field.seriesIndex ?? i),
              look.theme,
              value.shown.number,
            ),
      })),
    [frames, panel.options, look],
  );
  const names = values.map(({ name }) => name);
  const isolated = props.chosen.series.filter((name) => names.includes(name));
  const hidden = isolated.length === 0 ? [] : names.filter((name) => !isolated.includes(name));
  const slices = slicesOf(values.filter((value) => !hidden.includes(value.name)));
  if (values.length === 0) return <NoValue text={panel.fieldConfig?.defaults.noValue} />;
  const pick = (name: string, event: MouseEvent): void => {
    const add = event.ctrlKey || event.metaKey || event.shiftKey;
    props.choose({ series: clicked(names, isolated, name, add) });
  };
  const hole = options.pieType === "donut" ? RADIUS * 0.62 : 0;
  const summary = slices.map((slice) => `${slice.name} ${slice.shown.text}`).join(", ");
  return (
    <div class={options.legend?.placement === "right" ? "pie pie-right" : "pie"}>
      <svg viewBox="-100 -100 200 200" role="img" aria-label={`${props.title}: ${summary}`}>
        {slices.map((slice) => (
          <SliceShape
            key={slice.name}
            slice={slice}
            hole={hole}
            labels={options.displayLabels ?? []}
            ground={look.theme.surface}
          />
        ))}
      </svg>
      {options.legend?.showLegend !== false && options.legend?.displayMode !== "hidden" && (
        <PieLegend
          values={values}
          slices={slices}
          hidden={hidden}
          pick={pick}
          show={options.legend?.values ?? []}
        />
      )}
    </div>
  );
}

const at = (share: number, radius: number): string => {
  const angle = share * 2 * Math.PI - Math.PI / 2;
  return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
};

function shape({ from, to }: Slice, hole: number): string {
  const end = to - from > 0.9999 ? from + 0.9999 : to;
  const large = end - from > 0.5 ? 1 : 0;
  const outer = `M${at(from, RADIUS)}A${RADIUS} ${RADIUS} 0 ${large} 1 ${at(end, RADIUS)}`;
  return hole === 0
    ? `${outer}L0 0Z`
    : `${outer}L${at(end, hole)}A${hole} ${hole} 0 ${large} 0 ${at(from, hole)}Z`;
}

const percent = (slice: Slice): string => `${fixed((slice.to - slice.from) * 100, 0)}%`;

/** What of a text fits into a slice of this share. */
function shortened(text: string, share: number): string {
  const most = Math.max(4, Math.floor(Math.min(share * 2 * Math.PI * RADIUS, RADIUS) / 6));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function SliceShape({
  slice,
  hole,
  labels,
  ground,
}: {
  slice: Slice;
  hole: number;
  labels: readonly string[];
  ground: string;
}): JSX.Element {
  const middle = at(
    (slice.from + slice.to) / 2,
    hole === 0 ? RADIUS * 0.66 : (RADIUS + hole) / 2,
  ).split(" ");
  const text = labels.map((label) =>
    label === "name" ? slice.name : label === "percent" ? percent(slice) : slice.shown.text,
  );
  return (
    <g>
      <path d={shape(slice, hole)} fill={slice.color} stroke={ground} stroke-width="1">
        <title>{`${slice.name}: ${slice.shown.text} (${percent(slice)})`}</title>
      </path>
      {slice.to - slice.from > 0.05 && text.length > 0 && (
        <text x={middle[0]} y={middle[1]} class="pie-label" fill={inkOn(slice.color)}>
          {shortened(text.join(" "), slice.to - slice.from)}
        </text>
      )}
    </g>
  );
}

interface LegendProps {
  values: readonly ReducedValue[];
  slices: readonly Slice[];
  hidden: readonly string[];
  pick: (name: string, event: MouseEvent) => void;
  show: readonly string[];
}

function PieLegend({ values, slices, hidden, pick, show }: LegendProps): JSX.Element {
  return (
    <ul class="chart-legend chart-legend-list pie-legend" tabIndex={0}>
      {values.map((value) => {
        const slice = slices.find((one) => one.name === value.name);
        return (
          <li key={value.name}>
            <button
              type="button"
              class="chart-legend-name"
              aria-pressed={!hidden.includes(value.name)}
              onClick={(event) => pick(value.name, event)}
            >
              <i
                class="chart-swatch"
                style={{
                  backgroundColor: hidden.includes(value.name) ? "transparent" : value.color,
                  borderColor: value.color,
                }}
              />
              <span>{value.name}</span>
            </button>
            {show.includes("value") && <span class="chart-legend-calc">{value.shown.text}</span>}
            {show.includes("percent") && slice && (
              <span class="chart-legend-calc">{percent(slice)}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
