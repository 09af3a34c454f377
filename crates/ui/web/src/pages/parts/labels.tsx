// Label sets on one line: small, all of them, each a button when there is something to do with it.

import type { JSX } from "preact";
import type { Labels as LabelSet } from "../../api/prometheus";
import "./parts.css";

export interface LabelsProps {
  readonly labels: LabelSet;
  /** Names that stand elsewhere already. */
  readonly without?: readonly string[];
  readonly onPick?: (name: string, value: string) => void;
}

export function Labels({ labels, without = [], onPick }: LabelsProps): JSX.Element {
  const shown = Object.entries(labels).filter(([name]) => !without.includes(name));
  return (
    <span class="labels">
      {shown.map(([name, value]) =>
        onPick ? (
          <button
            key={name}
            type="button"
            class="label"
            title={`Only ${name}="${value}"`}
            onClick={(event) => {
              event.stopPropagation();
              onPick(name, value);
            }}
          >
            <i>{name}</i>={value}
          </button>
        ) : (
          <span key={name} class="label">
            <i>{name}</i>={value}
          </span>
        ),
      )}
    </span>
  );
}

/** `name="value", ...`: a label set as text, for titles and searching. */
export function labelsText(labels: LabelSet): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ");
}

/** A short name for a label set, for keys and addresses: sets that differ get different ones. */
export function labelsHash(labels: LabelSet): string {
  const text = labelsText(labels);
  return [0x811c9dc5, 0x01234567].map((seed) => fnv1a(text, seed).toString(36)).join("");
}

/** Fowler-Noll-Vo hash of 32 bits. */
function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
