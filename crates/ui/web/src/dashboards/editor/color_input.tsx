// A colour by name or code, with what it looks like beside it.

import type { JSX } from "preact";
import { resolveColor } from "../../charts/colors";
import { chartTheme } from "../../charts/theme";
import { Input } from "../../components/field";
import "./editor.css";

export interface ColorInputProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
}

const NAMES = ["green", "yellow", "orange", "red", "blue", "purple", "text", "transparent"];

export function ColorInput({ label, value, onInput }: ColorInputProps): JSX.Element {
  const { dark, text } = chartTheme.value;
  const shown = value === "" ? "transparent" : resolveColor(value, dark, text);
  return (
    <span class="color-input">
      <i class="chart-swatch" style={{ backgroundColor: shown }} />
      <Input
        label={label}
        placeholder="colour"
        value={value}
        onInput={onInput}
        extra={{ list: "colour-names" }}
      />
      <datalist id="colour-names">
        {NAMES.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </span>
  );
}
