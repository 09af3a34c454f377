// Overrides: which fields, and what is other for them.

import type { JSX } from "preact";
import { Button } from "../../components/button";
import { Checkbox, Input, Select } from "../../components/field";
import type { FieldColor, Override, OverrideProperty } from "../../panels/model";
import { ColorInput } from "./color_input";
import { JsonField } from "./json_field";
import { AsJson } from "./links_form";
import { choices } from "./options_props";
import { Rows } from "./rows";

const MATCHERS = [
  { value: "byName", label: "Fields with the name" },
  { value: "byRegexp", label: "Names that match" },
  { value: "byFrameRefID", label: "Fields of the query" },
  { value: "byType", label: "Fields of the type" },
];

type Kind =
  | { kind: "text" | "number" | "colour" | "flag" | "json" }
  | { kind: "choice"; values: readonly string[] };

/** What can be other, and how it is entered; anything else as JSON. */
const PROPERTIES: Record<string, Kind & { name: string }> = {
  "displayName": { name: "Name", kind: "text" },
  "unit": { name: "Unit", kind: "text" },
  "decimals": { name: "Decimals", kind: "number" },
  "min": { name: "Least", kind: "number" },
  "max": { name: "Most", kind: "number" },
  "noValue": { name: "No value", kind: "text" },
  "color": { name: "Colour", kind: "colour" },
  "custom.drawStyle": { name: "Style", kind: "choice", values: ["line", "bars", "points"] },
  "custom.lineWidth": { name: "Width of lines", kind: "number" },
  "custom.fillOpacity": { name: "Fill, percent", kind: "number" },
  "custom.transform": {
    name: "Upside down",
    kind: "choice",
    values: ["constant", "negative-Y"],
  },
  "custom.axisPlacement": {
    name: "Axis",
    kind: "choice",
    values: ["auto", "left", "right", "hidden"],
  },
  "custom.axisLabel": { name: "Axis label", kind: "text" },
  "custom.width": { name: "Width of the column", kind: "number" },
  "custom.align": { name: "Align", kind: "choice", values: ["auto", "left", "center", "right"] },
  "custom.hidden": { name: "Hide the column", kind: "flag" },
};

export interface OverridesFormProps {
  overrides: readonly Override[];
  onChange: (overrides: Override[]) => void;
}

export function OverridesForm({ overrides, onChange }: OverridesFormProps): JSX.Element {
  return (
    <div class="stack">
      <Rows
        what="override"
        rows={overrides}
        onChange={onChange}
        fresh={(): Override => ({ matcher: { id: "byName", options: "" }, properties: [] })}
        isOrdered
        render={(override, put) => <OneOverride override={override} put={put} />}
      />
      <AsJson label="Overrides" value={overrides} onChange={onChange} />
    </div>
  );
}

interface OneProps {
  override: Override;
  put: (override: Override) => void;
}

function OneOverride({ override, put }: OneProps): JSX.Element {
  const { matcher, properties } = override;
  const known = MATCHERS.some(({ value }) => value === matcher.id);
  const listed = known ? MATCHERS : [{ value: matcher.id, label: matcher.id }, ...MATCHERS];
  const taken = properties.map(({ id }) => id);
  const free = Object.entries(PROPERTIES).filter(([id]) => !taken.includes(id));
  return (
    <>
      <Select
        label="Which fields"
        value={matcher.id}
        options={listed}
        onChange={(id) => put({ ...override, matcher: { id, options: "" } })}
      />
      {typeof (matcher.options ?? "") === "string" && (
        <Input
          label="Name, pattern, query or type"
          placeholder="name"
          value={String(matcher.options ?? "")}
          onInput={(options) => put({ ...override, matcher: { ...matcher, options } })}
        />
      )}
      {properties.map((property, at) => (
        <div key={property.id} class="edit-property">
          <span>{PROPERTIES[property.id]?.name ?? property.id}</span>
          <PropertyValue
            property={property}
            put={(value) =>
              put({ ...override, properties: properties.with(at, { ...property, value }) })
            }
          />
          <Button
            look="quiet"
            icon="close"
            label={`Remove ${property.id}`}
            onClick={() =>
              put({ ...override, properties: properties.filter((_one, i) => i !== at) })
            }
          />
        </div>
      ))}
      <Select
        label="Add a property"
        value=""
        options={[
          { value: "", label: "Add a property…" },
          ...free.map(([value, { name }]) => ({ value, label: name })),
        ]}
        onChange={(id) =>
          id && put({ ...override, properties: [...properties, { id, value: initial(id) }] })
        }
      />
    </>
  );
}

function initial(id: string): unknown {
  const property = PROPERTIES[id];
  if (property?.kind === "choice") return property.values[0];
  if (property?.kind === "colour") return { mode: "fixed", fixedColor: "green" };
  return property?.kind === "flag" ? true : undefined;
}

function PropertyValue({
  property,
  put,
}: {
  property: OverrideProperty;
  put: (value: unknown) => void;
}): JSX.Element {
  const { id, value } = property;
  const known = PROPERTIES[id];
  const label = known?.name ?? id;
  switch (known?.kind) {
    case "text":
      return <Input label={label} value={String(value ?? "")} onInput={put} />;
    case "number":
      return (
        <Input
          label={label}
          type="number"
          value={String(value ?? "")}
          onInput={(text) => put(text.trim() === "" ? null : Number(text))}
        />
      );
    case "flag":
      return (
        <Checkbox isChecked={value === true} onChange={put}>
          yes
        </Checkbox>
      );
    case "choice":
      return (
        <Select
          label={label}
          value={String(value ?? known.values[0])}
          options={choices(...known.values)}
          onChange={put}
        />
      );
    case "colour":
      return (
        <ColorInput
          label={label}
          value={(value as FieldColor | undefined)?.fixedColor ?? ""}
          onInput={(fixedColor) => put({ mode: "fixed", fixedColor })}
        />
      );
    default:
      return <JsonField label={label} rows={3} value={value ?? null} onChange={put} />;
  }
}
