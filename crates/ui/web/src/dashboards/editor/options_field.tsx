// What values mean: unit, limits, colour, thresholds.

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Button } from "../../components/button";
import { Field, Input, Select } from "../../components/field";
import { unitIds } from "../../format/units";
import type { Thresholds } from "../../panels/model";
import { withCustom, withDefault } from "./change";
import { choices, type OptionsProps } from "./options_props";

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

export function Standard({ panel, change }: OptionsProps): JSX.Element {
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

export function ThresholdOptions({ panel, change }: OptionsProps): JSX.Element {
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
