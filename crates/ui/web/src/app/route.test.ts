import { expect, it } from "vitest";
import { adopt, href, navigate, param, route, setParams } from "./route";

const at = (path: string, query = "") => ({ path, params: new URLSearchParams(query) });
const adopted = (path: string, query: string, hash: string) => {
  const found = adopt(at(path, query), hash);
  return found && `${found.path}?${decodeURIComponent(found.params.toString())}`;
};

it("understands links made for Prometheus and Alertmanager", () => {
  expect(adopted("/graph", "g0.expr=up&g0.tab=0", "")).toBe("/explore?g0.expr=up&g0.tab=0");
  expect(adopted("/query", "g0.expr=up", "")).toBe("/explore?g0.expr=up");
  expect(adopted("/", "", '#/alerts?filter={a="b"}')).toBe('/alerts?filter={a="b"}');
  expect(adopted("/", "", "#/silences/new?filter=x")).toBe("/silences/new?filter=x");
  expect(adopted("/", "", "#/silences/4b1c")).toBe("/silences/4b1c?");
  expect(adopted("/", "", "#/status")).toBe("/status?");
  expect(adopted("/", "", "#main")).toBeUndefined();
  expect(adopted("/alerts", "filter=x", "#/silences")).toBeUndefined();
});

it("keeps state in the address, several values of one name included", () => {
  navigate("/d/uid/slug", { "from": "now-6h", "var-host": ["a", "b"] });
  expect(route.value.path).toBe("/d/uid/slug");
  expect(location.search).toBe("?from=now-6h&var-host=a&var-host=b");
  setParams({ "var-host": null, "to": "now", "from": "now-1h/h" });
  expect(location.search).toBe("?from=now-1h/h&to=now");
  expect(param("to")).toBe("now");
  expect(param("absent")).toBe("");
  expect(href("/alerts", { filter: '{a="b,c"}' })).toBe("/alerts?filter={a%3D%22b,c%22}");
});
