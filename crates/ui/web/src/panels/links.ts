// Links of dashboards, panels and values: variables filled in, only addresses that are safe.
// Used by chrome and views. Pure.

import { interpolate, type Scope } from "./interpolate";
import type { Link } from "./model";
import type { ShownLink } from "./views/props";

export interface LinkContext {
  scope: Scope;
  /** The dashboard's own parameters, for links that keep them. */
  timeParams: string;
  varParams: string;
  /** Path of the page's base: `` or `/prefix`. */
  prefix: string;
}

/** A link ready to be shown; undefined when its address is none we follow. */
export function resolveLink(
  link: Link,
  context: LinkContext,
  extra?: Scope,
): ShownLink | undefined {
  const scope: Scope = (name, path) => {
    if (name === "__url_time_range") return { value: context.timeParams, verbatim: true };
    if (name === "__all_variables") return { value: context.varParams, verbatim: true };
    return extra?.(name, path) ?? context.scope(name, path);
  };
  const filled = interpolate(link.url ?? "", scope, "url");
  const kept = [link.keepTime ? context.timeParams : "", link.includeVars ? context.varParams : ""]
    .filter(Boolean)
    .join("&");
  const href = safeAddress(
    kept ? `${filled}${filled.includes("?") ? "&" : "?"}${kept}` : filled,
    context.prefix,
  );
  if (href === undefined) return undefined;
  return {
    title: interpolate(link.title ?? "", scope, "text") || "Link",
    href,
    blank: link.targetBlank ?? false,
  };
}

/** Only http, https and mail; paths are those of this server. */
export function safeAddress(address: string, prefix: string): string | undefined {
  const text = address.trim();
  if (/^(https?:|mailto:)/i.test(text)) return text;
  if (/^[a-z][a-z\d+.-]*:/i.test(text) || text.startsWith("//") || text === "") return undefined;
  if (text.startsWith("?") || text.startsWith("#")) return text;
  // Grafana's own paths lead to the same places here.
  const path = text.startsWith("/") ? text : `/${text}`;
  return path.startsWith(`${prefix}/`) && prefix !== "" ? path : `${prefix}${path}`;
}
