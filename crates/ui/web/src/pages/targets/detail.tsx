// One target: how its scrapes go, and its labels as they were found and as they are stored.

import type { JSX } from "preact";
import { type Labels, queryInstant, type Target } from "../../api/prometheus";
import { useLoad } from "../../app/load";
import { href } from "../../app/route";
import { ButtonLink } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Badge, Problem } from "../../components/state";
import { Facts } from "../parts/facts";
import { LabelChanges } from "../parts/label_changes";
import { RelabelSteps } from "../parts/relabel_steps";
import { ago, clock, shortLength } from "../parts/when";
import { HEALTH_TONES } from "./page";

export function TargetDetail({
  target,
  onClose,
}: {
  readonly target: Target;
  readonly onClose: () => void;
}): JSX.Element {
  const { labels } = target;
  const selector = `{${["job", "instance"]
    .filter((name) => labels[name])
    .map((name) => `${name}=${JSON.stringify(labels[name])}`)
    .join(", ")}}`;
  const footer = (
    <>
      <ButtonLink href={href("/alerts", { filter: selector.slice(1, -1) })}>Its alerts</ButtonLink>
      <ButtonLink
        icon="graph"
        look="primary"
        href={href("/explore", {
          "g0.expr": `up${selector}`,
          "g1.expr": `scrape_duration_seconds${selector}`,
          "g2.expr": `scrape_samples_scraped${selector}`,
        })}
      >
        Explore
      </ButtonLink>
    </>
  );
  return (
    <Dialog
      title={labels.instance ?? target.scrapeUrl}
      size="large"
      isDrawer
      onClose={onClose}
      footer={footer}
    >
      <div class="stack">
        {target.lastError && <Problem isSlim error={new Error(target.lastError)} />}
        <Facts
          facts={[
            [
              "health",
              <Badge key="h" tone={HEALTH_TONES[target.health]}>
                {target.health}
              </Badge>,
            ],
            ["pool", target.scrapePool],
            [
              "address",
              /^https?:/.test(target.globalUrl) ? (
                <a key="u" href={target.globalUrl} target="_blank" rel="noreferrer">
                  {target.scrapeUrl}
                </a>
              ) : (
                target.scrapeUrl
              ),
            ],
            [
              "scraped",
              `${clock(target.lastScrape)} (${ago(target.lastScrape)} ago), took ${shortLength(target.lastScrapeDuration)}`,
            ],
            ["every", `${target.scrapeInterval}, at most ${target.scrapeTimeout}`],
          ]}
        />
        <Scraped selector={selector} />
        <h3>Labels</h3>
        <LabelChanges before={target.discoveredLabels} after={labels} />
        {!target.scrapeUrl.startsWith("internal:") && (
          <RelabelSteps job={target.scrapePool} labels={target.discoveredLabels} />
        )}
      </div>
    </Dialog>
  );
}

const FIGURES: Labels = {
  scrape_samples_scraped: "samples",
  scrape_samples_post_metric_relabeling: "after metric relabelling",
  scrape_series_added: "new series",
  scrape_response_size_bytes: "bytes",
};

/** What the last scrape brought. */
function Scraped({ selector }: { readonly selector: string }): JSX.Element | null {
  const { data } = useLoad(
    async (signal) => {
      const query = `{__name__=~"${Object.keys(FIGURES).join("|")}", ${selector.slice(1)}`;
      const { data: result } = await queryInstant(query, undefined, { signal });
      return result.resultType === "vector" ? result.result : [];
    },
    [selector],
  );
  if (!data || data.length === 0) return null;
  const texts = Object.entries(FIGURES).flatMap(([name, words]) => {
    const found = data.find(({ metric }) => metric.__name__ === name)?.value?.[1];
    return found === undefined ? [] : [`${Number(found).toLocaleString("en-US")} ${words}`];
  });
  return <p class="muted">Last scrape: {texts.join(", ")}.</p>;
}
