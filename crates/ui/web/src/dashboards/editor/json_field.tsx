// A part of the JSON to be edited as text; taken when it can be read, complained about when not.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { asError } from "../../app/load";
import "../browser.css";

export interface JsonFieldProps {
  label: string;
  value: unknown;
  onChange: (value: never) => void;
  rows?: number;
}

export function JsonField({ label, value, onChange, rows = 10 }: JsonFieldProps): JSX.Element {
  const [draft, setDraft] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const take = (text: string): void => {
    setDraft(text);
    try {
      onChange(JSON.parse(text) as never);
      setProblem(undefined);
    } catch (error) {
      setProblem(asError(error).message);
    }
  };
  return (
    <label class="stack">
      <span>{label}</span>
      <textarea
        class="code-input"
        rows={rows}
        spellcheck={false}
        value={draft ?? JSON.stringify(value, null, 2)}
        onInput={(event) => take(event.currentTarget.value)}
        onBlur={() => problem === undefined && setDraft(undefined)}
      />
      {problem && (
        <small class="panel-problem" role="alert">
          {problem}
        </small>
      )}
    </label>
  );
}
