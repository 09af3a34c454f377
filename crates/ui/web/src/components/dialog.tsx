// A window over the page: the browser's own dialog, so focus stays inside and escape closes it.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button, classes } from "./button";
import "./dialog.css";

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** Buttons at the end. */
  readonly footer?: ComponentChildren;
  readonly size?: "small" | "medium" | "large";
  /** From the right edge over the whole height instead of in the middle. */
  readonly isDrawer?: boolean;
}

/** Open as long as it is rendered. */
export function Dialog({
  title,
  onClose,
  children,
  footer,
  size = "medium",
  isDrawer = false,
}: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={classes("dialog", size, isDrawer && "drawer")}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => event.target === dialog.current && onClose()}
    >
      <div class="dialog-frame">
        <header>
          <h2 id={id} class="grow">
            {title}
          </h2>
          <Button look="quiet" icon="close" label="Close" onClick={onClose} />
        </header>
        <div class="dialog-body">{children}</div>
        {footer && <footer>{footer}</footer>}
      </div>
    </dialog>
  );
}

export interface ConfirmProps {
  readonly title: string;
  /** What will happen. */
  readonly children: ComponentChildren;
  /** The verb: `Delete`. */
  readonly does: string;
  readonly isDanger?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function Confirm({
  title,
  children,
  does,
  isDanger = false,
  onConfirm,
  onClose,
}: ConfirmProps): JSX.Element {
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look={isDanger ? "danger" : "primary"} onClick={onConfirm}>
        {does}
      </Button>
    </>
  );
  return (
    <Dialog title={title} size="small" onClose={onClose} footer={footer}>
      {children}
    </Dialog>
  );
}
