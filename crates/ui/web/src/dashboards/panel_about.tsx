// What a panel's author says of it, under its question mark. Loaded with the first one.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { prefix } from "../app/route";
import { Icon } from "../components/icon";
import { safeAddress } from "../panels/links";
import { Markdown } from "../panels/views/markdown";

const address = (href: string): string | undefined => safeAddress(href, prefix);

export function About({ text }: { text: string }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="panel-about" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary title={text}>
        <Icon name="help" size={13} />
        <span class="only-heard">Description</span>
      </summary>
      <div>{isOpen && <Markdown text={text} address={address} />}</div>
    </details>
  );
}
