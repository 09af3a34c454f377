// All dashboards: search, folders, tags, stars; new ones; import of Grafana's JSON.
// What is searched for stands in the address.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { href, param, route, setParams } from "../app/route";
import { useLoad } from "../app/load";
import { Button } from "../components/button";
import { Search } from "../components/field";
import { Icon } from "../components/icon";
import { Empty, Loading, Problem } from "../components/state";
import { toastError } from "../components/toast";
import { formatDate } from "../format/dates";
import { navigate } from "../app/route";
import { createDashboard, type Listed, loadListing, starDashboard, type Trouble } from "./api";
import { lazyPart } from "../components/lazy";
import "./browser.css";

const ImportDialog = lazyPart(() => import("./import").then((module) => module.ImportDialog));

export function BrowserPage(): JSX.Element {
  const { data: listing, error, reload } = useLoad((signal) => loadListing({}, { signal }), []);
  const data = listing?.dashboards;
  const query = param("query");
  const tags = route.value.params.getAll("tag");
  const starredOnly = param("starred") === "true";
  const folder = param("folder");
  const found = useMemo(
    () => filtered(data ?? [], { query, tags, starredOnly, folder }),
    [data, query, tags.join(), starredOnly, folder],
  );
  return (
    <article class="browser" aria-label="Dashboards">
      <div class="line">
        <h1>Dashboards</h1>
        <span class="grow" />
        <Search
          label="Search dashboards"
          placeholder="Search by title, folder or tag"
          value={query}
          onInput={(words) => setParams({ query: words }, { replace: true })}
        />
        <Button
          icon="star"
          isPressed={starredOnly}
          onClick={() => setParams({ starred: starredOnly ? null : "true" })}
        >
          Starred
        </Button>
        <Button icon="upload" onClick={() => setParams({ import: "1" })}>
          Import
        </Button>
        <Button icon="plus" look="primary" onClick={() => create()}>
          New
        </Button>
      </div>
      <Tags all={data ?? []} chosen={tags} />
      {error && <Problem error={error} onRetry={reload} isSlim={data !== undefined} />}
      {!data && !error && <Loading what="Dashboards" />}
      <Troubles list={listing?.troubles ?? []} />
      {data && found.length === 0 && <Nothing any={data.length > 0} />}
      {groups(found).map(([name, list]) => (
        <Folder key={name} name={name} list={list} reload={reload} />
      ))}
      {param("import") !== "" && (
        <ImportDialog
          onClose={() => {
            setParams({ import: null });
            reload();
          }}
        />
      )}
    </article>
  );
}

interface Filter {
  query: string;
  tags: readonly string[];
  starredOnly: boolean;
  folder: string;
}

/** Every word must be found in title, folder or tags; the order stays by title. */
export function filtered(
  all: readonly Listed[],
  { query, tags, starredOnly, folder }: Filter,
): Listed[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return all
    .filter((one) => {
      const text = [one.title, one.folderTitle, ...one.tags].join(" ").toLowerCase();
      return (
        words.every((word) => text.includes(word)) &&
        tags.every((tag) => one.tags.includes(tag)) &&
        (!starredOnly || one.starred) &&
        (folder === "" || one.folder === folder)
      );
    })
    .sort((a, b) => a.title.localeCompare(b.title, "en"));
}

/** Starred ones first, then folder by folder. */
export function groups(list: readonly Listed[]): [string, Listed[]][] {
  const made = new Map<string, Listed[]>();
  for (const one of list) {
    const name = one.folderTitle || (one.builtin ? "Flyball" : "General");
    made.set(name, [...(made.get(name) ?? []), one]);
  }
  const starred = list.filter((one) => one.starred);
  const folders = [...made].sort(([a], [b]) => a.localeCompare(b, "en"));
  return starred.length > 0 ? [["Starred", starred], ...folders] : folders;
}

function Tags({
  all,
  chosen,
}: {
  all: readonly Listed[];
  chosen: readonly string[];
}): JSX.Element | null {
  const names = [...new Set(all.flatMap((one) => one.tags))].sort();
  if (names.length === 0) return null;
  const flip = (name: string): void =>
    setParams({
      tag: chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name],
    });
  return (
    <div class="line" role="group" aria-label="Tags">
      {names.map((name) => (
        <button
          key={name}
          type="button"
          class="tag"
          aria-pressed={chosen.includes(name)}
          onClick={() => flip(name)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

/** Files of provisioned folders that cannot be read as dashboards. */
function Troubles({ list }: { list: readonly Trouble[] }): JSX.Element | null {
  if (list.length === 0) return null;
  return (
    <details class="card" open={list.length < 4}>
      <summary>
        <span class="badge warn">{list.length}</span> files are no dashboards
      </summary>
      <ul class="report">
        {list.map((one) => (
          <li key={one.path}>
            <code>{one.path}</code>
            <span>{one.message}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Nothing({ any }: { any: boolean }): JSX.Element {
  return any ? (
    <Empty title="No dashboard fits">
      <a href={href("/dashboards")}>Show all</a>
    </Empty>
  ) : (
    <Empty title="No dashboards yet">Import one of Grafana's, or make a new one.</Empty>
  );
}

function Folder({
  name,
  list,
  reload,
}: {
  name: string;
  list: readonly Listed[];
  reload: () => void;
}): JSX.Element {
  return (
    <section>
      <h2 class="browser-folder">
        {name}
        <small class="muted">{list.length}</small>
      </h2>
      <ul class="browser-list">
        {list.map((one) => (
          <Item key={one.uid} one={one} reload={reload} />
        ))}
      </ul>
    </section>
  );
}

function Item({ one, reload }: { one: Listed; reload: () => void }): JSX.Element {
  const star = (): void => {
    starDashboard(one.uid, !one.starred).then(reload, toastError);
  };
  const updated = Date.parse(one.updated ?? "");
  return (
    <li>
      <Button
        icon="star"
        look="quiet"
        class={one.starred ? "starred" : ""}
        isPressed={one.starred}
        label={`Star ${one.title}`}
        onClick={star}
      />
      <a class="clip" href={href(`/d/${encodeURIComponent(one.uid)}/${slug(one.title)}`)}>
        {one.title}
      </a>
      <small class="muted clip wide-only">{one.tags.join(", ")}</small>
      <span class="browser-origin">
        {one.builtin && <span class="badge none">built in</span>}
        {one.provisioned && <span class="badge none">provisioned</span>}
        {Number.isFinite(updated) && updated > 0 && !one.builtin && (
          <small class="muted wide-only">
            {formatDate(updated, "YYYY-MM-DD HH:mm", "browser")}
          </small>
        )}
      </span>
      <Icon name="right" size={12} />
    </li>
  );
}

/** The readable end of a dashboard's address. */
export function slug(title: string): string {
  return (
    title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 60) || "dashboard"
  );
}

function create(): void {
  const dashboard = {
    title: "New dashboard",
    schemaVersion: 41,
    panels: [],
    templating: { list: [] },
    annotations: { list: [] },
    time: { from: "now-1h", to: "now" },
    tags: [],
  };
  createDashboard({ dashboard }).then(
    (meta) => navigate(`/d/${meta.uid}/new-dashboard`),
    toastError,
  );
}
