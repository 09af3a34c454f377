// Pages about the server itself: what it was told, what it is made of, what questions cost, what was found and
// what did not arrive.

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axe, closeClean, launch, open, settled } from "./browser";
import { Flyball, Target, until } from "./server";

let browser: Browser;
let server: Flyball;
let target: Target;
let pager: HttpServer;
/** What the receiver answers, and how many messages it took. */
const answers = { status: 403, taken: 0 };

const METRICS = `# HELP shop_orders_total Orders.
# TYPE shop_orders_total counter
${Array.from({ length: 40 }, (_none, at) => `shop_orders_total{kind="k${at}"} ${at}`).join("\n")}
`;

const config = (address: string): string => `global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
  external_labels: {site: lab}
rule_files: [rules.yml]
scrape_configs:
- job_name: shop
  static_configs:
  - targets: ['${address}', 'old.example:9100']
    labels: {__meta_team: web}
  relabel_configs:
  - {source_labels: [__address__], regex: 'old.*', action: drop}
  - {source_labels: [__meta_team], target_label: team}
`;

const RULES = `groups:
- name: pages
  rules:
  - alert: AlwaysThere
    expr: vector(1)
    labels: {severity: page}
`;

const alerting = (address: string): string => `route:
  receiver: pager
  group_wait: 0s
  group_interval: 1s
receivers:
- name: pager
  webhook_configs: [{url: 'http://${address}/secret-path'}]
time_intervals:
- name: nights
  time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}]}]
`;

