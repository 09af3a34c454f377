// What stands where data would: nothing yet, nothing at all, an error; always with a next step.

import type { ComponentChildren, JSX } from "preact";
import { ApiError } from "../api/client";
import { Button, classes } from "./button";
import { Icon, type IconName } from "./icon";
import "./state.css";

/** Shown while the first data is on its way; appears only when that takes a moment. */
export function Loading({ what }: { readonly what?: string }): JSX.Element {
  return (
    <div class="state loading" role="status">
      <span class="loading-bar" />
      <span class="muted">Loading{what ? ` ${what}` : ""}…</span>
    </div>
  );
}

export interface EmptyProps {
  readonly title: string;
  /** What to do next. */
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  /** Good news rather than missing data. */
  readonly isGood?: boolean;
}

export function Empty({ title, children, icon, isGood = false }: EmptyProps): JSX.Element {
  return (
    <div class={classes("state empty", isGood && "good")}>
      <Icon name={icon ?? (isGood ? "check" : "search")} size={20} />
      <div>
        <strong>{title}</strong>
        {children && <div class="muted">{children}</div>}
      </div>
    </div>
  );
}

export interface ProblemProps {
  readonly error: Error;
  readonly onRetry?: () => void;
  /** In one line above data that is still shown. */
  readonly isSlim?: boolean;
}

/** An error in words, and a way to try again. */
export function Problem({ error, onRetry, isSlim = false }: ProblemProps): JSX.Element {
  const title = error instanceof ApiError ? error.title : "Something went wrong";
  return (
    <div class={classes("state problem", isSlim && "slim")} role="alert">
      <Icon name="warning" size={isSlim ? 16 : 20} />
      <div class="grow">
        <strong>{title}.</strong> <span class="problem-text">{error.message}</span>
      </div>
      {onRetry && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export type Tone = "good" | "warn" | "bad" | "info" | "none";

/** A shape for each tone, so that colour is never all there is. */
const SHAPES: Record<Tone, string> = {
  good: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
  warn: "M8 2.5l6 10.5H2z",
  bad: "M3.5 3.500h9v9h-9z",
  info: "M8 2.500l5.5 5.500L8 13.5 2.5 8z",
  none: "M3 6.500h10v3H3z",
};

export interface BadgeProps {
  readonly tone: Tone;
  readonly children: ComponentChildren;
  readonly title?: string;
}

/** A state: shape, colour and word. */
export function Badge({ tone, children, title }: BadgeProps): JSX.Element {
  return (
    <span class={`badge ${tone}`} title={title}>
      <Mark tone={tone} />
      {children}
    </span>
  );
}

/** The shape of a tone alone, beside words that say the same. */
export function Mark({ tone }: { readonly tone: Tone }): JSX.Element {
  return (
    <svg class={`mark ${tone}`} width="10" height="10" viewBox="2 2 12 12" aria-hidden="true">
      <path d={SHAPES[tone]} fill="currentColor" />
    </svg>
  );
}
