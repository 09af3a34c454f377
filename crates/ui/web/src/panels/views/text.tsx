// Panel type `text`: Markdown, HTML (made safe) or code, with variables filled in.

import type { JSX } from "preact";
import { prefix } from "../../app/route";
import { safeAddress } from "../links";
import { SafeHtml } from "./html";
import { Markdown } from "./markdown";
import { optionsOf, type ViewProps } from "./props";

interface Options {
  mode: string;
  content: string;
}

const address = (href: string): string | undefined => safeAddress(href, prefix);

export function TextView({ panel, fill, title }: ViewProps): JSX.Element {
  const options = optionsOf<Options>(panel);
  const content = fill(options.content ?? (typeof panel.content === "string" ? panel.content : ""));
  const mode = options.mode ?? (typeof panel.mode === "string" ? panel.mode : "markdown");
  return (
    <div class="text-panel" tabIndex={0} role="region" aria-label={title || "Text"}>
      {mode === "code" ? (
        <pre>
          <code>{content}</code>
        </pre>
      ) : mode === "html" ? (
        <SafeHtml html={content} address={address} />
      ) : (
        <Markdown text={content} address={address} />
      )}
    </div>
  );
}
