import { expect, test } from "vitest";
import type { Labels } from "../../api/prometheus";
import { readBlockYaml } from "./block_yaml";
import { holds, routingTree } from "./tree";

const YAML = `global:
  resolve_timeout: 5m
route:
  receiver: all
  group_by:
  - ...
  group_wait: 10s
  routes:
  - matchers:
    - severity="page"
    receiver: pager
    continue: true
    routes:
    - matchers:
      - team="db"
      receiver: db-pager
      mute_time_intervals:
      - 'nights: all'
  - match:
      team: db
    receiver: db
    group_by: []
  - matchers:
    - team=~"db|web"
receivers:
- name: all
`;

/** `+` led through, `!` told, `-` neither; then the receivers. */
function way(labels?: Labels): string {
  const { nodes, receivers } = routingTree(YAML, labels);
  const marks = nodes.map(
    (node) => `${node.depth}${node.isTold ? "!" : node.isPassed ? "+" : "-"}${node.receiver}`,
  );
  return `${marks.join(" ")} => ${receivers.join(",")}`;
}

test("without labels the tree is shown and nobody is told", () => {
  expect(way()).toBe("0-all 1-pager 2-db-pager 1-db 1-all => ");
});

test("what matches no child stays with its parent", () => {
  expect(way({ team: "ops" })).toBe("0!all 1-pager 2-db-pager 1-db 1-all => all");
});

test("a route that continues leads to the next, one that does not ends", () => {
  expect(way({ severity: "page", team: "db" })).toBe(
    "0+all 1+pager 2!db-pager 1!db 1-all => db-pager,db",
  );
  expect(way({ team: "web" })).toBe("0+all 1-pager 2-db-pager 1-db 1!all => all");
});

test("children have what their parents say, but not their time intervals", () => {
  const { nodes } = routingTree(YAML, undefined);
  expect(
    nodes.map(
      (node) => `${node.groupBy.join()} ${node.groupWait} ${node.muteTimeIntervals.join()}`,
    ),
  ).toEqual(["... 10s ", "... 10s ", "... 10s nights: all", " 10s ", "... 10s "]);
});

test("regular expressions are anchored, and missing labels are empty", () => {
  expect(holds('a=~"x|y"', { a: "xy" })).toBe(false);
  expect(holds('a!~"x.*"', {})).toBe(true);
  expect(holds('a=""', {})).toBe(true);
});

test("what the server does not write is refused with its line", () => {
  expect(() => readBlockYaml("a: 1\nb")).toThrow("line 2");
});
