// The head of a dashboard: title, tags, star, links, what can be done with it.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { href, navigate, param, setParams } from "../app/route";
import { Button } from "../components/button";
import { Icon } from "../components/icon";
import { Menu, type MenuItems } from "../components/menu";
import { copy, toast, toastError } from "../components/toast";
import { resolveLink } from "../panels/links";
import type { Link } from "../panels/model";
import { deleteDashboard, exportPath, listDashboards, starDashboard } from "./api";
import { lazyPart } from "../components/lazy";
import type { Placed } from "./layout";
import { type Session, useSession } from "./session";
import { useLoad } from "../app/load";

const SaveDialog = lazyPart(() => import("./editor/save").then((module) => module.SaveDialog));
const Settings = lazyPart(() => import("./editor/settings").then((module) => module.Settings));
const Versions = lazyPart(() => import("./editor/versions").then((module) => module.Versions));

type Opened = "" | "save" | "copy" | "settings" | "versions";

export function Head({ viewed }: { viewed: Placed | undefined }): JSX.Element {
  const session = useSession();
  const [opened, setOpened] = useState<Opened>("");
  const { title, description } = session.dashboard.value;
  const meta = session.meta.value;
  const fixed = meta.provisioned || meta.builtin;
  const isEditing = session.isEditing.value;
  const close = (): void => setOpened("");
  return (
    <header class="dash-head no-print">
      <a class="muted dash-up" href={href("/dashboards")}>
        {meta.folderTitle || "Dashboards"}
      </a>
      <span class="muted" aria-hidden="true">
        /
      </span>
      <h1 class="clip" title={description ?? title}>
        {title}
      </h1>
      {viewed && (
        <Button
          icon="left"
          look="quiet"
          onClick={() => setParams({ viewPanel: null, series: null })}
        >
          Dashboard
        </Button>
      )}
      <Star session={session} />
      {fixed && (
        <span class="badge none" title={meta.builtin ? "Comes with Flyball" : "Comes from a file"}>
          {meta.builtin ? "built in" : "provisioned"}
        </span>
      )}
      <DashboardLinks />
      <span class="grow" />
      {session.isChanged.value && <span class="badge warn">unsaved</span>}
      {isEditing && (
        <Button icon="plus" onClick={() => addPanel(session)}>
          Add panel
        </Button>
      )}
      {isEditing && (
        <Button icon="settings" label="Settings" onClick={() => setOpened("settings")} />
      )}
      {(isEditing || session.isChanged.value) && (
        <Button look="primary" onClick={() => setOpened(fixed ? "copy" : "save")}>
          {fixed ? "Save a copy" : "Save"}
        </Button>
      )}
      <Button
        icon="edit"
        isPressed={isEditing}
        onClick={() => {
          session.isEditing.value = !isEditing;
        }}
      >
        {isEditing ? "Done" : "Edit"}
      </Button>
      <Menu label="More" align="end" items={() => more(session, setOpened)}>
        <Icon name="more" />
      </Menu>
      {(opened === "save" || opened === "copy") && (
        <SaveDialog session={session} asCopy={opened === "copy"} onClose={close} />
      )}
      {opened === "settings" && <Settings session={session} onClose={close} />}
      {opened === "versions" && <Versions session={session} onClose={close} />}
    </header>
  );
}

function Star({ session }: { session: Session }): JSX.Element {
  const { uid, starred = false } = session.meta.value;
  const flip = (): void => {
    starDashboard(uid, !starred).then(() => {
      session.meta.value = { ...session.meta.peek(), starred: !starred };
    }, toastError);
  };
  return (
    <Button
      icon="star"
      look="quiet"
      class={starred ? "starred" : ""}
      isPressed={starred}
      label={starred ? "Starred" : "Star"}
      onClick={flip}
    />
  );
}

