// Links in the head of a dashboard: to an address, or to all dashboards with some tags.

import type { JSX } from "preact";
import { Checkbox, Field, Input, Select } from "../../components/field";
import type { Link } from "../../panels/model";
import type { Session } from "../session";
import { withMember } from "./change";
import { AsJson } from "./links_form";
import { Rows } from "./rows";

const FLAGS = [
  ["includeVars", "With the variables"],
  ["keepTime", "With the range of time"],
  ["targetBlank", "In a new window"],
] as const;

export function DashboardLinksForm({ session }: { session: Session }): JSX.Element {
  const links = session.dashboard.value.links ?? [];
  const change = (next: Link[]): void => session.change((now) => ({ ...now, links: next }));
  return (
    <section class="stack" aria-label="Links">
      <h3>Links</h3>
      <Rows
        what="link"
        rows={links}
        onChange={change}
        isOrdered
        fresh={(): Link => ({ type: "link", title: "", url: "", tags: [], targetBlank: true })}
        render={(link, put) => <Row link={link} put={put} />}
      />
      <AsJson label="Links" value={links} onChange={change} />
    </section>
  );
}

interface RowProps {
  link: Link;
  put: (link: Link) => void;
}

function Row({ link, put }: RowProps): JSX.Element {
  const isList = link.type === "dashboards";
  return (
    <div class="stack grow">
      <div class="annotation-head">
        <Field label="Title">
          {(id) => (
            <Input id={id} value={link.title ?? ""} onInput={(title) => put({ ...link, title })} />
          )}
        </Field>
        <Field label="Leads to">
          {(id) => (
            <Select
              id={id}
              value={isList ? "dashboards" : "link"}
              onChange={(type) => put({ ...link, type })}
              options={[
                { value: "link", label: "An address" },
                { value: "dashboards", label: "Dashboards with tags" },
              ]}
            />
          )}
        </Field>
        {isList ? (
          <Field label="Tags">
            {(id) => (
              <Input
                id={id}
                value={(link.tags ?? []).join(", ")}
                onInput={(tags) =>
                  put({
                    ...link,
                    tags: tags
                      .split(",")
                      .map((tag) => tag.trim())
                      .filter(Boolean),
                  })
                }
              />
            )}
          </Field>
        ) : (
          <Field label="Address">
            {(id) => (
              <Input id={id} value={link.url ?? ""} onInput={(url) => put({ ...link, url })} />
            )}
          </Field>
        )}
      </div>
      <div class="line">
        {FLAGS.map(([name, label]) => (
          <Checkbox
            key={name}
            isChecked={link[name] === true}
            onChange={(isOn) => put(withMember(link, name, isOn || undefined))}
          >
            {label}
          </Checkbox>
        ))}
      </div>
    </div>
  );
}
