import { expect, test } from "vitest";
import type { RoutedAlert } from "../../api/alertmanager";
import { counts, groupBy, once, rowsOf, stateOf } from "./groups";

function alert(
  name: string,
  severity: string,
  status: Partial<RoutedAlert["status"]> = {},
): RoutedAlert {
  return {
    labels: { alertname: name, ...(severity ? { severity } : {}) },
    annotations: {},
    startsAt: "2026-01-01T00:00:00Z",
    endsAt: "",
    updatedAt: "",
    fingerprint: `${name}${severity}`,
    receivers: [],
    status: { state: "active", silencedBy: [], inhibitedBy: [], mutedBy: [], ...status },
  };
}

test("the worst group is first, and in it what is not muted", () => {
  const groups = groupBy(
    [
      alert("a", "info"),
      alert("b", "warning"),
      alert("b", "critical", { silencedBy: ["1"] }),
      alert("c", "critical"),
    ],
    ["alertname"],
  );
  expect(groups.map((group) => group.key)).toEqual(["alertname=c", "alertname=b", "alertname=a"]);
  expect(groups[1]?.alerts.map((one) => one.labels.severity)).toEqual(["warning", "critical"]);
});

test("a closed group shows its head only; labels that are missing make a group of their own", () => {
  const groups = groupBy([alert("a", "info"), alert("b", "")], ["severity"]);
  expect(groups.map((group) => group.key)).toEqual(["", "severity=info"]);
  expect(rowsOf(groups, new Set([""])).map((row) => row.kind)).toEqual(["group", "group", "alert"]);
});

test("a silence is told before an inhibition, and that before a time interval", () => {
  const all = [
    alert("a", ""),
    alert("a", "", { silencedBy: ["1"], inhibitedBy: ["2"] }),
    alert("a", "", { inhibitedBy: ["2"], mutedBy: ["x"] }),
    alert("a", "", { mutedBy: ["x"] }),
  ];
  expect(all.map(stateOf)).toEqual(["firing", "silenced", "inhibited", "muted"]);
  expect(counts(all)).toEqual({ firing: 1, silenced: 1, inhibited: 1, muted: 1 });
});

test("an alert that one route mutes and another tells of fires", () => {
  const muted = alert("a", "critical", { mutedBy: ["nights"] });
  const group = (name: string, alerts: RoutedAlert[]) => ({
    labels: {},
    receiver: { name },
    alerts,
  });
  const told = alert("a", "critical");
  expect(once([group("pager", [told]), group("web", [muted])])).toEqual([told]);
  expect(once([group("web", [muted]), group("pager", [told])])).toEqual([told]);
  expect(once([group("web", [muted]), group("mail", [muted])])).toEqual([muted]);
});
