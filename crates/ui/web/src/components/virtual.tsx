// Long lists and tables: only what can be seen is in the page; 50,000 rows scroll as 50 do.

import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { classes } from "./button";
import { Icon } from "./icon";
import "./virtual.css";

/** Rows above and below the visible ones that are there already, at least. */
const OVERSCAN = 8;
/** Rows come and go by so many, so that most steps of scrolling change nothing. */
const TURN = 8;

/** Which rows to render. */
export interface Visible {
  readonly first: number;
  /** The one after the last. */
  readonly end: number;
}

/** The rows of a window of `height` pixels that starts `top` pixels below the first row. */
export function visibleRows(top: number, height: number, rowPx: number, count: number): Visible {
  const turns = (row: number, round: (turns: number) => number): number =>
    Math.min(count, Math.max(0, round(row / TURN) * TURN));
  return {
    first: turns(top / rowPx - OVERSCAN, Math.floor),
    end: turns((top + height) / rowPx + OVERSCAN, Math.ceil),
  };
}

/**
 * What reads a signal is rendered again only for new properties or a change of a signal that it
 * has read: rows that stay on the screen cost nothing while others come and go.
 */
const still = signal(0);

export interface VirtualListProps<T> {
  readonly rows: readonly T[];
  readonly rowPx?: number;
  readonly render: (row: T, index: number) => ComponentChildren;
  readonly keyOf: (row: T, index: number) => string | number;
  /** Scrolls in a box of this height; without it, with the page. */
  readonly heightPx?: number;
  readonly label: string;
  readonly class?: string;
}

/** A list whose rows are all of one height. */
export function VirtualList<T>(props: VirtualListProps<T>): JSX.Element {
  const { rows, rowPx = 28, heightPx, label } = props;
  const root = useRef<HTMLDivElement>(null);
  const { first, end } = useVisible(root, rows.length, rowPx, heightPx !== undefined);
  return (
    <div
      ref={root}
      class={classes("virtual", props.class)}
      role="list"
      aria-label={label}
      style={heightPx === undefined ? {} : { maxHeight: `${heightPx}px`, overflowY: "auto" }}
      tabIndex={heightPx === undefined ? -1 : 0}
    >
      <div style={{ height: `${first * rowPx}px` }} />
      {rows.slice(first, end).map((row, index) => (
        <ListRow
          key={props.keyOf(row, first + index)}
          row={row}
          index={first + index}
          count={rows.length}
          rowPx={rowPx}
          render={props.render}
        />
      ))}
      <div style={{ height: `${(rows.length - end) * rowPx}px` }} />
    </div>
  );
}

interface ListRowProps<T> extends Required<Pick<VirtualListProps<T>, "render" | "rowPx">> {
  readonly row: T;
  readonly index: number;
  readonly count: number;
}

function ListRow<T>({ row, index, count, rowPx, render }: ListRowProps<T>): JSX.Element {
  void still.value;
  return (
    <div
      role="listitem"
      class="virtual-row"
      style={{ height: `${rowPx}px` }}
      aria-setsize={count}
      aria-posinset={index + 1}
    >
      {render(row, index)}
    </div>
  );
}

export interface Column<T> {
  readonly id: string;
  readonly title: string;
  readonly render: (row: T) => ComponentChildren;
  /** Width in CSS's grid: `120px`, `minmax(160px, 2fr)`; `1fr` unless told. */
  readonly width?: string;
  readonly isNumber?: boolean;
  /** Left out on narrow screens; the table then takes what room there is. */
  readonly isWideOnly?: boolean;
  /** What the column is sorted by; without it, it is not. */
  readonly sortBy?: (row: T) => string | number;
}

/** Column and direction; as text in the address: `name`, `-name`. */
export interface Sorting {
  readonly column: string;
  readonly isDescending: boolean;
}

/** Reads `-name`. */
export function parseSorting(text: string): Sorting | undefined {
  if (text === "" || text === "-") return undefined;
  return text.startsWith("-")
    ? { column: text.slice(1), isDescending: true }
    : { column: text, isDescending: false };
}

/** The rows in order; equal ones stay as they were, NaN goes last. */
export function sorted<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  by: Sorting | undefined,
): readonly T[] {
  const sortBy = columns.find((column) => column.id === by?.column)?.sortBy;
  if (!by || !sortBy) return rows;
  const sign = by.isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: sortBy(row) }));
  keyed.sort((a, b) => compare(a.key, b.key, sign));
  return keyed.map(({ row }) => row);
}

const collator = new Intl.Collator("en", { numeric: true });

function compare(a: string | number, b: string | number, sign: number): number {
  if (typeof a === "string" || typeof b === "string")
    return sign * collator.compare(String(a), String(b));
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return sign * (a - b);
}

export interface VirtualTableProps<T> {
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T, index: number) => string | number;
  readonly label: string;
  readonly rowPx?: number;
  /** Height of a row of two lines on a narrow screen; without it texts are cut there as elsewhere. */
  readonly narrowRowPx?: number;
  /** Scrolls in a box of this height; without it, with the page. */
  readonly heightPx?: number;
  readonly sorting?: Sorting | undefined;
  /** Asked to sort; gives the text for the address. */
  readonly onSort?: (sorting: string) => void;
  readonly onRow?: (row: T) => void;
  readonly rowClass?: (row: T) => string | undefined;
  /** Narrowest width before the table scrolls sideways. */
  readonly minWidthPx?: number;
}

const narrow = matchMedia("(max-width: 700px)");
const isNarrow = signal(narrow.matches);
narrow.addEventListener("change", () => {
  isNarrow.value = narrow.matches;
});

