// One question of Explore with its answer.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLoad } from "../../app/load";
import { refresh, type TimeRange, timeRange } from "../../app/time";
import { Button } from "../../components/button";
import { Checkbox, Input, Select } from "../../components/field";
import { Menu } from "../../components/menu";
import { Empty, Loading, Problem } from "../../components/state";
import { Tabs } from "../../components/tabs";
import { copy } from "../../components/toast";
import { Icon } from "../../components/icon";
import { shortLength } from "../parts/when";
import { asCurl, askInstant, askRange, type RangeAnswer } from "./ask";
import { ExpressionField } from "../../expression/field";
import { Explain } from "./explain";
import { faultOf } from "./fault";
import { Graph } from "./graph";
import { Heatmap } from "./heat";
import { past, remember } from "./past";
import { type Question, stepSeconds, type TabId } from "./state";
import { Table } from "./table";

export interface PanelProps {
  readonly question: Question;
  readonly index: number;
  readonly isOnly: boolean;
  readonly onChange: (patch: Partial<Question>) => void;
  /** The same without a step back: what is chosen within an answer. */
  readonly onKeep: (patch: Partial<Question>) => void;
  readonly onRemove: () => void;
  readonly onDuplicate: () => void;
  readonly onBrowse: () => void;
  readonly onRule: () => void;
  readonly onDashboard: () => void;
}

const TAB_LABELS: readonly { readonly id: TabId; readonly label: string }[] = [
  { id: "graph", label: "Graph" },
  { id: "table", label: "Table" },
  { id: "heatmap", label: "Heatmap" },
  { id: "explain", label: "Explain" },
];

export function Panel(props: PanelProps): JSX.Element {
  const { question, index, onChange } = props;
  const [draft, showDraft] = useState(question.expr);
  // What is typed counts at once, also when it is run before it is drawn.
  const typed = useRef(draft);
  const setDraft = (text: string) => {
    typed.current = text;
    showDraft(text);
  };
  useEffect(() => setDraft(question.expr), [question.expr]);
  const range = timeRange.value;
  const step = stepSeconds(question, range.toMs - range.fromMs, Math.min(innerWidth, 1880));
  const answer = useAnswer(question, range, step);
  const [turn, setTurn] = useState(0);
  const run = () => {
    const expr = typed.current;
    remember(expr);
    refresh();
    if (expr === question.expr) {
      setTurn(turn + 1);
      answer.reload();
    } else onChange({ expr });
  };
  return (
    <section class="card explore-panel" aria-label={`Question ${index + 1}`}>
      <div class="explore-ask">
        <QuestionField
          {...props}
          draft={draft}
          setDraft={setDraft}
          run={run}
          isInvalid={answer.error !== undefined}
        />
        <Button
          look="primary"
          icon="play"
          isBusy={answer.isLoading && question.expr !== ""}
          onClick={run}
          title="Run (enter)"
        >
          Run
        </Button>
        <PanelMenu {...props} range={range} step={step} draft={draft} setDraft={setDraft} />
      </div>
      {answer.error && (
        <QueryProblem error={answer.error} expr={question.expr} onRetry={answer.reload} />
      )}
      {question.expr === "" ? (
        <Empty title="Ask something." icon="search">
          Write an expression, or choose one in the{" "}
          <a
            href="#"
            onClick={(event) => {
              event.preventDefault();
              props.onBrowse();
            }}
          >
            metric browser
          </a>
          .
        </Empty>
      ) : (
        <Tabs
          tabs={TAB_LABELS}
          active={question.tab}
          label="View"
          onChange={(tab) => onChange({ tab: tab as TabId })}
        >
          <Controls question={question} onChange={onChange} step={step} />
          {question.tab === "explain" ? (
            <Explain
              key={turn}
              question={{
                query: question.expr,
                start: range.fromMs / 1000,
                end: range.toMs / 1000,
                step,
                analyze: true,
              }}
              onPick={(expr) => onChange({ expr })}
            />
          ) : (
            <Answered answer={answer} question={question} onKeep={props.onKeep} />
          )}
        </Tabs>
      )}
    </section>
  );
}

