// Annotations of a dashboard, one row each: told ones by their tags, or moments at which a query has a value.

import type { JSX } from "preact";
import { Checkbox, Field, Input, Select } from "../../components/field";
import type { AnnotationQuery, Panel } from "../../panels/model";
import { allPanels } from "../layout";
import type { Session } from "../session";
import { withMember } from "./change";
import { ColorInput } from "./color_input";
import { AsJson } from "./links_form";
import { Rows } from "./rows";

type Kind = "tags" | "query" | "dashboard";

const KINDS: readonly { value: Kind; label: string }[] = [
  { value: "tags", label: "Annotations with tags" },
  { value: "query", label: "Moments of a query" },
  { value: "dashboard", label: "Annotations of this dashboard" },
];

/** Which form a query has. */
export function kindOf({ builtIn, expr, target, type }: AnnotationQuery): Kind {
  if (expr !== undefined || target?.expr !== undefined) return "query";
  return builtIn || (target?.type ?? type) === "dashboard" ? "dashboard" : "tags";
}

/** The same annotation asked for in another way; what both ways know stays. */
export function withKind(query: AnnotationQuery, kind: Kind): AnnotationQuery {
  const { expr: _expr, step: _step, titleFormat: _title, textFormat: _text, ...some } = query;
  const {
    tagKeys: _keys,
    target: _target,
    tags: _tags,
    type: _type,
    builtIn: _own,
    ...rest
  } = some;
  if (kind === "query") return { ...rest, expr: "", titleFormat: "" };
  return { ...rest, target: kind === "tags" ? { type: "tags", tags: [] } : { type: "dashboard" } };
}

export function AnnotationsForm({ session }: { session: Session }): JSX.Element {
  const { annotations, panels } = session.dashboard.value;
  const list = annotations?.list ?? [];
  const change = (next: AnnotationQuery[]): void =>
    session.change((now) => ({ ...now, annotations: { ...now.annotations, list: next } }));
  return (
    <section class="stack" aria-label="Annotations">
      <h3>Annotations</h3>
      <p class="muted">
        What was annotated on this dashboard is shown in any case. Ctrl with a click or a drag on a
        chart annotates.
      </p>
      <Rows
        what="annotation"
        rows={list}
        onChange={change}
        fresh={() => freshOf(list)}
        render={(query, put) => <Row query={query} put={put} panels={panels} />}
      />
      <AsJson
        label="Annotations"
        value={annotations ?? { list: [] }}
        onChange={(value) => session.change((now) => ({ ...now, annotations: value }))}
      />
    </section>
  );
}

function freshOf(list: readonly AnnotationQuery[]): AnnotationQuery {
  const name = list.some((query) => query.name === "Deploys")
    ? `Annotation ${list.length + 1}`
    : "Deploys";
  return { name, enable: true, iconColor: "blue", target: { type: "tags", tags: ["deploy"] } };
}

interface RowProps {
  query: AnnotationQuery;
  put: (query: AnnotationQuery) => void;
}

function Row({ query, put, panels }: RowProps & { panels: readonly Panel[] }): JSX.Element {
  const kind = kindOf(query);
  return (
    <div class="stack grow">
      <div class="annotation-head">
        <Field label="Name">
          {(id) => (
            <Input
              id={id}
              value={query.name}
              // The address lists names with commas between them.
              onInput={(name) => put({ ...query, name: name.replaceAll(",", "") })}
            />
          )}
        </Field>
        <Field label="Shows">
          {(id) => (
            <Select
              id={id}
              value={kind}
              options={KINDS}
              onChange={(next) => put(withKind(query, next as Kind))}
            />
          )}
        </Field>
        <div class="field">
          <span>Colour</span>
          <ColorInput
            label="Colour of the annotation"
            value={query.iconColor ?? ""}
            onInput={(iconColor) => put(withMember(query, "iconColor", iconColor))}
          />
        </div>
      </div>
      {kind === "query" && <OfQuery query={query} put={put} />}
      {kind === "tags" && <OfTags query={query} put={put} />}
      <Places query={query} put={put} panels={panels} />
      <div class="line">
        <Checkbox
          isChecked={query.enable !== false}
          onChange={(enable) => put({ ...query, enable })}
        >
          On when the dashboard opens
        </Checkbox>
        <Checkbox
          isChecked={query.hide !== true}
          onChange={(isShown) => put({ ...query, hide: !isShown })}
        >
          With a switch above the panels
        </Checkbox>
      </div>
    </div>
  );
}

const listed = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);

function OfTags({ query, put }: RowProps): JSX.Element {
  const target = { type: "tags", tags: query.tags ?? [], ...query.target };
  return (
    <div class="line">
      <Input
        class="grow"
        label="Tags of the annotation"
        placeholder="deploy, shop"
        value={target.tags.join(", ")}
        onInput={(tags) => put({ ...query, target: { ...target, tags: listed(tags) } })}
      />
      <Checkbox
        isChecked={target.matchAny === true}
        onChange={(matchAny) => put({ ...query, target: { ...target, matchAny } })}
      >
        One of them is enough
      </Checkbox>
    </div>
  );
}

const TEXTS = [
  ["titleFormat", "Title", "{{alertname}}"],
  ["textFormat", "Text", "{{instance}}"],
  ["tagKeys", "Labels as tags", "job, severity"],
  ["step", "Step", "60s"],
] as const;

function OfQuery({ query, put }: RowProps): JSX.Element {
  const { target } = query;
  const setExpr = (expr: string): void =>
    put(
      target?.expr === undefined ? { ...query, expr } : { ...query, target: { ...target, expr } },
    );
  return (
    <>
      <Field label="Expression" hint="Where it is not zero; neighbouring points are one stretch">
        {(id, about) => (
          <Input
            id={id}
            describedBy={about}
            isMono
            value={target?.expr ?? query.expr ?? ""}
            placeholder="changes(process_start_time_seconds[1m]) > 0"
            onInput={setExpr}
          />
        )}
      </Field>
      <div class="annotation-head">
        {TEXTS.map(([name, label, placeholder]) => (
          <Field key={name} label={label}>
            {(id) => (
              <Input
                id={id}
                value={query[name] ?? ""}
                placeholder={placeholder}
                onInput={(value) => put(withMember(query, name, value))}
              />
            )}
          </Field>
        ))}
      </div>
    </>
  );
}

/** On which panels it is shown. */
function Places({ query, put, panels }: RowProps & { panels: readonly Panel[] }): JSX.Element {
  const { filter } = query;
  const way = filter?.ids ? (filter.exclude ? "except" : "only") : "all";
  const ids = filter?.ids ?? [];
  const flip = (id: number, isOn: boolean): void =>
    put({
      ...query,
      filter: { ...filter, ids: isOn ? [...ids, id] : ids.filter((one) => one !== id) },
    });
  const setWay = (next: string): void =>
    put(
      withMember(query, "filter", next === "all" ? undefined : { ids, exclude: next === "except" }),
    );
  const drawn = allPanels(panels).filter(({ type }) => type === "timeseries");
  return (
    <div class="line annotation-places">
      <Select
        label="Panels of the annotation"
        value={way}
        onChange={setWay}
        options={[
          { value: "all", label: "On all panels" },
          { value: "only", label: "Only on" },
          { value: "except", label: "On all but" },
        ]}
      />
      {way !== "all" &&
        drawn.map(({ id, title }) => (
          <Checkbox key={id} isChecked={ids.includes(id)} onChange={(isOn) => flip(id, isOn)}>
            {title || `Panel ${id}`}
          </Checkbox>
        ))}
    </div>
  );
}
