// The keys that work here, by what they do.

import type { JSX } from "preact";
import { Dialog } from "../components/dialog";
import { type Shortcut, shortcuts } from "./keys";
import "./help.css";

export function Help({ close }: { readonly close: () => void }): JSX.Element {
  return (
    <Dialog title="Keys" onClose={close}>
      <div class="help">
        {grouped(shortcuts.value).map(([group, list]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {list.map(({ keys, does }) => (
                <div key={keys}>
                  <dt>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

/** Groups in the order in which they first appear; of two with the same keys the newer one. */
export function grouped(all: readonly Shortcut[]): [string, Shortcut[]][] {
  const byKeys = new Map(all.map((shortcut) => [shortcut.keys, shortcut]));
  const groups = new Map<string, Shortcut[]>();
  for (const shortcut of byKeys.values()) {
    groups.set(shortcut.group, [...(groups.get(shortcut.group) ?? []), shortcut]);
  }
  return [...groups];
}
