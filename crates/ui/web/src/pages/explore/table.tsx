// The answer at one instant: a row per series, a column per label.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Histogram, QueryResult, VectorSeries } from "../../api/prometheus";
import { zone, formatTime } from "../../app/time";
import { Search } from "../../components/field";
import { Empty } from "../../components/state";
import { type Column, parseSorting, VirtualTable } from "../../components/virtual";
import { parseValue } from "../../panels/number";
import { hasWords } from "../parts/page_head";
import { labelsText } from "../parts/labels";
import type { Question } from "./state";

interface Row {
  readonly metric: VectorSeries["metric"];
  readonly text: string;
  readonly value: number;
  readonly seconds: number;
}

export interface TableProps {
  readonly result: QueryResult;
  readonly question: Question;
  readonly onKeep: (patch: Partial<Question>) => void;
}

export function Table({ result, question, onKeep }: TableProps): JSX.Element {
  const { search, sort } = question;
  const rows = useMemo(() => rowsOf(result), [result]);
  const columns = useMemo(() => columnsOf(rows), [rows]);
  if (rows.length === 0)
    return <Empty title="No series at this time.">The table shows the end of the range.</Empty>;
  const shown = rows.filter((row) => hasWords(`${labelsText(row.metric)} ${row.text}`, search));
  return (
    <div class="stack">
      {(rows.length > 12 || search !== "") && (
        <Search
          value={search}
          onInput={(words) => onKeep({ search: words })}
          label="Narrow the rows"
        />
      )}
      <VirtualTable
        rows={shown}
        columns={columns}
        keyOf={(row) => labelsText(row.metric)}
        label="Series"
        heightPx={640}
        rowPx={24}
        sorting={parseSorting(sort)}
        onSort={(next) => onKeep({ sort: next })}
        minWidthPx={Math.min(2400, 120 * columns.length)}
      />
    </div>
  );
}

function rowsOf(result: QueryResult): Row[] {
  if (result.resultType === "vector") {
    return result.result.map(({ metric, value, histogram }) => {
      const text = value?.[1] ?? (histogram ? histogramText(histogram[1]) : "");
      const seconds = value?.[0] ?? histogram?.[0] ?? 0;
      return {
        metric,
        text,
        value: parseValue(value?.[1] ?? histogram?.[1].sum ?? "NaN"),
        seconds,
      };
    });
  }
  if (result.resultType === "matrix") {
    return result.result.map((one) => {
      const last = one.values?.at(-1);
      const texts = (one.values ?? [])
        .slice(-20)
        .map(([, text]) => text)
        .join(" ");
      return {
        metric: one.metric,
        text: texts,
        value: parseValue(last?.[1] ?? "NaN"),
        seconds: last?.[0] ?? 0,
      };
    });
  }
  const [seconds, text] = result.result;
  return [{ metric: {}, text, value: parseValue(text), seconds }];
}

function histogramText({ count, sum, buckets = [] }: Histogram): string {
  return `count ${count}, sum ${sum}, ${buckets.map(([, lower, upper, inside]) => `(${lower}, ${upper}]: ${inside}`).join(" ")}`;
}

/** Labels in the order of their names, the metric first, the value last. */
function columnsOf(rows: readonly Row[]): Column<Row>[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.metric)))];
  names.sort((a, b) => Number(b === "__name__") - Number(a === "__name__") || a.localeCompare(b));
  const labels = names.map((name): Column<Row> => ({
    id: name,
    title: name === "__name__" ? "metric" : name,
    width: "minmax(80px, 1fr)",
    render: (row) => (
      <span title={row.metric[name]} class="mono">
        {row.metric[name] ?? ""}
      </span>
    ),
    sortBy: (row) => row.metric[name] ?? "",
  }));
  const value: Column<Row> = {
    id: " value",
    title: "value",
    isNumber: true,
    width: "minmax(120px, 1fr)",
    sortBy: (row) => row.value,
    render: (row) => (
      <span class="mono" title={`${row.text} at ${formatTime(row.seconds * 1000, zone.value)}`}>
        {row.text}
      </span>
    ),
  };
  return [...labels, value];
}
