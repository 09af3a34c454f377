// Cardinality: which metrics, labels and targets the series are made of; each leads further down.

import { Fragment, type JSX } from "preact";
import { queryInstant } from "../../api/prometheus";
import { cardinality, type NamedCount } from "../../api/server";
import { useLoad } from "../../app/load";
import { href, navigate, param, setParams } from "../../app/route";
import { Button } from "../../components/button";
import { Select } from "../../components/field";
import { Empty, Loading, Problem } from "../../components/state";
import { formatValue } from "../../format/units";
import { BarCell, Tile } from "../parts/facts";
import { PageHead } from "../parts/page_head";
import { shortLength } from "../parts/when";
import "./cardinality.css";

const LIMITS = ["10", "25", "50", "100"].map((value) => ({ value, label: `top ${value}` }));

export default function Cardinality(): JSX.Element {
  const limit = Number(param("limit")) || 25;
  const metric = param("metric");
  const { data, error, reload } = useLoad((signal) => cardinality(limit, { signal }), [limit], {
    everyMs: 60_000,
  });
  return (
    <>
      <PageHead
        title="Cardinality"
        note={
          metric && (
            <>
              of <code>{metric}</code>
            </>
          )
        }
      >
        {metric && (
          <Button icon="left" onClick={() => setParams({ metric: null })}>
            All metrics
          </Button>
        )}
        <Select
          label="How many"
          value={String(limit)}
          options={LIMITS}
          onChange={(next) => setParams({ limit: next === "25" ? null : next })}
        />
      </PageHead>
      {error && <Problem isSlim={data !== undefined} error={error} onRetry={reload} />}
      {metric ? (
        <OneMetric metric={metric} limit={limit} />
      ) : (
        !data && !error && <Loading what="figures" />
      )}
      {!metric && data && (
        <>
          <div class="figures">
            <Tile value={data.headStats.numSeries.toLocaleString("en-US")}>series in memory</Tile>
            <Tile value={data.headStats.numLabelPairs.toLocaleString("en-US")}>
              pairs of label and value
            </Tile>
            <Tile value={data.headStats.chunkCount.toLocaleString("en-US")}>chunks</Tile>
            <Tile value={shortLength((Date.now() - data.headStats.minTime) / 1000)}>
              of samples in memory
            </Tile>
          </div>
          <div class="cards">
            <Ranked
              title="Metrics with the most series"
              rows={data.seriesCountByMetricName}
              total={data.headStats.numSeries}
              onPick={(name) => setParams({ metric: name })}
            />
            <Targets limit={limit} />
            <Ranked
              title="Labels with the most values"
              rows={data.labelValueCountByLabelName}
              onPick={(name) => exploreLabel(name)}
            />
            <Ranked
              title="Pairs with the most series"
              rows={data.seriesCountByLabelValuePair}
              total={data.headStats.numSeries}
              onPick={explorePair}
            />
            <Ranked
              title="Labels that take the most memory"
              rows={data.memoryInBytesByLabelName}
              format={(value) => formatValue(value, "bytes")}
            />
          </div>
        </>
      )}
    </>
  );
}

function exploreLabel(name: string): void {
  navigate("/explore", {
    "g0.expr": `topk(50, count by (${name}) ({${name}!=""}))`,
    "g0.tab": "table",
  });
}

function explorePair(pair: string): void {
  const [name = "", ...value] = pair.split("=");
  navigate("/explore", {
    "g0.expr": `topk(50, count by (__name__) ({${name}=${JSON.stringify(value.join("="))}}))`,
    "g0.tab": "table",
  });
}

/** A name that is broken behind its underscores only. */
function Breakable({ text }: { readonly text: string }): JSX.Element {
  const [first, ...others] = text.split("_");
  return (
    <>
      {first}
      {others.map((part, at) => (
        <Fragment key={at}>
          _<wbr />
          {part}
        </Fragment>
      ))}
    </>
  );
}

interface RankedProps {
  readonly title: string;
  readonly rows: readonly NamedCount[];
  /** Of which the rows are shares. */
  readonly total?: number;
  readonly format?: (value: number) => string;
  readonly onPick?: (name: string) => void;
}

