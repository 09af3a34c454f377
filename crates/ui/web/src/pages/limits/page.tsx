// Limits: how much of everything that is bounded is used, where it ends, and what happens then.

import type { JSX } from "preact";
import { flags } from "../../api/server";
import { useLoad } from "../../app/load";
import { href } from "../../app/route";
import { Badge, Loading, Problem } from "../../components/state";
import { formatValue } from "../../format/units";
import { BarCell } from "../parts/facts";
import { useOwnFigures } from "../parts/own_figures";
import { PageHead } from "../parts/page_head";
import { shortLength } from "../parts/when";
import "./limits.css";
import { type Limit, type LimitGroup, limitsOf } from "./limits";

const OWN =
  "flyball_(storage_(memory_limit_bytes|head_bytes|cache_bytes|series|series_refused_total)|quer(y|ies)_.*|scrape_.*|.*_requests_total|notifications_queue_.*)|process_(open|max)_fds";

export default function Limits(): JSX.Element {
  const own = useOwnFigures(OWN);
  const given = useLoad((signal) => flags({ signal }), []);
  const error = own.error ?? given.error;
  const isThere = own.data !== undefined && given.data !== undefined;
  const retry = (): void => {
    own.reload();
    given.reload();
  };
  return (
    <>
      <PageHead title="Limits" note="counts are since the start of the server" />
      {error && <Problem isSlim={isThere} error={error} onRetry={retry} />}
      {!isThere && !error && <Loading what="limits" />}
      {isThere && (
        <div class="stack">
          {limitsOf(own.data!, given.data!).map((group) => (
            <Group key={group.title} group={group} />
          ))}
          <p class="muted">
            Lists of their own have <a href={href("/cardinality")}>series</a>,{" "}
            <a href={href("/queries")}>queries</a> and <a href={href("/flags")}>flags</a>.
          </p>
        </div>
      )}
    </>
  );
}

function Group({ group }: { readonly group: LimitGroup }): JSX.Element {
  return (
    <section class="card limits">
      <h2>{group.title}</h2>
      <div class="limits-table" tabIndex={0} role="region" aria-label={group.title}>
        <table>
          <thead>
            <tr>
              <th>What</th>
              <th class="number">Used</th>
              <th class="number">Limit</th>
              <th class="number">Reached</th>
              <th>What happens then</th>
              <th>Set by</th>
            </tr>
          </thead>
          <tbody>
            {group.limits.map((limit) => (
              <Row key={limit.what} limit={limit} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ limit }: { readonly limit: Limit }): JSX.Element {
  const { what, used, most, unlessSet, reached, unit } = limit;
  const text = (value: number): string =>
    unit === "bytes"
      ? formatValue(value, "bytes", 1)
      : unit === "seconds"
        ? shortLength(value)
        : value.toLocaleString("en-US");
  return (
    <tr>
      <td>{what}</td>
      <td class="number">
        {used !== undefined && <BarCell share={most ? used / most : 0}>{text(used)}</BarCell>}
      </td>
      <td class="number">
        {most !== undefined ? (
          text(most)
        ) : (
          <span class="muted">
            {unlessSet ? `${text(unlessSet)} unless set` : "none unless set"}
          </span>
        )}
      </td>
      <td class="number">
        {reached === undefined ? (
          ""
        ) : reached > 0 ? (
          <Badge tone="warn">{reached.toLocaleString("en-US")}</Badge>
        ) : (
          0
        )}
      </td>
      <td class="limit-then">{limit.then}</td>
      <td class="limit-set mono">{limit.set}</td>
    </tr>
  );
}
