// The menu of a panel: view, edit, explore, copy, inspect, share.

import type { JSX } from "preact";
import { useComputed } from "@preact/signals";
import { param, setParams } from "../app/route";
import { Icon } from "../components/icon";
import { Menu } from "../components/menu";
import { lazyPart } from "../components/lazy";
import { type Placed, viewName } from "./layout";
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
  const name = viewName(placed);
  const isInspected = useComputed(() => param("inspect") === name).value;
  return (
    <span class="panel-menu no-print">
      <Menu
        label={`Menu of ${title || placed.panel.type}`}
        align="end"
        items={async () => {
          const { panelItems } = await import("./actions");
          return panelItems(session, placed, state, alone, () => setParams({ inspect: name }));
        }}
      >
        <Icon name="more" />
      </Menu>
      {isInspected && (
        <Inspector
          title={title}
          panel={placed.panel}
          state={state}
          onClose={() => setParams({ inspect: null, inspectTab: null }, { replace: true })}
        />
      )}
    </span>
  );
}
