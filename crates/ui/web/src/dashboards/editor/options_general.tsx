// Type, title and repeat of a panel; the text of a text panel.

import type { JSX } from "preact";
import { Checkbox, Field, Input, Select } from "../../components/field";
import { PANEL_TYPES } from "../../panels/views";
import { withMember, withOption } from "./change";
import { choices, type OptionsProps } from "./options_props";

export function General({ panel, change }: OptionsProps): JSX.Element {
  const types = PANEL_TYPES.map(({ type, name }) => ({ value: type, label: name }));
  const known = types.some((one) => one.value === panel.type)
    ? types
    : [{ value: panel.type, label: panel.type }, ...types];
  const set = (name: string, value: unknown): void => change((now) => withMember(now, name, value));
  return (
    <details open>
      <summary>Panel</summary>
      <div>
        <Field label="Type">
          {(id) => (
            <Select
              id={id}
              value={panel.type}
              options={known}
              onChange={(value) => set("type", value)}
            />
          )}
        </Field>
        <Field label="Title">
          {(id) => (
            <Input id={id} value={panel.title ?? ""} onInput={(value) => set("title", value)} />
          )}
        </Field>
        <Field label="Description">
          {(id) => (
            <Input
              id={id}
              value={panel.description ?? ""}
              onInput={(value) => set("description", value)}
            />
          )}
        </Field>
        <Field label="Repeat by variable">
          {(id) => (
            <Input id={id} value={panel.repeat ?? ""} onInput={(value) => set("repeat", value)} />
          )}
        </Field>
        <Checkbox
          isChecked={panel.transparent === true}
          onChange={(value) => set("transparent", value)}
        >
          Without a frame
        </Checkbox>
      </div>
    </details>
  );
}

export function Text({ panel, change }: OptionsProps): JSX.Element {
  const { mode = "markdown", content = "" } = (panel.options ?? {}) as {
    mode?: string;
    content?: string;
  };
  return (
    <details open>
      <summary>Text</summary>
      <div class="stack">
        <Field label="Mode">
          {(id) => (
            <Select
              id={id}
              value={mode}
              options={choices("markdown", "html", "code")}
              onChange={(value) => change((now) => withOption(now, ["mode"], value))}
            />
          )}
        </Field>
        <textarea
          class="code-input"
          aria-label="Content"
          value={content}
          onInput={(event) =>
            change((now) => withOption(now, ["content"], event.currentTarget.value))
          }
        />
      </div>
    </details>
  );
}
