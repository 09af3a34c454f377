// Links of a dashboard beside its title.

import type { JSX } from "preact";
import { useLoad } from "../app/load";
import { Icon } from "../components/icon";
import { Menu, type MenuItems } from "../components/menu";
import { resolveLink } from "../panels/links";
import type { Link } from "../panels/model";
import { listDashboards } from "./api";
import { useSession } from "./session";

/** Links of the dashboard: to addresses, or to all dashboards with some tags. */
export function DashboardLinks({ links }: { links: readonly Link[] }): JSX.Element {
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

/** Dashboards that stand beside each other; more are in a menu, whatever the link says. */
const BESIDE_MAX = 10;

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
  if (!link.asDropdown && items.length <= BESIDE_MAX)
    return (
      <>
        {others.map((one) => (
          <PlainLink key={one.uid} link={{ ...link, title: one.title, url: `/d/${one.uid}` }} />
        ))}
      </>
    );
  return (
    <Menu items={items}>
      <Icon name="menu" />
      {link.title || tags.join(", ") || "Dashboards"}
    </Menu>
  );
}