type Loaded = ReturnType<typeof useAnswer>;

/** Asks for what the tab shows; a newer question aborts the older one. */
function useAnswer(question: Question, range: TimeRange, step: number) {
  const { expr, tab, hasExemplars, compare, isStacked } = question;
  void isStacked;
  return useLoad(
    async (signal) => {
      if (expr === "" || tab === "explain") return undefined;
      if (tab === "table")
        return {
          kind: "instant" as const,
          expr,
          answer: await askInstant(question, range.toMs, { signal }),
        };
      const answer = await askRange(question, range, step, { signal });
      return { kind: "range" as const, expr, answer };
    },
    [
      expr,
      tab === "table",
      tab === "explain",
      hasExemplars,
      compare,
      range.fromMs,
      range.toMs,
      step,
    ],
  );
}

interface FieldProps extends PanelProps {
  readonly draft: string;
  readonly setDraft: (text: string) => void;
  readonly run: () => void;
  readonly isInvalid: boolean;
}

function QuestionField({
  draft,
  setDraft,
  run,
  isInvalid,
  index,
  question,
}: FieldProps): JSX.Element {
  const place = useRef(-1);
  const onPast = (direction: 1 | -1) => {
    const to = place.current + direction;
    if (to < -1 || to >= past.value.length) return undefined;
    place.current = to;
    return past.value[to] ?? "";
  };
  return (
    <ExpressionField
      text={draft}
      label={`Expression ${index + 1}`}
      isInvalid={isInvalid}
      isFirst={index === 0 && question.expr === ""}
      onChange={setDraft}
      onRun={() => {
        place.current = -1;
        run();
      }}
      onPast={onPast}
    />
  );
}

interface PanelMenuProps extends PanelProps {
  readonly range: TimeRange;
  readonly step: number;
  readonly draft: string;
  readonly setDraft: (text: string) => void;
}

/** Past expressions listed in the menu. */
const PAST_SHOWN = 12;

function PanelMenu(props: PanelMenuProps): JSX.Element {
  const { question, range, step, setDraft } = props;
  const isEmpty = question.expr === "";
  const items = () => [
    { label: "Metric browser", icon: "search" as const, run: props.onBrowse },
    { label: "Duplicate", icon: "plus" as const, isDisabled: isEmpty, run: props.onDuplicate },
    {
      label: "Copy as curl",
      icon: "copy" as const,
      isDisabled: isEmpty,
      run: () => void copy(asCurl(question, range, step), "Copied as curl"),
    },
    {
      label: "Copy expression",
      icon: "copy" as const,
      isDisabled: isEmpty,
      run: () => void copy(question.expr),
    },
    "line" as const,
    {
      label: "Add to dashboard",
      icon: "graph" as const,
      isDisabled: isEmpty,
      run: props.onDashboard,
    },
    {
      label: "Make an alert rule of it",
      icon: "bell" as const,
      isDisabled: isEmpty,
      run: props.onRule,
    },
    "line" as const,
    { label: "Remove", icon: "trash" as const, isDisabled: props.isOnly, run: props.onRemove },
  ];
  const asked = () =>
    past.value
      .slice(0, PAST_SHOWN)
      .map((expr) => ({ label: expr.slice(0, 90), run: () => setDraft(expr) }));
  return (
    <>
      <Menu
        label="Asked before (ctrl+up)"
        align="end"
        items={
          past.value.length > 0 ? asked : [{ label: "Nothing was asked before", isDisabled: true }]
        }
      >
        <Icon name="clock" />
      </Menu>
      <Menu label="More" align="end" items={items}>
        <Icon name="more" />
      </Menu>
    </>
  );
}

const COMPARE = [
  { value: "", label: "Compare with nothing" },
  { value: "period", label: "the period before" },
  { value: "1h", label: "an hour before" },
  { value: "1d", label: "a day before" },
  { value: "1w", label: "a week before" },
];

