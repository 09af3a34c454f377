// Markdown as nodes: headings, lists, tables, code, quotes, links, emphasis. No HTML is ever parsed into the page.
// Used by text panels. Pure; input is bounded.

import type { ComponentChild, JSX } from "preact";
import "./markdown.css";

const TEXT_MAX = 200_000;
type Address = (href: string) => string | undefined;

/** The blocks of a text. */
export function Markdown({ text, address }: { text: string; address: Address }): JSX.Element {
  return <div class="markdown">{blocks(text.slice(0, TEXT_MAX).split(/\r?\n/), address)}</div>;
}

function blocks(lines: readonly string[], address: Address): ComponentChild[] {
  const made: ComponentChild[] = [];
  let at = 0;
  while (at < lines.length) {
    const [node, next] = block(lines, at, address);
    if (node !== undefined) made.push(node);
    at = Math.max(next, at + 1);
  }
  return made;
}

type Block = [node: ComponentChild | undefined, next: number];

function block(lines: readonly string[], at: number, address: Address): Block {
  const line = lines[at]!;
  if (line.trim() === "") return [undefined, at + 1];
  const fence = /^\s*(```|~~~)/.exec(line);
  if (fence) return fenced(lines, at, fence[1]!);
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (heading) return [headed(heading[1]!.length, inline(heading[2]!, address)), at + 1];
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return [<hr />, at + 1];
  if (/^\s*>/.test(line)) return quoted(lines, at, address);
  if (/^\s*([-*+]|\d+[.)])\s+/.test(line)) return listed(lines, at, address);
  if (line.includes("|") && /^\s*\|?[\s:|-]+\|[\s:|-]*$/.test(lines[at + 1] ?? ""))
    return tabled(lines, at, address);
  return paragraph(lines, at, address);
}

function headed(level: number, content: ComponentChild[]): JSX.Element {
  // A panel's heading is below that of the dashboard and its own title.
  const Tag = `h${Math.min(6, level + 1)}` as "h2";
  return <Tag class={`md-h${level}`}>{content}</Tag>;
}

function fenced(lines: readonly string[], at: number, fence: string): Block {
  let end = at + 1;
  while (end < lines.length && !lines[end]!.trim().startsWith(fence)) end++;
  return [
    <pre>
      <code>{lines.slice(at + 1, end).join("\n")}</code>
    </pre>,
    end + 1,
  ];
}

function quoted(lines: readonly string[], at: number, address: Address): Block {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end]!)) end++;
  return [
    <blockquote>
      {blocks(
        lines.slice(at, end).map((line) => line.replace(/^\s*> ?/, "")),
        address,
      )}
    </blockquote>,
    end,
  ];
}

function listed(lines: readonly string[], at: number, address: Address): Block {
  const ordered = /^\s*\d/.test(lines[at]!);
  const indent = /^\s*/.exec(lines[at]!)![0].length;
  const items: string[][] = [];
  let end = at;
  for (; end < lines.length; end++) {
    const line = lines[end]!;
    const item = /^(\s*)(?:[-*+]|\d+[.)])\s+(.*)$/.exec(line);
    if (item && item[1]!.length <= indent + 1) items.push([item[2]!]);
    else if (items.length > 0 && /^\s{2,}\S/.test(line) && line.search(/\S/) > indent)
      items[items.length - 1]!.push(line.slice(Math.min(line.search(/\S/), indent + 2)));
    else break;
  }
  const nodes = items.map(([first = "", ...rest], i) => (
    <li key={i}>
      {inline(first, address)}
      {rest.length > 0 && blocks(rest, address)}
    </li>
  ));
  return [ordered ? <ol>{nodes}</ol> : <ul>{nodes}</ul>, end];
}

const cells = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replace(/\\\|/g, "|"));

function tabled(lines: readonly string[], at: number, address: Address): Block {
  let end = at + 2;
  while (end < lines.length && lines[end]!.includes("|")) end++;
  return [
    <table>
      <thead>
        <tr>
          {cells(lines[at]!).map((cell, i) => (
            <th key={i} scope="col">
              {inline(cell, address)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.slice(at + 2, end).map((line, i) => (
          <tr key={i}>
            {cells(line).map((cell, j) => (
              <td key={j}>{inline(cell, address)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>,
    end,
  ];
}

function paragraph(lines: readonly string[], at: number, address: Address): Block {
  let end = at;
  while (
    end < lines.length &&
    lines[end]!.trim() !== "" &&
    (end === at || !/^(\s*(```|>|#{1,6}\s|[-*+]\s|\d+[.)]\s))/.test(lines[end]!))
  )
    end++;
  const content = lines
    .slice(at, end)
    .flatMap((line, i) => [
      ...(i > 0 ? [/ {2}$|\\$/.test(lines[at + i - 1]!) ? <br /> : " "] : []),
      ...inline(line.trim().replace(/\\$/, ""), address),
    ]);
  return [<p>{content}</p>, end];
}

const INLINE =
  /(`+)(.+?)\1|!?\[([^\]]*)\]\(\s*<?([^\s)>]*)>?(?:\s+"[^"]*")?\s*\)|<(https?:[^>\s]+)>|(\*\*|__)(?=\S)(.+?)\6|(\*|_)(?=\S)(.+?)\8(?!\w)|~~(.+?)~~|(https?:\/\/[^\s<>)]+)|\\([\\`*_{}[\]()#+.!|-])/;

/** The nodes of one line. */
function inline(text: string, address: Address): ComponentChild[] {
  const made: ComponentChild[] = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index > 0) made.push(plain(rest.slice(0, match.index)));
    made.push(spanOf(match, address));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest) made.push(plain(rest));
  return made;
}

/** Tags in Markdown are left out, their text stays; a few entities are read. */
function plain(text: string): string {
  return text
    .replace(/<\/?[a-z][^>]*>/gi, "")
    .replace(/&(amp|lt|gt|quot|nbsp);/g, (_all, name: string) => ENTITIES[name] ?? "");
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0" };

function spanOf(match: RegExpExecArray, address: Address): ComponentChild {
  const [all, , code, label, href, auto, , strong, , soft, struck, bare, escaped] = match;
  if (code !== undefined) return <code>{code}</code>;
  if (label !== undefined)
    return all.startsWith("!") ? label : linkTo(href ?? "", inline(label, address), address);
  if (auto !== undefined || bare !== undefined)
    return linkTo(auto ?? bare!, [auto ?? bare!], address);
  if (strong !== undefined) return <strong>{inline(strong, address)}</strong>;
  if (soft !== undefined) return <em>{inline(soft, address)}</em>;
  if (struck !== undefined) return <s>{inline(struck, address)}</s>;
  return escaped;
}

function linkTo(href: string, content: ComponentChild[], address: Address): ComponentChild {
  const safe = address(href);
  if (safe === undefined) return <>{content}</>;
  return /^https?:/.test(safe) ? (
    <a href={safe} rel="noopener noreferrer">
      {content}
    </a>
  ) : (
    <a href={safe}>{content}</a>
  );
}
