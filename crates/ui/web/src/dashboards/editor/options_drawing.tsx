// How values are drawn: single numbers, lines, legend and tooltip.

import type { JSX } from "preact";
import { Checkbox, Field, Input, Select } from "../../components/field";
import { reducerIds, reducerName } from "../../panels/reduce";
import { withCustom, withOption } from "./change";
import { choices, type OptionsProps } from "./options_props";

const REDUCERS = reducerIds().map((value) => ({ value, label: reducerName(value) }));

export function Values({ panel, change }: OptionsProps): JSX.Element {
  const options = (panel.options ?? {}) as Record<string, unknown>;
  const reduce = (options.reduceOptions ?? {}) as { calcs?: string[]; values?: boolean };
  const set = (path: readonly string[], value: unknown): void =>
    change((now) => withOption(now, path, value));
  const select = (label: string, name: string, values: string[], fallback: string): JSX.Element => (
    <Field label={label}>
      {(id) => (
        <Select
          id={id}
          value={String(options[name] ?? fallback)}
          options={choices(...values)}
          onChange={(value) => set([name], value)}
        />
      )}
    </Field>
  );
  return (
    <details open>
      <summary>Value</summary>
      <div>
        <Field label="Calculation">
          {(id) => (
            <Select
              id={id}
              value={reduce.calcs?.[0] ?? "lastNotNull"}
              options={REDUCERS}
              onChange={(value) => set(["reduceOptions", "calcs"], [value])}
            />
          )}
        </Field>
        <Checkbox
          isChecked={reduce.values === true}
          onChange={(value) => set(["reduceOptions", "values"], value)}
        >
          Every row instead of one value
        </Checkbox>
        {panel.type === "stat" &&
          select(
            "Colour",
            "colorMode",
            ["none", "value", "background", "background_solid"],
            "value",
          )}
        {panel.type === "stat" && select("Graph", "graphMode", ["none", "area"], "area")}
        {panel.type === "stat" &&
          select("Text", "textMode", ["auto", "value", "value_and_name", "name", "none"], "auto")}
        {panel.type === "bargauge" &&
          select("Bars", "displayMode", ["gradient", "basic", "lcd"], "gradient")}
        {panel.type === "piechart" && select("Form", "pieType", ["pie", "donut"], "pie")}
        {panel.type !== "piechart" &&
          select("Direction", "orientation", ["auto", "horizontal", "vertical"], "auto")}
      </div>
    </details>
  );
}

export function Drawing({ panel, change }: OptionsProps): JSX.Element {
  const custom = panel.fieldConfig?.defaults.custom ?? {};
  const set = (name: string, value: unknown): void => change((now) => withCustom(now, name, value));
  const number = (label: string, name: string, fallback: number): JSX.Element => (
    <Field label={label}>
      {(id) => (
        <Input
          id={id}
          type="number"
          value={String(custom[name] ?? fallback)}
          onInput={(value) => set(name, Number(value))}
        />
      )}
    </Field>
  );
  return (
    <details open>
      <summary>Drawing</summary>
      <div>
        <Field label="Style">
          {(id) => (
            <Select
              id={id}
              value={custom.drawStyle ?? "line"}
              options={choices("line", "bars", "points")}
              onChange={(value) => set("drawStyle", value)}
            />
          )}
        </Field>
        <Field label="Line">
          {(id) => (
            <Select
              id={id}
              value={custom.lineInterpolation ?? "linear"}
              options={choices("linear", "smooth", "stepBefore", "stepAfter")}
              onChange={(value) => set("lineInterpolation", value)}
            />
          )}
        </Field>
        {number("Width of lines", "lineWidth", 1)}
        {number("Fill, percent", "fillOpacity", 0)}
        <Field label="Stack">
          {(id) => (
            <Select
              id={id}
              value={custom.stacking?.mode ?? "none"}
              options={choices("none", "normal", "percent")}
              onChange={(mode) => set("stacking", { group: "A", mode })}
            />
          )}
        </Field>
        <Field label="Axis">
          {(id) => (
            <Select
              id={id}
              value={custom.axisPlacement ?? "auto"}
              options={choices("auto", "left", "right", "hidden")}
              onChange={(value) => set("axisPlacement", value)}
            />
          )}
        </Field>
        <Field label="Axis label">
          {(id) => (
            <Input
              id={id}
              value={custom.axisLabel ?? ""}
              onInput={(value) => set("axisLabel", value)}
            />
          )}
        </Field>
        <Field label="Scale">
          {(id) => (
            <Select
              id={id}
              value={custom.scaleDistribution?.type ?? "linear"}
              options={choices("linear", "log", "symlog")}
              onChange={(type) =>
                set("scaleDistribution", type === "log" ? { type, log: 10 } : { type })
              }
            />
          )}
        </Field>
        <Checkbox
          isChecked={Boolean(custom.spanNulls)}
          onChange={(value) => set("spanNulls", value)}
        >
          Bridge gaps
        </Checkbox>
      </div>
    </details>
  );
}

export function LegendOptions({ panel, change }: OptionsProps): JSX.Element {
  const { legend = {}, tooltip = {} } = (panel.options ?? {}) as {
    legend?: { displayMode?: string; placement?: string; calcs?: string[]; showLegend?: boolean };
    tooltip?: { mode?: string; sort?: string };
  };
  const set = (path: readonly string[], value: unknown): void =>
    change((now) => withOption(now, path, value));
  const flip = (calc: string, isOn: boolean): void =>
    set(
      ["legend", "calcs"],
      isOn ? [...(legend.calcs ?? []), calc] : (legend.calcs ?? []).filter((one) => one !== calc),
    );
  return (
    <details>
      <summary>Legend and tooltip</summary>
      <div>
        <Checkbox
          isChecked={legend.showLegend !== false}
          onChange={(value) => set(["legend", "showLegend"], value)}
        >
          Show the legend
        </Checkbox>
        <Field label="Form">
          {(id) => (
            <Select
              id={id}
              value={legend.displayMode ?? "list"}
              options={choices("list", "table")}
              onChange={(value) => set(["legend", "displayMode"], value)}
            />
          )}
        </Field>
        <Field label="Place">
          {(id) => (
            <Select
              id={id}
              value={legend.placement ?? "bottom"}
              options={choices("bottom", "right")}
              onChange={(value) => set(["legend", "placement"], value)}
            />
          )}
        </Field>
        <div class="line">
          {["min", "max", "mean", "lastNotNull", "sum"].map((calc) => (
            <Checkbox
              key={calc}
              isChecked={legend.calcs?.includes(calc) ?? false}
              onChange={(isOn) => flip(calc, isOn)}
            >
              {reducerName(calc)}
            </Checkbox>
          ))}
        </div>
        <Field label="Tooltip">
          {(id) => (
            <Select
              id={id}
              value={tooltip.mode ?? "single"}
              options={choices("single", "multi", "none")}
              onChange={(value) => set(["tooltip", "mode"], value)}
            />
          )}
        </Field>
        <Field label="Order in the tooltip">
          {(id) => (
            <Select
              id={id}
              value={tooltip.sort ?? "none"}
              options={choices("none", "asc", "desc")}
              onChange={(value) => set(["tooltip", "sort"], value)}
            />
          )}
        </Field>
      </div>
    </details>
  );
}
