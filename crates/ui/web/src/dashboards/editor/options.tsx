// The options of a panel that are used most, as forms; everything else in its JSON.

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { unitIds } from "../../format/units";
import { Button } from "../../components/button";
import { Checkbox, Field, Input, Select } from "../../components/field";
import type { Panel, Thresholds } from "../../panels/model";
import { reducerIds, reducerName } from "../../panels/reduce";
import { PANEL_TYPES } from "../../panels/views";
import { withCustom, withDefault, withMember, withOption } from "./change";
import { JsonField } from "./json_field";

export interface OptionsProps {
  panel: Panel;
  change: (next: (panel: Panel) => Panel) => void;
}

const choices = (...values: string[]) => values.map((value) => ({ value, label: value }));

export function Options(props: OptionsProps): JSX.Element {
  const { panel } = props;
  const isChart = ["timeseries", "barchart", "histogram"].includes(panel.type);
  const isValue = ["stat", "gauge", "bargauge", "piechart"].includes(panel.type);
  return (
    <>
      <General {...props} />
      {panel.type === "text" && <Text {...props} />}
      {isValue && <Values {...props} />}
      {isChart && <Drawing {...props} />}
      {(isChart || panel.type === "piechart") && <LegendOptions {...props} />}
      {panel.type !== "text" && <Standard {...props} />}
      {panel.type !== "text" && <ThresholdOptions {...props} />}
      {panel.type !== "text" && <Advanced {...props} />}
    </>
  );
}

function General({ panel, change }: OptionsProps): JSX.Element {
  const types = PANEL_TYPES.map(({ type, name }) => ({ value: type, label: name }));
  const known = types.some((one) => one.value === panel.type)
    ? types
    : [{ value: panel.type, label: panel.type }, ...types];
  const set = (name: string, value: unknown): void => change((now) => withMember(now, name, value));
  return (
    <details open>
      <summary>Panel</summary>
      <div>
        <Field label="Type">
          {(id) => (
            <Select
              id={id}
              value={panel.type}
              options={known}
              onChange={(value) => set("type", value)}
            />
          )}
        </Field>
        <Field label="Title">
          {(id) => (
            <Input id={id} value={panel.title ?? ""} onInput={(value) => set("title", value)} />
          )}
        </Field>
        <Field label="Description">
          {(id) => (
            <Input
              id={id}
              value={panel.description ?? ""}
              onInput={(value) => set("description", value)}
            />
          )}
        </Field>
        <Field label="Repeat by variable">
          {(id) => (
            <Input id={id} value={panel.repeat ?? ""} onInput={(value) => set("repeat", value)} />
          )}
        </Field>
        <Checkbox
          isChecked={panel.transparent === true}
          onChange={(value) => set("transparent", value)}
        >
          Without a frame
        </Checkbox>
      </div>
    </details>
  );
}

function Text({ panel, change }: OptionsProps): JSX.Element {
  const { mode = "markdown", content = "" } = (panel.options ?? {}) as {
    mode?: string;
    content?: string;
  };
  return (
    <details open>
      <summary>Text</summary>
      <div class="stack">
        <Field label="Mode">
          {(id) => (
            <Select
              id={id}
              value={mode}
              options={choices("markdown", "html", "code")}
              onChange={(value) => change((now) => withOption(now, ["mode"], value))}
            />
          )}
        </Field>
        <textarea
          class="code-input"
          aria-label="Content"
          value={content}
          onInput={(event) =>
            change((now) => withOption(now, ["content"], event.currentTarget.value))
          }
        />
      </div>
    </details>
  );
}

const REDUCERS = reducerIds().map((value) => ({ value, label: reducerName(value) }));

