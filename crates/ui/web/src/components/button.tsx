// Buttons and links that look like them.

import type { ComponentChildren, JSX, Ref } from "preact";
import { Icon, type IconName } from "./icon";
import "./button.css";

export interface ButtonProps {
  readonly children?: ComponentChildren;
  /** `plain` has a border, `quiet` shows itself when pointed at. */
  readonly look?: "plain" | "primary" | "quiet" | "danger";
  readonly icon?: IconName;
  /** Name for those who cannot see the icon, and the tooltip; needed when there are no words. */
  readonly label?: string;
  readonly title?: string;
  readonly isPressed?: boolean | undefined;
  readonly isDisabled?: boolean;
  readonly isBusy?: boolean;
  readonly type?: "button" | "submit";
  readonly class?: string;
  readonly onClick?: (event: MouseEvent) => void;
  readonly buttonRef?: Ref<HTMLButtonElement>;
  /** Further attributes: `aria-expanded`, `popovertarget`, `data-*`. */
  readonly extra?: JSX.HTMLAttributes<HTMLButtonElement>;
}

export function Button(props: ButtonProps): JSX.Element {
  const { children, look = "plain", icon, label, isPressed, isBusy = false } = props;
  return (
    <button
      type={props.type ?? "button"}
      class={classes("button", look, !children && "square", props.class)}
      aria-label={label}
      title={props.title ?? label}
      aria-pressed={isPressed}
      aria-busy={isBusy || undefined}
      disabled={props.isDisabled ?? false}
      onClick={props.onClick}
      ref={props.buttonRef ?? null}
      {...props.extra}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export interface ButtonLinkProps {
  readonly href: string;
  readonly children?: ComponentChildren;
  readonly look?: "plain" | "primary" | "quiet";
  readonly icon?: IconName;
  readonly label?: string;
  /** Name of the file when the link saves one. */
  readonly download?: string;
}

export function ButtonLink({
  href,
  children,
  look = "plain",
  icon,
  label,
  download,
}: ButtonLinkProps): JSX.Element {
  return (
    <a
      class={classes("button", look, !children && "square")}
      href={href}
      aria-label={label}
      title={label}
      download={download}
    >
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

/** Names of classes; what is false is left out. */
export function classes(...names: (string | false | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}
