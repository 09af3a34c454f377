// Value mappings, one row each: what is matched, the text and the colour that stand for it.

import type { JSX } from "preact";
import { Input, Select } from "../../components/field";
import type { ValueMapping } from "../../panels/model";
import { withMember } from "./change";
import { ColorInput } from "./color_input";
import { AsJson } from "./links_form";
import { type MappingRow, mappingsOf, rowsOf, SPECIAL } from "./mapping_rows";
import { choices } from "./options_props";
import { Rows } from "./rows";

const TYPES = [
  { value: "value", label: "Value" },
  { value: "range", label: "Range" },
  { value: "regex", label: "Pattern" },
  { value: "special", label: "Special" },
];

export interface MappingsFormProps {
  mappings: readonly ValueMapping[];
  onChange: (mappings: ValueMapping[]) => void;
}

export function MappingsForm({ mappings, onChange }: MappingsFormProps): JSX.Element {
  return (
    <div class="stack">
      <Rows
        what="mapping"
        rows={rowsOf(mappings)}
        onChange={(rows) => onChange(mappingsOf(rows))}
        fresh={(): MappingRow => ({ type: "value", match: "", to: "", result: {} })}
        isOrdered
        render={(row, put) => (
          <>
            <Select
              label="Kind of the mapping"
              value={row.type}
              options={TYPES}
              onChange={(type) => put({ ...row, type: type as MappingRow["type"] })}
            />
            <Match row={row} put={put} />
            <Input
              label="Text that is shown"
              placeholder="text"
              value={row.result.text ?? ""}
              onInput={(text) => put({ ...row, result: withMember(row.result, "text", text) })}
            />
            <ColorInput
              label="Colour of the mapping"
              value={row.result.color ?? ""}
              onInput={(color) => put({ ...row, result: withMember(row.result, "color", color) })}
            />
          </>
        )}
      />
      <AsJson label="Value mappings" value={mappings} onChange={onChange} />
    </div>
  );
}

function Match({ row, put }: { row: MappingRow; put: (row: MappingRow) => void }): JSX.Element {
  const input = (label: string, name: "match" | "to", type: "text" | "number"): JSX.Element => (
    <Input
      label={label}
      type={type}
      placeholder={label.toLowerCase()}
      value={row[name]}
      onInput={(value) => put({ ...row, [name]: value })}
    />
  );
  if (row.type === "special")
    return (
      <Select
        label="Special value"
        value={row.match || "null"}
        options={choices(...SPECIAL)}
        onChange={(match) => put({ ...row, match })}
      />
    );
  if (row.type === "range")
    return (
      <span class="edit-pair">
        {input("From", "match", "number")}
        {input("To", "to", "number")}
      </span>
    );
  return input(row.type === "regex" ? "Pattern" : "Value", "match", "text");
}