interface ControlsProps {
  readonly question: Question;
  readonly onChange: (patch: Partial<Question>) => void;
  readonly step: number;
}

function Controls({ question, onChange, step }: ControlsProps): JSX.Element | null {
  const [text, setText] = useState(question.step);
  useEffect(() => setText(question.step), [question.step]);
  if (question.tab === "table") return null;
  return (
    <div class="line explore-controls no-print">
      {question.tab === "graph" && (
        <>
          <Checkbox
            isChecked={question.isStacked}
            onChange={(isStacked) => onChange({ isStacked })}
          >
            Stacked
          </Checkbox>
          <Checkbox
            isChecked={question.hasExemplars}
            onChange={(hasExemplars) => onChange({ hasExemplars })}
          >
            Exemplars
          </Checkbox>
          <Select
            label="Compare"
            value={question.compare}
            options={COMPARE}
            onChange={(compare) => onChange({ compare })}
          />
        </>
      )}
      <span class="line muted">
        step
        <Input
          class="explore-step"
          label="Step"
          value={text}
          placeholder={shortLength(step).replace(" ", "")}
          onInput={setText}
          onEnter={() => onChange({ step: text.trim() })}
          extra={{ onBlur: () => onChange({ step: text.trim() }) }}
        />
      </span>
    </div>
  );
}

function Answered({
  answer,
  question,
  onKeep,
}: {
  readonly answer: Loaded;
  readonly question: Question;
  readonly onKeep: PanelProps["onKeep"];
}): JSX.Element {
  const { data, isLoading, error } = answer;
  if (!data) return error ? <></> : <Loading what="the answer" />;
  const { warnings, infos } = data.kind === "range" ? data.answer.now : data.answer;
  return (
    <div class="stack">
      {[...warnings, ...infos].map((text) => (
        <div key={text} class="notice">
          {text}
        </div>
      ))}
      {data.kind === "instant" ? (
        <Table result={data.answer.data} question={question} onKeep={onKeep} />
      ) : question.tab === "heatmap" ? (
        <Heatmap answer={data.answer} expr={data.expr} />
      ) : (
        <Graph
          answer={data.answer}
          question={{ ...question, expr: data.expr }}
          isLoading={isLoading}
          onKeep={onKeep}
        />
      )}
      <small class="muted explore-cost">{costOf(data)}</small>
    </div>
  );
}

function costOf(data: NonNullable<Loaded["data"]>): string {
  if (data.kind === "instant") {
    const { data: result, tookMs } = data.answer;
    return `${Math.round(tookMs)} ms, ${result.resultType === "scalar" || result.resultType === "string" ? 1 : result.result.length.toLocaleString("en-US")} series`;
  }
  return rangeCost(data.answer);
}

function rangeCost({ now, stepSeconds: step }: RangeAnswer): string {
  const series = now.data.result;
  const points = series.reduce(
    (sum, one) => sum + (one.values?.length ?? 0) + (one.histograms?.length ?? 0),
    0,
  );
  return `${Math.round(now.tookMs)} ms, ${series.length.toLocaleString("en-US")} series, ${points.toLocaleString("en-US")} points, a point every ${shortLength(step)}`;
}

interface QueryProblemProps {
  readonly error: Error;
  readonly expr: string;
  readonly onRetry: () => void;
}

/** The error, and the place in the expression that it names. */
function QueryProblem({ error, expr, onRetry }: QueryProblemProps): JSX.Element {
  const fault = faultOf(error.message, expr);
  return (
    <div class="stack explore-problem">
      <Problem isSlim error={error} onRetry={onRetry} />
      {fault && (
        <pre class="explore-fault" aria-label={`Line ${fault.line}, column ${fault.column}`}>
          {fault.before}
          <mark>{fault.at || " "}</mark>
          {fault.after}
        </pre>
      )}
    </div>
  );
}
