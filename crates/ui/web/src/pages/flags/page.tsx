// Flags of the command line and what they are set to.

import type { JSX } from "preact";
import { flags } from "../../api/server";
import { useLoad } from "../../app/load";
import { param } from "../../app/route";
import { Empty, Loading, Problem } from "../../components/state";
import { hasWords, PageHead, SearchParam } from "../parts/page_head";

export default function Flags(): JSX.Element {
  const { data, error, reload } = useLoad((signal) => flags({ signal }), []);
  const shown = Object.entries(data ?? {})
    .filter(([name, value]) => hasWords(`${name} ${value}`, param("search")))
    .sort();
  return (
    <>
      <PageHead title="Flags" note="what the server was started with">
        <SearchParam label="Search flags" />
      </PageHead>
      {error && <Problem error={error} onRetry={reload} />}
      {!data && !error && <Loading what="flags" />}
      {data && shown.length === 0 && <Empty title="No flag has these words." />}
      {shown.length > 0 && (
        <div class="card">
          <table>
            <thead>
              <tr>
                <th>Flag</th>
                <th>Value</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(([name, value]) => (
                <tr key={name}>
                  <td class="mono">--{name}</td>
                  <td class="mono">{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
