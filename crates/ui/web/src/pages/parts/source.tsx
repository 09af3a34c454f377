// A text with numbers of lines: YAML as it is used, with its keys marked and words found.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { classes } from "../../components/button";
import "./parts.css";

export interface SourceProps {
  readonly text: string;
  readonly label: string;
  /** Lines with these words are marked; the first is brought into view. */
  readonly search?: string;
}

/** Lines beyond are left out; the text can be copied whole. */
const LINES_MAX = 20_000;

export function Source({ text, label, search = "" }: SourceProps): JSX.Element {
  const root = useRef<HTMLPreElement>(null);
  const lines = text.replace(/\n$/, "").split("\n").slice(0, LINES_MAX);
  const words = search.trim().toLowerCase();
  useEffect(
    () => root.current?.querySelector(".hit")?.scrollIntoView({ block: "center" }),
    [words],
  );
  return (
    <pre ref={root} class="source" tabIndex={0} aria-label={label}>
      {lines.map((line, at) => (
        <Line key={at} line={line} isHit={words !== "" && line.toLowerCase().includes(words)} />
      ))}
    </pre>
  );
}

function Line({ line, isHit }: { readonly line: string; readonly isHit: boolean }): JSX.Element {
  const found = /^(\s*(?:- )*)([\w."'-]+)(:)(?=\s|$)(.*)$/.exec(line);
  return (
    <div class={classes(isHit && "hit")}>
      {found ? (
        <>
          {found[1]}
          <span class="key">{found[2]}</span>
          {found[3]}
          {found[4]}
        </>
      ) : (
        line || " "
      )}
    </div>
  );
}