function Ranked({ title, rows, total, format, onPick }: RankedProps): JSX.Element {
  const most = Math.max(1, ...rows.map((row) => row.value));
  const shown = format ?? ((value: number) => value.toLocaleString("en-US"));
  return (
    <section class="card">
      <h2>{title}</h2>
      {rows.length === 0 && <Empty title="None." />}
      <table class="ranked">
        <tbody>
          {rows.map(({ name, value }) => (
            <tr key={name}>
              <td class="mono">
                {onPick ? (
                  <button type="button" class="ranked-name" onClick={() => onPick(name)}>
                    <Breakable text={name} />
                  </button>
                ) : (
                  <Breakable text={name} />
                )}
              </td>
              <td class="number">
                <BarCell share={value / most}>{shown(value)}</BarCell>
              </td>
              {total !== undefined && (
                <td class="number muted">
                  {formatValue((100 * value) / Math.max(1, total), "percent", 1)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Counts by some labels, as a ranked list. */
function useCounts(query: string): { rows: NamedCount[] | undefined; error: Error | undefined } {
  const { data, error } = useLoad(
    async (signal) => {
      const { data: result } = await queryInstant(query, undefined, { signal });
      if (result.resultType !== "vector") return [];
      return result.result
        .map(({ metric, value }) => ({
          name: Object.values(metric).join(" "),
          value: Number(value?.[1] ?? 0),
        }))
        .sort((a, b) => b.value - a.value);
    },
    [query],
    { everyMs: 60_000 },
  );
  return { rows: data, error };
}

function Targets({ limit }: { readonly limit: number }): JSX.Element {
  const { rows, error } = useCounts(`topk(${limit}, scrape_samples_post_metric_relabeling)`);
  const short = rows?.map((row) => ({
    ...row,
    name: row.name.replace("scrape_samples_post_metric_relabeling ", ""),
  }));
  if (error) return <Problem isSlim error={error} />;
  return short ? (
    <Ranked title="Targets with the most series" rows={short} />
  ) : (
    <Loading what="targets" />
  );
}

/** Series of one metric by each of its labels. */
function OneMetric({
  metric,
  limit,
}: {
  readonly metric: string;
  readonly limit: number;
}): JSX.Element {
  const selector = `{__name__=${JSON.stringify(metric)}}`;
  const { data, error, reload } = useLoad(
    async (signal) => {
      const { data: result } = await queryInstant(selector, undefined, { signal });
      return result.resultType === "vector" ? result.result.map((one) => one.metric) : [];
    },
    [metric],
  );
  if (!data) return error ? <Problem error={error} onRetry={reload} /> : <Loading what={metric} />;
  if (data.length === 0)
    return (
      <Empty title="No series of it now.">
        It may have ended; <a href={href("/explore", { "g0.expr": metric })}>Explore</a> shows its
        past.
      </Empty>
    );
  const names = [...new Set(data.flatMap((labels) => Object.keys(labels)))].filter(
    (name) => name !== "__name__",
  );
  const byLabel = names.map((name) => {
    const counts = new Map<string, number>();
    for (const labels of data)
      counts.set(labels[name] ?? "(none)", (counts.get(labels[name] ?? "(none)") ?? 0) + 1);
    return {
      name,
      values: [...counts]
        .map(([value, count]) => ({ name: value, value: count }))
        .sort((a, b) => b.value - a.value),
    };
  });
  byLabel.sort((a, b) => b.values.length - a.values.length);
  return (
    <>
      <div class="figures">
        <Tile value={data.length.toLocaleString("en-US")}>series now</Tile>
        {byLabel.slice(0, 5).map(({ name, values }) => (
          <Tile key={name} value={values.length.toLocaleString("en-US")}>
            values of {name}
          </Tile>
        ))}
      </div>
      <div class="cards">
        {byLabel.map(({ name, values }) => (
          <Ranked
            key={name}
            title={`${name}: ${values.length.toLocaleString("en-US")} values`}
            rows={values.slice(0, limit)}
            total={data.length}
            onPick={(value) =>
              navigate("/explore", { "g0.expr": `${metric}{${name}=${JSON.stringify(value)}}` })
            }
          />
        ))}
      </div>
    </>
  );
}
