// Links of panels and of values, one row each.

import type { JSX } from "preact";
import { Checkbox, Input } from "../../components/field";
import type { Link } from "../../panels/model";
import { withMember } from "./change";
import { JsonField } from "./json_field";
import { Rows } from "./rows";

export interface LinksFormProps {
  label: string;
  links: readonly Link[];
  onChange: (links: Link[]) => void;
}

export function LinksForm({ label, links, onChange }: LinksFormProps): JSX.Element {
  return (
    <div class="stack">
      <Rows
        what="link"
        rows={links}
        onChange={onChange}
        fresh={(): Link => ({ title: "", url: "" })}
        render={(link, put) => (
          <>
            <Input
              label="Title of the link"
              placeholder="title"
              value={link.title ?? ""}
              onInput={(title) => put({ ...link, title })}
            />
            <Input
              label="Address of the link"
              placeholder="/d/other?var-x=${__field.labels.x}"
              value={link.url ?? ""}
              onInput={(url) => put({ ...link, url })}
            />
            <Checkbox
              isChecked={link.targetBlank === true}
              onChange={(isOn) => put(withMember(link, "targetBlank", isOn || undefined))}
            >
              In a new window
            </Checkbox>
          </>
        )}
      />
      <AsJson label={label} value={links} onChange={onChange} />
    </div>
  );
}

/** What a form does not know is still there as text. */
export function AsJson(props: {
  label: string;
  value: unknown;
  onChange: (value: never) => void;
}): JSX.Element {
  return (
    <details class="as-json">
      <summary>As JSON</summary>
      <JsonField {...props} label={`${props.label} as JSON`} rows={8} />
    </details>
  );
}
