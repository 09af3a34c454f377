// The YAML that the server writes for a configuration: block maps and lists, plain and quoted texts.
// Pure. Not a reader for what people write; anything else is an error with its line.

export type Node = string | readonly Node[] | { readonly [key: string]: Node };

interface Line {
  readonly indent: number;
  readonly text: string;
  readonly number: number;
}

/** Reads one document. */
export function readBlockYaml(source: string): Node {
  const lines = source.split("\n").flatMap((raw, at): Line[] => {
    const text = raw.trimStart();
    return text === "" || text.startsWith("#")
      ? []
      : [{ indent: raw.length - text.length, text: text.trimEnd(), number: at + 1 }];
  });
  const reader = { lines, at: 0 };
  return lines.length === 0 ? "" : readNode(reader, lines[0]?.indent ?? 0);
}

interface Reader {
  readonly lines: Line[];
  at: number;
}

function readNode(reader: Reader, indent: number): Node {
  return isItem(reader.lines[reader.at]) ? readList(reader, indent) : readMap(reader, indent);
}

function isItem(line: Line | undefined): boolean {
  return line !== undefined && (line.text === "-" || line.text.startsWith("- "));
}

function readList(reader: Reader, indent: number): Node[] {
  const items: Node[] = [];
  for (
    let line = reader.lines[reader.at];
    line?.indent === indent && isItem(line);
    line = reader.lines[reader.at]
  ) {
    const rest = line.text.slice(1).trimStart();
    if (!KEY.test(rest)) {
      items.push(scalar(rest));
      reader.at += 1;
      continue;
    }
    // What follows the dash is the first line of a map.
    const inner = indent + line.text.length - rest.length;
    reader.lines[reader.at] = { indent: inner, text: rest, number: line.number };
    items.push(readMap(reader, inner));
  }
  return items;
}

const KEY = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s"'[{][^:]*?)):(?:\s+(.*))?$/;

function readMap(reader: Reader, indent: number): { [key: string]: Node } {
  const map: { [key: string]: Node } = {};
  for (
    let line = reader.lines[reader.at];
    line?.indent === indent && !isItem(line);
    line = reader.lines[reader.at]
  ) {
    const found = KEY.exec(line.text);
    if (!found)
      throw new Error(`line ${line.number}: expected a key, found ${JSON.stringify(line.text)}`);
    reader.at += 1;
    const [, double, single, plain = "", value] = found;
    const key = double ?? single ?? plain;
    const next = reader.lines[reader.at];
    if (value !== undefined && /^[|>]/.test(value)) map[key] = readText(reader, indent);
    else if (value !== undefined) map[key] = scalar(value);
    else if (next && (next.indent > indent || (next.indent === indent && isItem(next))))
      map[key] = readNode(reader, next.indent);
    else map[key] = "";
  }
  return map;
}

/** A text in a block: the lines that stand further in. */
function readText(reader: Reader, indent: number): string {
  const texts: string[] = [];
  for (
    let line = reader.lines[reader.at];
    line && line.indent > indent;
    line = reader.lines[reader.at]
  ) {
    texts.push(line.text);
    reader.at += 1;
  }
  return texts.join("\n");
}

function scalar(text: string): Node {
  if (text === "[]") return [];
  if (text === "{}") return {};
  if (text.startsWith('"')) return JSON.parse(text) as string;
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  return text;
}
