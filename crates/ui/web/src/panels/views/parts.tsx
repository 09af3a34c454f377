// Small pieces that several panel types share: links around a value, "no data".

import type { ComponentChildren, JSX } from "preact";
import type { ShownLink } from "./props";

/** The content as a link; with several, as a list that opens below it. */
export function Linked({
  links,
  children,
}: {
  links: readonly ShownLink[];
  children: ComponentChildren;
}): JSX.Element {
  const [first] = links;
  if (!first) return <>{children}</>;
  if (links.length === 1) return <Anchor link={first}>{children}</Anchor>;
  return (
    <details class="linked">
      <summary>{children}</summary>
      <ul>
        {links.map((link, i) => (
          <li key={i}>
            <Anchor link={link}>{link.title}</Anchor>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** A link of a dashboard; foreign ones open without a way back into this page. */
export function Anchor({
  link,
  children,
}: {
  link: ShownLink;
  children: ComponentChildren;
}): JSX.Element {
  const target = link.blank ? { target: "_blank", rel: "noopener noreferrer" } : {};
  return (
    <a class="linked-value" href={link.href} title={link.title} {...target}>
      {children}
    </a>
  );
}

export function NoValue({ text }: { text?: string | undefined }): JSX.Element {
  return <div class="no-value">{text || "No data"}</div>;
}
