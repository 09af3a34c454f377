// Explore: questions in PromQL, their answers as graph, table, heatmap and plan. All of it is in the address.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../../app/keys";
import { param, route, setParams } from "../../app/route";
import { timeRange } from "../../app/time";
import { Button } from "../../components/button";
import { copy } from "../../components/toast";
import { PageHead } from "../parts/page_head";
import { MetricBrowser } from "./browser";
import { DashboardDialog } from "./dashboard_dialog";
import { Panel } from "./panel";
import { RuleDialog } from "./rule_dialog";
import {
  adoptRange,
  NO_QUESTION,
  type Question,
  QUESTIONS_MAX,
  questionsOf,
  writeQuestions,
} from "./state";
import "./explore.css";

/** What stands over the page, and for which question. */
type Over = { readonly what: "rule" | "dashboard"; readonly at: number };

export default function Explore(): JSX.Element {
  const { params } = route.value;
  const questions = questionsOf(params);
  const keys = useStableKeys(questions.length);
  const [over, setOver] = useState<Over>();
  useEffect(() => {
    const patch = adoptRange(params);
    if (patch) setParams(patch, { replace: true });
  }, [params]);
  const write = (next: readonly Question[]) => setParams(writeQuestions(route.peek().params, next));
  const change = (at: number, patch: Partial<Question>) =>
    write(questions.map((one, index) => (index === at ? { ...one, ...patch } : one)));
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
  const asked = over && questions[over.at];
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
          onBrowse={() => browse(at)}
          onRemove={() => {
            keys.current.splice(at, 1);
            write(questions.filter((_one, index) => index !== at));
          }}
          onDuplicate={() => write([...questions, question].slice(0, QUESTIONS_MAX))}
          onRule={() => setOver({ what: "rule", at })}
          onDashboard={() => setOver({ what: "dashboard", at })}
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
          onClose={() => setParams({ browse: null }, { replace: true })}
          onPick={(expr) => {
            const at = Math.min(Number(browsed) || 0, questions.length - 1);
            const next = questions.map((one, index) => (index === at ? { ...one, expr } : one));
            setParams({ ...writeQuestions(route.peek().params, next), browse: null });
          }}
        />
      )}
      {asked && over.what === "rule" && (
        <RuleDialog expr={asked.expr} onClose={() => setOver(undefined)} />
      )}
      {asked && over.what === "dashboard" && (
        <DashboardDialog question={asked} onClose={() => setOver(undefined)} />
      )}
    </div>
  );
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