function more(session: Session, open: (what: Opened) => void): MenuItems {
  const meta = session.meta.peek();
  const removal: MenuItems =
    meta.provisioned || meta.builtin
      ? []
      : [
          "line",
          {
            label: "Delete",
            icon: "trash",
            isDanger: true,
            run: () => {
              if (
                !confirm(
                  `Delete the dashboard "${session.dashboard.peek().title}" and its versions?`,
                )
              )
                return;
              deleteDashboard(meta.uid).then(() => navigate("/dashboards"), toastError);
            },
          },
        ];
  return [
    { label: "Settings and variables", icon: "settings", run: () => open("settings") },
    { label: "Versions", icon: "clock", run: () => open("versions") },
    { label: "Save a copy", icon: "copy", run: () => open("copy") },
    {
      label: "Copy JSON",
      icon: "copy",
      run: () => void copy(JSON.stringify(session.dashboard.peek(), null, 2)),
    },
    {
      label: "Export for Grafana",
      icon: "download",
      href: new URL(exportPath(meta.uid), document.baseURI).href,
    },
    { label: "Kiosk mode", icon: "expand", keys: "d k", run: () => setParams({ kiosk: "1" }) },
    { label: "Reload variables", icon: "refresh", run: () => session.variables.peek().reload() },
    ...removal,
  ];
}

/** Links of the dashboard: to addresses, or to all dashboards with some tags. */
function DashboardLinks(): JSX.Element {
  const session = useSession();
  const links = session.dashboard.value.links ?? [];
  return (
    <>
      {links.map((link, i) =>
        link.type === "dashboards" ? (
          <TagLinks key={i} link={link} />
        ) : (
          <PlainLink key={i} link={link} />
        ),
      )}
    </>
  );
}

function PlainLink({ link }: { link: Link }): JSX.Element | null {
  const session = useSession();
  const shown = resolveLink(link, session.linkContext());
  if (!shown) return null;
  const target = shown.blank ? { target: "_blank", rel: "noopener noreferrer" } : {};
  return (
    <a class="button quiet" href={shown.href} title={link.tooltip || shown.title} {...target}>
      <Icon name="external" size={13} />
      {shown.title}
    </a>
  );
}

function TagLinks({ link }: { link: Link }): JSX.Element | null {
  const session = useSession();
  const tags = link.tags ?? [];
  const { data = [] } = useLoad(
    (signal) => listDashboards({ tag: tags }, { signal }),
    [tags.join()],
  );
  const others = data.filter((one) => one.uid !== session.meta.value.uid);
  const items = others.flatMap((one): MenuItems => {
    const shown = resolveLink(
      { ...link, title: one.title, url: `/d/${one.uid}` },
      session.linkContext(),
    );
    return shown ? [{ label: one.title, href: shown.href }] : [];
  });
  if (items.length === 0) return null;
  return (
    <Menu items={items}>
      <Icon name="menu" />
      {link.title || tags.join(", ") || "Dashboards"}
    </Menu>
  );
}

/** A new panel at the top, opened in the editor. */
function addPanel(session: Session): void {
  const panels = session.dashboard.peek().panels;
  const ids = panels.flatMap((panel) => [
    panel.id,
    ...(panel.panels ?? []).map((inner) => inner.id),
  ]);
  const id = Math.max(0, ...ids) + 1;
  session.change((dashboard) => ({
    ...dashboard,
    panels: [
      {
        id,
        type: "timeseries",
        title: "New panel",
        gridPos: { x: 0, y: 0, w: 12, h: 8 },
        targets: [{ refId: "A", expr: param("expr") || "up" }],
        fieldConfig: { defaults: {}, overrides: [] },
        options: {},
      },
      ...dashboard.panels.map((panel) => ({
        ...panel,
        gridPos: { ...panel.gridPos, y: panel.gridPos.y + 8 },
      })),
    ],
  }));
  toast("Panel added", "good");
  setParams({ editPanel: String(id) });
}