function Values({ panel, change }: OptionsProps): JSX.Element {
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

function Drawing({ panel, change }: OptionsProps): JSX.Element {
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

function LegendOptions({ panel, change }: OptionsProps): JSX.Element {
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

const COLOR_MODES = choices(
  "palette-classic",
  "thresholds",
  "fixed",
  "shades",
  "continuous-GrYlRd",
  "continuous-RdYlGr",
  "continuous-blues",
  "continuous-greens",
  "continuous-reds",
);

function Standard({ panel, change }: OptionsProps): JSX.Element {
  const defaults = panel.fieldConfig?.defaults ?? {};
  const units = useId();
  const set = (name: string, value: unknown): void =>
    change((now) => withDefault(now, name, value));
  const number = (value: string): number | undefined =>
    value.trim() === "" ? undefined : Number(value);
  return (
    <details open>
      <summary>Unit and colour</summary>
      <div>
        <Field label="Unit" hint="Any other text stands behind the number">
          {(id) => (
            <Input
              id={id}
              value={defaults.unit ?? ""}
              onInput={(value) => set("unit", value)}
              extra={{ list: units }}
            />
          )}
        </Field>
        <datalist id={units}>
          {unitIds().map((unit) => (
            <option key={unit} value={unit} />
          ))}
        </datalist>
        <Field label="Decimals">
          {(id) => (
            <Input
              id={id}
              type="number"
              value={String(defaults.decimals ?? "")}
              placeholder="automatic"
              onInput={(value) => set("decimals", number(value))}
            />
          )}
        </Field>
        <Field label="Least">
          {(id) => (
            <Input
              id={id}
              type="number"
              value={String(defaults.min ?? "")}
              placeholder="automatic"
              onInput={(value) => set("min", number(value))}
            />
          )}
        </Field>
        <Field label="Most">
          {(id) => (
            <Input
              id={id}
              type="number"
              value={String(defaults.max ?? "")}
              placeholder="automatic"
              onInput={(value) => set("max", number(value))}
            />
          )}
        </Field>
        <Field label="Name" hint="${__field.labels.x} is a label">
          {(id) => (
            <Input
              id={id}
              value={defaults.displayName ?? ""}
              onInput={(value) => set("displayName", value)}
            />
          )}
        </Field>
        <Field label="Colour">
          {(id) => (
            <Select
              id={id}
              value={defaults.color?.mode ?? "palette-classic"}
              options={COLOR_MODES}
              onChange={(mode) => set("color", { ...defaults.color, mode })}
            />
          )}
        </Field>
        {defaults.color?.mode === "fixed" && (
          <Field label="Which">
            {(id) => (
              <Input
                id={id}
                value={defaults.color?.fixedColor ?? "green"}
                onInput={(fixedColor) => set("color", { ...defaults.color, fixedColor })}
              />
            )}
          </Field>
        )}
        <Field label="No value">
          {(id) => (
            <Input
              id={id}
              value={defaults.noValue ?? ""}
              placeholder="No data"
              onInput={(value) => set("noValue", value)}
            />
          )}
        </Field>
      </div>
    </details>
  );
}

const NO_THRESHOLDS: Thresholds = { mode: "absolute", steps: [{ value: null, color: "green" }] };

function ThresholdOptions({ panel, change }: OptionsProps): JSX.Element {
  const thresholds = panel.fieldConfig?.defaults.thresholds ?? NO_THRESHOLDS;
  const style = panel.fieldConfig?.defaults.custom?.thresholdsStyle?.mode ?? "off";
  const put = (next: Thresholds): void => change((now) => withDefault(now, "thresholds", next));
  const step = (at: number, patch: { value?: number; color?: string }): void =>
    put({
      ...thresholds,
      steps: thresholds.steps.map((one, i) => (i === at ? { ...one, ...patch } : one)),
    });
  return (
    <details>
      <summary>Thresholds</summary>
      <div>
        {thresholds.steps.map((one, i) => (
          <div key={i} class="threshold">
            {one.value === null ? (
              <span>Base</span>
            ) : (
              <Input
                type="number"
                label={`Threshold ${i}`}
                value={String(one.value)}
                onInput={(value) => step(i, { value: Number(value) })}
              />
            )}
            <Input
              label={`Colour of threshold ${i}`}
              value={one.color}
              onInput={(color) => step(i, { color })}
            />
            {one.value !== null && (
              <Button
                icon="trash"
                label={`Remove threshold ${i}`}
                onClick={() =>
                  put({ ...thresholds, steps: thresholds.steps.filter((_one, at) => at !== i) })
                }
              />
            )}
          </div>
        ))}
        <Button
          icon="plus"
          onClick={() =>
            put({ ...thresholds, steps: [...thresholds.steps, { value: 80, color: "red" }] })
          }
        >
          Add a threshold
        </Button>
        <Field label="Counted as">
          {(id) => (
            <Select
              id={id}
              value={thresholds.mode ?? "absolute"}
              options={choices("absolute", "percentage")}
              onChange={(mode) => put({ ...thresholds, mode: mode as "absolute" | "percentage" })}
            />
          )}
        </Field>
        {panel.type === "timeseries" && (
          <Field label="Drawn as">
            {(id) => (
              <Select
                id={id}
                value={style}
                options={choices("off", "line", "dashed", "area", "line+area", "dashed+area")}
                onChange={(mode) => change((now) => withCustom(now, "thresholdsStyle", { mode }))}
              />
            )}
          </Field>
        )}
      </div>
    </details>
  );
}

function Advanced({ panel, change }: OptionsProps): JSX.Element {
  const source = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  return (
    <details>
      <summary>Mappings, links, overrides</summary>
      <div class="stack">
        <JsonField
          label="Value mappings"
          rows={6}
          value={source.defaults.mappings ?? []}
          onChange={(mappings) => change((now) => withDefault(now, "mappings", mappings))}
        />
        <JsonField
          label="Links of values"
          rows={6}
          value={source.defaults.links ?? []}
          onChange={(links) => change((now) => withDefault(now, "links", links))}
        />
        <JsonField
          label="Overrides"
          value={source.overrides}
          onChange={(overrides) =>
            change((now) => ({ ...now, fieldConfig: { ...source, overrides } }))
          }
        />
      </div>
    </details>
  );
}
