// Home: what is wrong now and why.

import type { JSX } from "preact";
import { alerts } from "../../api/prometheus";
import { useLoad } from "../../app/load";
import { Empty, Loading, Problem } from "../../components/state";

export default function Home(): JSX.Element {
  const { data, error } = useLoad((signal) => alerts({ signal }), [], { everyMs: 5000 });
  if (!data) return error ? <Problem error={error} /> : <Loading what="alerts" />;
  const firing = data.filter((alert) => alert.state === "firing");
  return firing.length === 0
    ? <Empty isGood title="Nothing is firing." />
    : <ul>{firing.map((alert) => <li key={alert.activeAt}>{alert.labels.alertname}</li>)}</ul>;
}
