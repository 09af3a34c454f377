// How often the server scrapes, from its configuration: `$__rate_interval` must span several scrapes.
// Asked once; until then, and without an answer, Grafana's 15 s.

import { signal } from "@preact/signals";
import { getData } from "../api/client";
import { parseDuration } from "../format/durations";

const DEFAULT_MS = 15_000;
let asked: Promise<void> | undefined;

/** The global scrape interval. */
export const scrapeMs = signal(DEFAULT_MS);

/** The interval that a configuration names. */
export function intervalIn(yaml: string): number | undefined {
  const found = /^global:\s*\n(?:[ \t]+.*\n)*?[ \t]+scrape_interval:\s*["']?([\w.]+)/m.exec(yaml);
  return found ? parseDuration(found[1]!) : undefined;
}

/** Asks the server once. */
export function learnScrapeInterval(): Promise<void> {
  asked ??= getData<{ yaml: string }>("api/v1/status/config").then(
    ({ yaml }) => {
      scrapeMs.value = intervalIn(yaml) ?? DEFAULT_MS;
    },
    (error: unknown) => {
      asked = undefined;
      console.warn("cannot read the scrape interval", error);
    },
  );
  return asked;
}
