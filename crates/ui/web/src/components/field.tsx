// Fields of forms: a label, a control, a hint or a complaint.

import type { ComponentChildren, JSX, Ref } from "preact";
import { useId } from "preact/hooks";
import { classes } from "./button";
import { Icon } from "./icon";
import "./field.css";

export interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  /** What is wrong with the value. */
  readonly error?: string | undefined;
  /** The control; is given the id that the label names. */
  readonly children: (id: string, describedBy: string | undefined) => ComponentChildren;
}

export function Field({ label, hint, error, children }: FieldProps): JSX.Element {
  const id = useId();
  const about = error ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, about ? `${id}-about` : undefined)}
      {about && (
        <small
          id={`${id}-about`}
          class={error ? "field-error" : "muted"}
          role={error ? "alert" : undefined}
        >
          {about}
        </small>
      )}
    </div>
  );
}

export interface InputProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly id?: string;
  /** Name, when no label names the field. */
  readonly label?: string;
  readonly describedBy?: string | undefined;
  readonly placeholder?: string;
  readonly type?: "text" | "search" | "number" | "password";
  readonly isInvalid?: boolean;
  readonly isMono?: boolean;
  readonly class?: string;
  readonly onEnter?: () => void;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly extra?: JSX.InputHTMLAttributes<HTMLInputElement>;
}

export function Input(props: InputProps): JSX.Element {
  return (
    <input
      class={classes("input", props.isMono && "mono", props.class)}
      type={props.type ?? "text"}
      id={props.id}
      value={props.value}
      placeholder={props.placeholder}
      aria-label={props.label}
      aria-describedby={props.describedBy}
      aria-invalid={props.isInvalid || undefined}
      spellcheck={false}
      autocomplete="off"
      ref={props.inputRef ?? null}
      onInput={(event) => props.onInput(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Enter" && props.onEnter?.()}
      {...props.extra}
    />
  );
}

export interface SearchProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly label: string;
  readonly placeholder?: string;
}

/** A field that narrows what is listed below it. */
export function Search({ value, onInput, label, placeholder }: SearchProps): JSX.Element {
  return (
    <div class="search">
      <Icon name="search" />
      <Input
        type="search"
        value={value}
        onInput={onInput}
        label={label}
        placeholder={placeholder ?? label}
      />
    </div>
  );
}

export interface SelectProps {
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
  readonly id?: string;
  readonly label?: string;
}

export function Select({ value, options, onChange, id, label }: SelectProps): JSX.Element {
  return (
    <select
      class="input"
      id={id}
      value={value}
      aria-label={label}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

export interface CheckboxProps {
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
  readonly children: ComponentChildren;
}

export function Checkbox({ isChecked, onChange, children }: CheckboxProps): JSX.Element {
  return (
    <label class="checkbox">
      <input
        type="checkbox"
        checked={isChecked}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{children}</span>
    </label>
  );
}