beforeAll(async () => {
  target = await Target.start(METRICS);
  pager = createServer((request, response) => {
    request.resume();
    response.statusCode = answers.status;
    if (answers.status === 200) answers.taken += 1;
    response.end("the key was revoked");
  });
  await new Promise<void>((resolve) => pager.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(pager.address() as AddressInfo).port}`;
  [browser, server] = await Promise.all([
    launch(),
    Flyball.start({
      files: {
        "flyball.yml": "version: 1\nprometheus: prometheus.yml\nalertmanager: alertmanager.yml\n",
        "prometheus.yml": config(target.address),
        "rules.yml": RULES,
        "alertmanager.yml": alerting(address),
      },
      flags: ["--config.file=flyball.yml", "--query.max-concurrency=7"],
    }),
  ]);
  await server.hasSeries("shop_orders_total");
  await server.hasSeries('scrape_samples_scraped{job="flyball"}');
});

afterAll(async () => {
  await browser?.close();
  target?.stop();
  pager?.close();
  pager?.closeAllConnections();
  await server?.remove();
});

it("the configuration is shown as it is used, found in by words, and loaded again", async () => {
  const watched = await open(browser, server, "/config");
  const { page } = watched;
  const source = page.getByLabel("Configuration", { exact: true }).last();
  await source.getByText("site: lab").waitFor();
  await page.getByRole("searchbox").fill("external_labels");
  await page.locator(".source .hit", { hasText: "external_labels" }).waitFor();
  await page.getByRole("tab", { name: "Alerting" }).click();
  await page.getByText("group_interval").first().waitFor();
  expect(await page.locator("body").innerText()).not.toContain("secret-path");
  await closeClean(watched);
});

it("flags have the values that were given", async () => {
  const watched = await open(browser, server, "/flags?search=max-concurrency");
  const row = watched.page.getByRole("row", { name: /query\.max-concurrency/ });
  expect(await row.innerText()).toContain("7");
  await closeClean(watched);
});

it("the state says version, runtime, parts and who asks", async () => {
  const watched = await open(browser, server, "/status");
  const { page } = watched;
  for (const name of ["version", "processors", "memory limit", "retention", "you are"]) {
    await page.locator("dt", { hasText: new RegExp(`^${name}$`) }).waitFor();
  }
  await page
    .getByRole("row", { name: /rules.*well/ })
    .first()
    .waitFor();
  await closeClean(watched);
});

it("the storage says what is in memory, on disk and kept", async () => {
  const watched = await open(browser, server, "/storage");
  const { page } = watched;
  await page.getByText("samples taken since the start").waitFor();
  await page.getByText("kept at most").waitFor();
  await page.locator("dt", { hasText: /^journal$/ }).waitFor();
  await closeClean(watched);
});

it("limits say how much of each is used, and what happens when it is reached", async () => {
  const watched = await open(browser, server, "/limits");
  const { page } = watched;
  const row = page.getByRole("row", { name: /Queries at once/ });
  await row.getByText("7", { exact: true }).waitFor();
  await page.getByRole("row", { name: /Memory for samples and queries/ }).waitFor();
  expect(await axe(page)).toEqual([]);
  await closeClean(watched);
});

it("what questions cost is listed, dearest first, in the order that is chosen", async () => {
  const expr = "sum by (kind) (rate(shop_orders_total[1m]))";
  await fetch(new URL(`api/v1/query?query=${encodeURIComponent(expr)}`, server.url));
  const watched = await open(browser, server, "/queries?search=shop_orders_total");
  const { page } = watched;
  await page.getByRole("row", { name: /sum by \(kind\)/ }).waitFor();
  await page
    .getByRole("radio", { name: "samples" })
    .or(page.getByText("samples", { exact: true }))
    .first()
    .click();
  await page.waitForURL((url) => url.searchParams.get("sort") === "total_samples");
  await page.getByRole("row", { name: /sum by \(kind\)/ }).waitFor();
  await closeClean(watched);
});

it("cardinality names the metric with the most series, and leads down to its labels", async () => {
  const watched = await open(browser, server, "/cardinality");
  const { page } = watched;
  await page.getByRole("button", { name: "shop_orders_total", exact: true }).click();
  expect(new URL(page.url()).searchParams.get("metric")).toBe("shop_orders_total");
  await page.getByRole("heading", { name: "kind: 40 values" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "kind: 40 values" }).waitFor();
  await closeClean(watched);
});

it("discovery shows what was dropped, and relabelling step by step", async () => {
  const watched = await open(browser, server, "/discovery?pool=shop");
  const { page } = watched;
  await page.getByText("1 dropped").waitFor();
  await page.getByLabel("State").selectOption("dropped");
  await page.locator('[role="row"].can-open').first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Relabelling dropped it.").waitFor();
  await dialog.getByText("old.example:9100").first().waitFor();
  await dialog.getByText("drops it").waitFor();
  expect(await axe(page)).toEqual([]);
  await closeClean(watched);
});

describe("receivers", () => {
  it("a message that was refused is told, tried again and forgotten", async () => {
    const watched = await open(browser, server, "/receivers");
    const { page } = watched;
    const letters = page.getByRole("region", { name: "Dead letters" });
    await letters.getByRole("row", { name: /pager.*AlwaysThere/ }).waitFor();
    expect(await letters.innerText()).toContain("403");
    await page.locator(".badge", { hasText: "failing" }).waitFor();
    expect(await axe(page)).toEqual([]);
    answers.status = 200;
    await letters.getByRole("button", { name: "Try again" }).first().click();
    await until("the message to arrive", () => (answers.taken > 0 ? true : undefined));
    await page.reload();
    await letters.getByText("None.").waitFor();
    await page.locator(".badge", { hasText: "arrives" }).waitFor();
    await closeClean(watched);
  });

  it("why somebody was told, or was not, stands beside the alert", async () => {
    const watched = await open(browser, server, '/alerts?filter={alertname="AlwaysThere"}');
    const { page } = watched;
    await page.locator(".alert-row").first().click();
    const detail = page.getByRole("complementary", { name: "Alert AlwaysThere" });
    await detail
      .getByText(/^pager: |^pager/)
      .first()
      .waitFor();
    await detail.locator(".alert-decisions .badge", { hasText: "sent" }).first().waitFor();
    await detail.locator(".alert-decisions .badge", { hasText: "refused" }).first().waitFor();
    await closeClean(watched);
  });
});

describe("a silence", () => {
  it("recurs in hours of the week and in time intervals of the file", async () => {
    const watched = await open(browser, server, '/silences/new?filter={alertname="AlwaysThere"}');
    const { page } = watched;
    await settled(page);
    await page.getByRole("button", { name: "4w", exact: true }).click();
    for (const day of ["Mon", "Tue", "Wed", "Sun"]) {
      await page.getByRole("button", { name: day, exact: true }).click();
    }
    await page.getByLabel("Hours begin").fill("22:00");
    await page.getByLabel("Hours end").fill("22:00");
    await page.getByText("it ends when it begins").waitFor();
    await page.getByLabel("Hours end").fill("06:30");
    await page.getByLabel("Zone of the hours").selectOption("Europe/Berlin");
    await page.getByLabel("nights").check();
    await page.getByLabel("Why").fill("backups");
    await page.getByLabel("Who").fill("ann");
    expect(await axe(page)).toEqual([]);
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    await page.getByText(/^mon-wed,sun 22:00-06:30 Europe\/Berlin \((not )?now\)$/).waitFor();
    await page.getByRole("link", { name: "Change" }).click();
    await page.getByLabel("Hours end").waitFor();
    expect(await page.getByLabel("Hours end").inputValue()).toBe("06:30");
    const pressed = page.locator('.silence-during [aria-pressed="true"]');
    expect(await pressed.allInnerTexts()).toEqual(["Mon", "Tue", "Wed", "Sun"]);
    expect(await page.getByLabel("nights").isChecked()).toBe(true);
    await page.goto(new URL("silences", server.url).href);
    await page.getByRole("row", { name: /mon-wed,sun 22:00-06:30/ }).waitFor();
    await closeClean(watched);
  });
});
