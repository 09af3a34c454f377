// HTML of text panels, taken apart and made anew from a list of harmless elements.
// The browser's parser reads it into an inert document: nothing runs, nothing is loaded. Scripts, styles,
// frames, forms, events and images from elsewhere are left out; their text stays where it has any.

import { type ComponentChild, Fragment, h, type JSX } from "preact";

const HTML_MAX = 200_000;
const DEPTH_MAX = 40;
const ALLOWED = new Set([
  "a",
  "abbr",
  "b",
  "blockquote",
  "br",
  "center",
  "code",
  "dd",
  "details",
  "div",
  "dl",
  "dt",
  "em",
  "figcaption",
  "figure",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "hr",
  "i",
  "kbd",
  "li",
  "mark",
  "ol",
  "p",
  "pre",
  "s",
  "samp",
  "small",
  "span",
  "strong",
  "sub",
  "summary",
  "sup",
  "table",
  "tbody",
  "td",
  "tfoot",
  "th",
  "thead",
  "tr",
  "u",
  "ul",
]);
const DROPPED = new Set([
  "script",
  "style",
  "iframe",
  "object",
  "embed",
  "template",
  "noscript",
  "svg",
  "math",
  "link",
  "meta",
  "head",
]);
const PROPERTIES = [
  "color",
  "background-color",
  "text-align",
  "font-size",
  "font-weight",
  "font-style",
  "text-decoration",
  "width",
  "padding",
  "margin",
  "border",
  "border-radius",
  "line-height",
  "display",
  "vertical-align",
  "white-space",
];

type Address = (href: string) => string | undefined;

/** A safe rendering of HTML. */
export function SafeHtml({ html, address }: { html: string; address: Address }): JSX.Element {
  const parsed = new DOMParser().parseFromString(quiet(html.slice(0, HTML_MAX)), "text/html");
  return (
    <div class="markdown">
      {[...parsed.body.childNodes].map((node) => convert(node, address, 0))}
    </div>
  );
}

/** What the security policy refuses, and complains of, under names that it does not know. */
function quiet(html: string): string {
  const renamed = (tag: string): string =>
    tag
      .replace(/(?<=[\s"'/])(style|on\w+)(?=\s*=)/gi, "data-$1")
      .replace(/^<(\/?)style\b/i, "<$1template");
  return html.replace(/<[^>]*>/g, renamed);
}

function convert(node: Node, address: Address, depth: number): ComponentChild {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element) || depth > DEPTH_MAX) return null;
  const name = node.localName;
  if (DROPPED.has(name)) return null;
  const children = [...node.childNodes].map((child) => convert(child, address, depth + 1));
  if (name === "img") return node.getAttribute("alt");
  if (!ALLOWED.has(name)) return h(Fragment, null, ...children);
  return h(name === "center" ? "div" : name, attributes(node, name, address), ...children);
}

function attributes(node: Element, name: string, address: Address): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const kept of ["title", "colspan", "rowspan", "align"]) {
    const value = node.getAttribute(kept);
    if (value !== null) made[kept] = value;
  }
  if (name === "a") {
    const href = address(node.getAttribute("href") ?? "");
    if (href !== undefined) Object.assign(made, { href, rel: "noopener noreferrer" });
    if (node.getAttribute("target") === "_blank") made.target = "_blank";
  }
  const style = safeStyle(node);
  if (Object.keys(style).length > 0) made.style = style;
  if (name === "center") made.style = { ...style, "text-align": "center" };
  return made;
}

/** Declarations that change how a text looks; nothing that loads or leaves its place. */
function safeStyle(node: Element): Record<string, string> {
  const made: Record<string, string> = {};
  for (const declaration of (node.getAttribute("data-style") ?? "").split(";")) {
    const [property = "", ...rest] = declaration.split(":");
    const name = property.trim().toLowerCase();
    const value = rest.join(":").trim();
    if (PROPERTIES.includes(name) && !/url\s*\(|expression|@|\\|var\s*\(/i.test(value))
      made[name] = value;
  }
  return made;
}
