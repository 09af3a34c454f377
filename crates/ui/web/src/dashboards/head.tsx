// The head of a dashboard: title, tags, star, links, what can be done with it.

import type { JSX } from "preact";
import { href, param, setParams } from "../app/route";
import { Button } from "../components/button";
import { Icon } from "../components/icon";
import { Menu } from "../components/menu";
import { toastError } from "../components/toast";
import { starDashboard } from "./api";
import { lazyPart } from "../components/lazy";
import type { Placed } from "./layout";
import { type Session, useSession } from "./session";

const SaveDialog = lazyPart(() => import("./editor/save").then((module) => module.SaveDialog));
const Settings = lazyPart(() => import("./editor/settings").then((module) => module.Settings));
const DashboardLinks = lazyPart(() =>
  import("./dashboard_links").then((module) => module.DashboardLinks),
);
const Versions = lazyPart(() => import("./editor/versions").then((module) => module.Versions));

/** What stands over the dashboard, as the address has it: Grafana's `editview`. */
export type Opened = "" | "save" | "copy" | "settings" | "versions";

export function Head({ viewed }: { viewed: Placed | undefined }): JSX.Element {
  const session = useSession();
  const { title, description, links = [] } = session.dashboard.value;
  const meta = session.meta.value;
  const fixed = meta.provisioned || meta.builtin;
  const isEditing = session.isEditing.value;
  return (
    <header class="dash-head">
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
        <Button icon="left" look="quiet" onClick={() => setParams({ viewPanel: null })}>
          Dashboard
        </Button>
      )}
      <Star session={session} />
      {fixed && (
        <span class="badge none" title={meta.builtin ? "Comes with Flyball" : "Comes from a file"}>
          {meta.builtin ? "built in" : "provisioned"}
        </span>
      )}
      {links.length > 0 && <DashboardLinks links={links} />}
      <span class="grow" />
      {session.isChanged.value && <span class="badge warn">unsaved</span>}
      {isEditing && (
        <Button
          icon="plus"
          onClick={() => void import("./actions").then(({ addPanel }) => addPanel(session))}
        >
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
        onClick={() => setParams({ edit: isEditing ? null : "1" })}
      >
        {isEditing ? "Done" : "Edit"}
      </Button>
      <Menu
        label="More"
        align="end"
        items={async () => (await import("./actions")).dashboardItems(session, setOpened)}
      >
        <Icon name="more" />
      </Menu>
    </header>
  );
}

const setOpened = (what: Opened): void => setParams({ editview: what });

/** What the address puts over the dashboard. */
export function Over(): JSX.Element | null {
  const session = useSession();
  const props = {
    session,
    onClose: () => setParams({ editview: null, tab: null }, { replace: true }),
  };
  switch (param("editview") as Opened) {
    case "save":
      return <SaveDialog {...props} asCopy={false} />;
    case "copy":
      return <SaveDialog {...props} asCopy />;
    case "versions":
      return <Versions {...props} />;
    case "":
      return null;
    default:
      return <Settings {...props} />;
  }
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
