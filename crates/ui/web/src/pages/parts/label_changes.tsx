// Labels before and after relabelling beside each other: what was kept, changed, made and dropped.

import type { JSX } from "preact";
import type { Labels } from "../../api/prometheus";
import { classes } from "../../components/button";
import "./label_changes.css";

export interface Change {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly what: "kept" | "changed" | "added" | "dropped";
}

/** Every label of either side, those that are stored first. */
export function changesOf(before: Labels, after: Labels): Change[] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  const changes = names.map((name): Change => {
    const [old, now] = [before[name], after[name]];
    const what =
      old === now
        ? "kept"
        : old === undefined
          ? "added"
          : now === undefined
            ? "dropped"
            : "changed";
    return { name, before: old, after: now, what };
  });
  return changes.sort(
    (a, b) =>
      Number(a.after === undefined) - Number(b.after === undefined) || a.name.localeCompare(b.name),
  );
}

const SIGNS: Record<Change["what"], string> = { kept: "", changed: "≠", added: "+", dropped: "−" };

export function LabelChanges({
  before,
  after,
}: {
  readonly before: Labels;
  readonly after: Labels;
}): JSX.Element {
  return (
    <div class="changes-frame">
      <table class="label-changes">
        <thead>
          <tr>
            <th />
            <th>Label</th>
            <th>As found</th>
            <th>As stored</th>
          </tr>
        </thead>
        <tbody>
          {changesOf(before, after).map((one) => (
            <tr key={one.name} class={classes(one.what)}>
              <td title={one.what}>
                {SIGNS[one.what]}
                <span class="only-heard">{one.what}</span>
              </td>
              <td class="mono">{one.name}</td>
              <td class="mono">{one.before ?? ""}</td>
              <td class="mono">{one.after ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
