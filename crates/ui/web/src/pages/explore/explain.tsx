// What a query does: its parts as a tree, what each one read, gave and took.

import type { JSX } from "preact";
import { type ExplainQuestion, type Explanation, explain, type PlanNode } from "../../api/server";
import { useLoad } from "../../app/load";
import { Empty, Loading, Problem } from "../../components/state";
import { formatValue } from "../../format/units";
import { shortLength } from "../parts/when";

export interface ExplainProps {
  readonly question: ExplainQuestion;
  /** Shows another expression: a part of this one. */
  readonly onPick: (expr: string) => void;
}

export function Explain({ question, onPick }: ExplainProps): JSX.Element {
  const { query, start, end, step, analyze } = question;
  const { data, error, reload } = useLoad(
    (signal) => explain(question, { signal }),
    [query, start, end, step, analyze],
  );
  if (!data)
    return error ? <Problem error={error} onRetry={reload} /> : <Loading what="the plan" />;
  if (data.nodes.length === 0) return <Empty title="Nothing to explain." />;
  const most = Math.max(...data.nodes.map((node) => node.measured?.ownSeconds ?? 0), 1e-9);
  return (
    <div class="stack">
      {error && <Problem isSlim error={error} onRetry={reload} />}
      {data.error && <Problem isSlim error={new Error(data.error.error)} />}
      {data.analysis && <p class="muted">{summary(data.analysis)}</p>}
      <div class="plan-frame" tabIndex={0} role="region" aria-label="Parts of the query">
        <table class="plan">
          <thead>
            <tr>
              <th>Part</th>
              <th>Does</th>
              <th class="number">Series</th>
              <th class="number">Points</th>
              <th class="number">Read</th>
              <th class="number">Memory</th>
              <th class="number">Own time</th>
            </tr>
          </thead>
          <tbody>
            {data.nodes.map((node, index) => (
              <Part key={index} node={node} query={query} most={most} onPick={onPick} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function summary({
  totalSeconds,
  seriesRead,
  samplesRead,
  series,
  points,
  peakBytes,
}: NonNullable<Explanation["analysis"]>): string {
  return `${shortLength(totalSeconds)}: ${count(samplesRead)} samples of ${count(seriesRead)} series read, ${count(points)} points of ${count(series)} series answered, at most ${formatValue(peakBytes, "bytes")} held.`;
}

const count = (value: number) => value.toLocaleString("en-US");

interface PartProps {
  readonly node: PlanNode;
  readonly query: string;
  readonly most: number;
  readonly onPick: (expr: string) => void;
}

function Part({ node, query, most, onPick }: PartProps): JSX.Element {
  const { measured } = node;
  const own = measured?.ownSeconds ?? 0;
  const samples = node.reads.reduce((sum, read) => sum + (read.samples ?? 0), 0);
  const ways = (measured?.ways ?? []).map(({ way, series }) => `${count(series)} series ${way}`);
  return (
    <tr>
      <td>
        <button
          type="button"
          class="plan-part mono"
          style={{ marginLeft: `${16 * node.depth}px` }}
          title={`Ask for this part alone (${node.valueType})`}
          onClick={() => onPick(textOf(node, query))}
        >
          {node.depth > 0 && (
            <span class="muted" aria-hidden="true">
              └{" "}
            </span>
          )}
          {node.text}
        </button>
      </td>
      <td class="muted">
        {[...node.does, ...ways, ...node.reads.map((read) => `reads ${read.matchers}`)].map(
          (line, at) => (
            <div key={at}>{line}</div>
          ),
        )}
        {measured?.error && <div class="field-error">{measured.error}</div>}
      </td>
      <td class="number">{measured ? count(measured.series) : ""}</td>
      <td class="number">{measured ? count(measured.points) : ""}</td>
      <td class="number">{node.reads.length > 0 ? count(samples) : ""}</td>
      <td class="number">{measured ? formatValue(measured.peakBytes, "bytes") : ""}</td>
      <td class="number plan-time">
        {measured ? shortLength(own) : ""}
        <i style={{ width: `${(100 * own) / most}%` }} />
      </td>
    </tr>
  );
}

/** The part with its operands, out of the expression; places of the server count bytes. */
function textOf(node: PlanNode, query: string): string {
  const bytes = new TextEncoder().encode(query);
  const starts = [0];
  bytes.forEach((byte, at) => byte === 10 && starts.push(at + 1));
  const from = (starts[node.line - 1] ?? 0) + node.column - 1;
  const to = (starts[node.endLine - 1] ?? 0) + node.endColumn - 1;
  return new TextDecoder().decode(bytes.slice(from, to));
}
