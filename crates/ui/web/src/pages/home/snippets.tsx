// How to get data in and out: texts to copy, with the real address of this server.

import type { JSX } from "preact";
import { param, prefix, setParams } from "../../app/route";
import { Button } from "../../components/button";
import { Tabs } from "../../components/tabs";
import { copy } from "../../components/toast";

interface Snippet {
  readonly id: string;
  readonly label: string;
  readonly about: string;
  readonly text: string;
}

/** Which file says what is scraped, and how it is read again. */
function whereToScrape(configFile: string | null): string {
  if (configFile === null)
    return "Write this to prometheus.yml, then start: flyball --config.file=prometheus.yml";
  const file = /prometheus[^/]*$/.test(configFile)
    ? configFile
    : `prometheus.yml (${configFile} names it: prometheus: prometheus.yml)`;
  return `Add this to ${file}, then send SIGHUP to Flyball.`;
}

function snippets(configFile: string | null): Snippet[] {
  const origin = `${location.origin}${prefix}`;
  const path = prefix === "" ? "" : `\n      path_prefix: ${prefix}`;
  return [
    {
      id: "scrape",
      label: "Scrape a service",
      about: whereToScrape(configFile),
      text: "scrape_configs:\n  - job_name: my-service\n    static_configs:\n      - targets: ['localhost:8080']\n",
    },
    {
      id: "write",
      label: "Remote write",
      about: "In prometheus.yml of a Prometheus, or any agent that speaks remote write 1 or 2.",
      text: `remote_write:\n  - url: ${origin}/api/v1/write\n`,
    },
    {
      id: "otlp",
      label: "OpenTelemetry",
      about: "In the environment of a program with an SDK of OpenTelemetry; its metrics are taken.",
      text:
        `export OTEL_METRICS_EXPORTER=otlp\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n` +
        `export OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${origin}/v1/metrics\n`,
    },
    {
      id: "alerts",
      label: "Send alerts",
      about: "In prometheus.yml of a Prometheus that judges its own rules.",
      text:
        `alerting:\n  alertmanagers:\n    - scheme: ${location.protocol.slice(0, -1)}${path}\n` +
        `      static_configs:\n        - targets: ['${location.host}']\n`,
    },
    {
      id: "ask",
      label: "Ask by HTTP",
      about: "The API is Prometheus'; Grafana takes this address as a Prometheus data source.",
      text: `curl -s '${origin}/api/v1/query' --data-urlencode 'query=up'\n`,
    },
  ];
}

export function Snippets({ configFile }: { readonly configFile: string | null }): JSX.Element {
  const all = snippets(configFile);
  const shown = all.find(({ id }) => id === param("snippet")) ?? (all[0] as Snippet);
  return (
    <section class="stack">
      <h2>Get data in and out</h2>
      <Tabs
        label="Ways in and out"
        tabs={all}
        active={shown.id}
        onChange={(id) => setParams({ snippet: id }, { replace: true })}
      >
        <p class="muted">{shown.about}</p>
        <div class="snippet">
          <pre tabIndex={0}>{shown.text}</pre>
          <Button icon="copy" onClick={() => void copy(shown.text)}>
            Copy
          </Button>
        </div>
      </Tabs>
    </section>
  );
}
