// The menu of a panel: view, edit, explore, copy, inspect, share.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../components/icon";
import { Menu } from "../components/menu";
import { lazyPart } from "../components/lazy";
import type { Placed } from "./layout";
import { useSession } from "./session";
import type { PanelState } from "./use_panel";

const Inspector = lazyPart(() => import("./inspector").then((module) => module.Inspector));

export interface PanelMenuProps {
  placed: Placed;
  title: string;
  state: PanelState;
  alone: boolean;
}

export function PanelMenu({ placed, title, state, alone }: PanelMenuProps): JSX.Element {
  const session = useSession();
  const [inspected, setInspected] = useState(false);
  return (
    <span class="panel-menu no-print">
      <Menu
        label={`Menu of ${title || placed.panel.type}`}
        align="end"
        items={async () => {
          const { panelItems } = await import("./actions");
          return panelItems(session, placed, state, alone, () => setInspected(true));
        }}
      >
        <Icon name="more" />
      </Menu>
      {inspected && (
        <Inspector
          title={title}
          panel={placed.panel}
          state={state}
          onClose={() => setInspected(false)}
        />
      )}
    </span>
  );
}