/** Those for which there is room. */
function useColumns<T>(columns: readonly Column<T>[]): readonly Column<T>[] {
  const isFew = isNarrow.value;
  return useMemo(
    () => (isFew ? columns.filter(({ isWideOnly }) => !isWideOnly) : columns),
    [columns, isFew],
  );
}

/** A table whose rows are all of one height, with a head that stays. */
export function VirtualTable<T>(props: VirtualTableProps<T>): JSX.Element {
  const columns = useColumns(props.columns);
  const { rowPx: headPx = 28, heightPx, label, sorting } = props;
  const twoLinesPx = isNarrow.value ? props.narrowRowPx : undefined;
  const rowPx = twoLinesPx ?? headPx;
  const body = useRef<HTMLDivElement>(null);
  const rows = useMemo(
    () => sorted(props.rows, props.columns, sorting),
    [props.rows, sorting?.column, sorting?.isDescending],
  );
  const isBoxed = heightPx !== undefined;
  const { first, end } = useVisible(body, rows.length, rowPx, isBoxed);
  const gridTemplateColumns = columns.map((column) => column.width ?? "minmax(0, 1fr)").join(" ");
  const isWhole = columns.length === props.columns.length;
  const minWidth = `${isWhole ? (props.minWidthPx ?? 0) : 0}px`;
  return (
    <div
      class={classes("virtual-table", isBoxed && "boxed", twoLinesPx !== undefined && "two-lines")}
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      style={isBoxed ? { maxHeight: `${heightPx}px` } : {}}
      tabIndex={isBoxed ? 0 : -1}
      ref={body}
    >
      <div role="rowgroup" class="virtual-head" style={{ minWidth }}>
        <div
          role="row"
          aria-rowindex={1}
          class="virtual-row"
          style={{ gridTemplateColumns, height: `${headPx}px` }}
        >
          {columns.map((column) => (
            <Head key={column.id} column={column} sorting={sorting} onSort={props.onSort} />
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        style={{
          minWidth,
          paddingTop: `${first * rowPx}px`,
          paddingBottom: `${(rows.length - end) * rowPx}px`,
        }}
      >
        {rows.slice(first, end).map((row, index) => (
          <TableRow
            key={props.keyOf(row, first + index)}
            row={row}
            index={first + index}
            columns={columns}
            gridTemplateColumns={gridTemplateColumns}
            rowPx={rowPx}
            class={props.rowClass?.(row)}
            onRow={props.onRow}
          />
        ))}
      </div>
    </div>
  );
}

interface TableRowProps<T> extends Pick<VirtualTableProps<T>, "columns"> {
  readonly row: T;
  readonly index: number;
  readonly rowPx: number;
  readonly gridTemplateColumns: string;
  readonly class: string | undefined;
  readonly onRow: ((row: T) => void) | undefined;
}

function TableRow<T>(props: TableRowProps<T>): JSX.Element {
  void still.value;
  const { row, index, columns, rowPx, gridTemplateColumns, onRow } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      class={classes("virtual-row", onRow && "can-open", props.class)}
      style={{ gridTemplateColumns, height: `${rowPx}px` }}
      onClick={() => onRow?.(row)}
    >
      {columns.map((column) => (
        <div key={column.id} role="cell" class={classes("clip", column.isNumber && "number")}>
          {column.render(row)}
        </div>
      ))}
    </div>
  );
}

interface HeadProps<T> {
  readonly column: Column<T>;
  readonly sorting: Sorting | undefined;
  readonly onSort: ((sorting: string) => void) | undefined;
}

function Head<T>({ column, sorting, onSort }: HeadProps<T>): JSX.Element {
  const isBy = sorting?.column === column.id;
  const order = isBy ? (sorting.isDescending ? "descending" : "ascending") : "none";
  const content = (
    <>
      <span class="clip">{column.title}</span>
      {isBy && <Icon name={sorting.isDescending ? "down" : "up"} size={12} />}
    </>
  );
  const next = isBy && !sorting.isDescending ? `-${column.id}` : column.id;
  return (
    <div
      role="columnheader"
      class={classes(column.isNumber && "number")}
      aria-sort={column.sortBy ? order : undefined}
    >
      {column.sortBy && onSort ? (
        <button type="button" onClick={() => onSort(next)}>
          {content}
        </button>
      ) : (
        content
      )}
    </div>
  );
}

/** Follows scrolling and sizes; renders again only when other rows become visible. */
function useVisible(
  root: { readonly current: HTMLElement | null },
  count: number,
  rowPx: number,
  isBoxed: boolean,
): Visible {
  const [visible, setVisible] = useState<Visible>({ first: 0, end: Math.min(count, 60) });
  useLayoutEffect(() => {
    const element = root.current;
    if (!element) return;
    const measure = () => {
      const top = isBoxed ? element.scrollTop : -element.getBoundingClientRect().top;
      const height = isBoxed ? element.clientHeight : innerHeight;
      const next = isPrinting ? { first: 0, end: count } : visibleRows(top, height, rowPx, count);
      setVisible((old) => (old.first === next.first && old.end === next.end ? old : next));
    };
    let isPrinting = false;
    const onPrint = (event: Event) => {
      isPrinting = event.type === "beforeprint";
      measure();
    };
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(isBoxed ? element : document.documentElement);
    const scroller: EventTarget = isBoxed ? element : window;
    scroller.addEventListener("scroll", measure, { passive: true });
    addEventListener("resize", measure);
    addEventListener("beforeprint", onPrint);
    addEventListener("afterprint", onPrint);
    return () => {
      sizes.disconnect();
      scroller.removeEventListener("scroll", measure);
      removeEventListener("resize", measure);
      removeEventListener("beforeprint", onPrint);
      removeEventListener("afterprint", onPrint);
    };
  }, [count, rowPx, isBoxed]);
  const end = Math.min(visible.end, count);
  return { first: Math.min(visible.first, end), end };
}
