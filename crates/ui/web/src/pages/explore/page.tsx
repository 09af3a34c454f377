// Explore: questions in PromQL, their answers as graph, table, heatmap and plan. All of it is in the address.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useKeys } from "../../app/keys";
import { type HowToGo, param, route, setParams } from "../../app/route";
import { timeRange } from "../../app/time";
import { Button } from "../../components/button";
import { copy } from "../../components/toast";
import { PageHead } from "../parts/page_head";
import { MetricBrowser, NOTHING_BROWSED } from "./browser";
import { DashboardDialog } from "./dashboard_dialog";
import { Panel } from "./panel";
import { RuleDialog } from "./rule_dialog";
import {
  adoptRange,
  NO_QUESTION,
  NOTHING_CHOSEN,
  type Question,
  QUESTIONS_MAX,
  questionsOf,
  writeQuestions,
} from "./state";
import "./explore.css";

export default function Explore(): JSX.Element {
  const { params } = route.value;
  const questions = questionsOf(params);
  const keys = useStableKeys(questions.length);
  useEffect(() => {
    const patch = adoptRange(params);
    if (patch) setParams(patch, { replace: true });
  }, [params]);
  const write = (next: readonly Question[], how?: HowToGo) =>
    setParams(writeQuestions(route.peek().params, next), how);
  const change = (at: number, patch: Partial<Question>, how?: HowToGo) =>
    write(changed(questions, at, patch), how);
  const browse = (at: number) => setParams({ browse: String(at) });
  const add = () => questions.length < QUESTIONS_MAX && write([...questions, NO_QUESTION]);
  useKeys(
    () => [
      { keys: "m", does: "Metric browser", group: "Explore", run: () => browse(0) },
      { keys: "a", does: "Another question", group: "Explore", run: add },
    ],
    [params],
  );
  const browsed = param("browse");
  // What stands over the page, and for which question: `rule-0`.
  const [over, overAt] = param("over").split("-");
  const asked = questions[Number(overAt)];
  const close = () => setParams({ over: null }, { replace: true });
  return (
    <div class="stack">
      <PageHead
        title="Explore"
        note={questions.length > 1 ? `${questions.length} questions` : undefined}
      >
        <Button icon="search" title="Metric browser (m)" onClick={() => browse(0)}>
          Metrics
        </Button>
        <Button icon="link" onClick={() => void copy(fixedLink(), "Copied: a link to this range")}>
          Copy link
        </Button>
      </PageHead>
      {questions.map((question, at) => (
        <Panel
          key={keys.current[at]}
          question={question}
          index={at}
          isOnly={questions.length === 1}
          onChange={(patch) => change(at, patch)}
          onKeep={(patch) => change(at, patch, { replace: true })}
          onBrowse={() => browse(at)}
          onRemove={() => {
            keys.current.splice(at, 1);
            write(questions.filter((_one, index) => index !== at));
          }}
          onDuplicate={() => write([...questions, question].slice(0, QUESTIONS_MAX))}
          onRule={() => setParams({ over: `rule-${at}` })}
          onDashboard={() => setParams({ over: `dashboard-${at}` })}
        />
      ))}
      <div>
        <Button
          icon="plus"
          isDisabled={questions.length >= QUESTIONS_MAX}
          onClick={add}
          title="Another question (a)"
        >
          Another question
        </Button>
      </div>
      {browsed !== "" && (
        <MetricBrowser
          onClose={() => setParams(NOTHING_BROWSED, { replace: true })}
          onPick={(expr) => {
            const at = Math.min(Number(browsed) || 0, questions.length - 1);
            const next = changed(questions, at, { expr });
            setParams({ ...writeQuestions(route.peek().params, next), ...NOTHING_BROWSED });
          }}
        />
      )}
      {asked && over === "rule" && <RuleDialog expr={asked.expr} onClose={close} />}
      {asked && over === "dashboard" && <DashboardDialog question={asked} onClose={close} />}
    </div>
  );
}

/** The questions with one of them changed; another expression begins with nothing chosen. */
function changed(
  questions: readonly Question[],
  at: number,
  patch: Partial<Question>,
): readonly Question[] {
  return questions.map((one, index) => {
    if (index !== at) return one;
    const isOther = patch.expr !== undefined && patch.expr !== one.expr;
    return { ...one, ...(isOther ? NOTHING_CHOSEN : {}), ...patch };
  });
}

/** A key per question that stays with it when another one is taken away. */
function useStableKeys(count: number): { current: number[] } {
  const keys = useRef<number[]>([]);
  const next = useRef(0);
  while (keys.current.length < count) {
    keys.current.push(next.current);
    next.current += 1;
  }
  keys.current.length = count;
  return keys;
}

/** The address with both ends of the range as they are now. */
function fixedLink(): string {
  const url = new URL(location.href);
  const { fromMs, toMs } = timeRange.peek();
  url.searchParams.set("from", String(fromMs));
  url.searchParams.set("to", String(toMs));
  return url.href;
}
