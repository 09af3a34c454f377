// What the reader chose inside a panel, written into the address beside the panel's name:
// `series-3=web&series-3=db`, `sort-3=-mean`, `frame-panel-3-clone-1=2`.

import { useComputed } from "@preact/signals";
import { useCallback, useMemo } from "preact/hooks";
import { route, setParams } from "../app/route";
import type { Chosen } from "../panels/views/props";
import { type Placed, viewName } from "./layout";

const KINDS = ["series", "sort", "frame"] as const;

const paramOf = (kind: (typeof KINDS)[number], name: string): string => `${kind}-${name}`;

/** What the address says of one panel, and the way to change it; drawn anew only when that changes. */
export function useChosen(placed: Placed): {
  readonly chosen: Chosen;
  readonly choose: (patch: Partial<Chosen>) => void;
} {
  const name = viewName(placed);
  const text = useComputed(() => {
    const { params } = route.value;
    return JSON.stringify(KINDS.map((kind) => params.getAll(paramOf(kind, name))));
  }).value;
  const chosen = useMemo((): Chosen => {
    const [series = [], sort = [], frame = []] = JSON.parse(text) as string[][];
    return { series, sort: sort[0] ?? "", frame: frame[0] ?? "" };
  }, [text]);
  const choose = useCallback(
    (patch: Partial<Chosen>) =>
      setParams(
        Object.fromEntries(
          KINDS.filter((kind) => kind in patch).map((kind) => [paramOf(kind, name), patch[kind]]),
        ),
        { replace: true },
      ),
    [name],
  );
  return { chosen, choose };
}
