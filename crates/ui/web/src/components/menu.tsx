// A button with a list of choices below it; arrows, home, end and letters move, escape closes.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { classes } from "./button";
import { Icon, type IconName } from "./icon";
import { toastError } from "./toast";
import "./menu.css";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  /** Keys that do the same. */
  readonly keys?: string;
  /** Shown beside the label. */
  readonly note?: string;
  readonly isChecked?: boolean;
  readonly isDisabled?: boolean;
  readonly isDanger?: boolean;
  /** A link instead of an act. */
  readonly href?: string;
  readonly run?: () => void;
}

/** Items, with `"line"` between groups of them. */
export type MenuItems = readonly (MenuItem | "line")[];

export interface MenuProps {
  /** What is listed; made, or loaded, when the menu is opened, when that is a function. */
  readonly items: MenuItems | (() => MenuItems | Promise<MenuItems>);
  /** Name of the button, when its content is not one. */
  readonly label?: string;
  readonly children: ComponentChildren;
  readonly look?: "plain" | "quiet";
  readonly class?: string;
  /** Which edge of the list stands below that of the button. */
  readonly align?: "start" | "end";
}

export function Menu({
  items,
  label,
  children,
  look = "quiet",
  align = "start",
  class: name,
}: MenuProps): JSX.Element {
  const [isOpen, setOpened] = useState(false);
  const [loaded, setLoaded] = useState<MenuItems>([]);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  const setOpen = (next: boolean) => {
    if (!next || typeof items !== "function") return setOpened(next);
    Promise.resolve(items()).then((made) => {
      setLoaded(made);
      setOpened(true);
    }, toastError);
  };
  const close = (focus: boolean) => {
    setOpen(false);
    if (focus) root.current?.querySelector("button")?.focus();
  };
  useAway(root, isOpen, () => close(false));
  useLayoutEffect(() => {
    if (!isOpen) return;
    keepInside(root.current?.querySelector(".menu-list"));
    choices(root.current)[0]?.focus({ preventScroll: true });
  }, [isOpen]);
  return (
    <div
      class={classes("menu", name)}
      ref={root}
      onKeyDown={(event) => onMenuKey(event, root.current, isOpen, setOpen, close)}
    >
      <button
        type="button"
        class={classes("button", look)}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div
          class={classes("menu-list", align === "end" && "end")}
          role="menu"
          id={id}
          aria-label={label}
        >
          {(typeof items === "function" ? loaded : items).map((item, index) =>
            item === "line" ? (
              <hr key={index} />
            ) : (
              <Choice key={index} item={item} done={() => close(true)} />
            ),
          )}
        </div>
      )}
    </div>
  );
}

const EDGE_PX = 8;

/** Moves a list that would begin or end beyond the window's edge. */
function keepInside(list: HTMLElement | null | undefined): void {
  if (!list) return;
  const { left, right } = list.getBoundingClientRect();
  const { clientWidth } = document.documentElement;
  const by = Math.max(EDGE_PX - left, Math.min(0, clientWidth - EDGE_PX - right));
  list.style.translate = `${by}px`;
}

function Choice({
  item,
  done,
}: {
  readonly item: MenuItem;
  readonly done: () => void;
}): JSX.Element {
  const isRadio = item.isChecked !== undefined;
  const shared = {
    class: classes("menu-item", item.isDanger && "danger"),
    role: isRadio ? ("menuitemradio" as const) : ("menuitem" as const),
    tabIndex: -1,
    ...(isRadio ? { "aria-checked": item.isChecked === true } : {}),
  };
  const content = (
    <>
      <span class="menu-mark">
        {isRadio ? item.isChecked && <Icon name="check" /> : item.icon && <Icon name={item.icon} />}
      </span>
      <span class="grow">{item.label}</span>
      {item.note && <small class="muted">{item.note}</small>}
      {item.keys && (
        <span class="keys">
          {item.keys.split(" ").map((key) => (
            <kbd key={key}>{key}</kbd>
          ))}
        </span>
      )}
    </>
  );
  if (item.href !== undefined) {
    return (
      <a {...shared} href={item.href} onClick={done}>
        {content}
      </a>
    );
  }
  const run = () => {
    done();
    item.run?.();
  };
  return (
    <button {...shared} type="button" disabled={item.isDisabled ?? false} onClick={run}>
      {content}
    </button>
  );
}

function choices(root: HTMLElement | null): HTMLElement[] {
  return [...(root?.querySelectorAll<HTMLElement>(".menu-item:not(:disabled)") ?? [])];
}

function onMenuKey(
  event: KeyboardEvent,
  root: HTMLElement | null,
  isOpen: boolean,
  setOpen: (isOpen: boolean) => void,
  close: (focus: boolean) => void,
): void {
  if (!isOpen) {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    setOpen(true);
    return;
  }
  const all = choices(root);
  const at = all.findIndex((choice) => choice === document.activeElement);
  const to = nextChoice(
    event.key,
    at,
    all.map((choice) => choice.textContent ?? ""),
  );
  if (to !== undefined) {
    event.preventDefault();
    event.stopPropagation();
    all[to]?.focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    if (event.key === "Escape") event.preventDefault();
    event.stopPropagation();
    close(event.key === "Escape");
  }
}

/** The choice that a key leads to: arrows go round, letters find the next that begins with them. */
export function nextChoice(key: string, at: number, labels: readonly string[]): number | undefined {
  const { length } = labels;
  if (length === 0) return undefined;
  if (key === "ArrowDown") return (at + 1) % length;
  if (key === "ArrowUp") return (at <= 0 ? length : at) - 1;
  if (key === "Home") return 0;
  if (key === "End") return length - 1;
  if (key.length !== 1 || key === " ") return undefined;
  for (let step = 1; step <= length; step += 1) {
    const candidate = (at + step + length) % length;
    if (labels[candidate]?.toLowerCase().startsWith(key.toLowerCase())) return candidate;
  }
  return undefined;
}

/** Calls back when something outside is pressed or focused. */
export function useAway(
  root: { readonly current: HTMLElement | null },
  isActive: boolean,
  away: () => void,
): void {
  useEffect(() => {
    if (!isActive) return;
    const onEvent = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) away();
    };
    document.addEventListener("pointerdown", onEvent);
    document.addEventListener("focusin", onEvent);
    return () => {
      document.removeEventListener("pointerdown", onEvent);
      document.removeEventListener("focusin", onEvent);
    };
  }, [isActive]);
}
