//! Every dashboard of `conformance/dashboards`: how much it holds, and that nothing is lost.

use dashboards::{Dashboard, Severity, diff, import, lint};
use expect_test::expect;
use std::collections::BTreeMap;
use std::fs;

/// Panels by type, variables and targets, on one line.
fn counts(dashboard: &Dashboard) -> String {
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    let mut targets = 0;
    for (_, panel) in dashboard.panels() {
        *types.entry(panel["type"].as_str().unwrap()).or_default() += 1;
        targets += panel.get("targets").and_then(|list| list.as_array()).map_or(0, Vec::len);
    }
    let types: Vec<String> = types.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let variables = dashboard.variables().count();
    format!("{}; {targets} targets, {variables} variables", types.join(", "))
}

#[test]
fn real_dashboards_are_read_whole() {
    let Some(dir) = testkit::conformance_dir("dashboards", "dashboards") else { return };
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let imported = import(&fs::read(&path).unwrap()).unwrap();
        found.push(format!("{name}: {}\n", counts(&imported.dashboard)));
        for finding in &imported.report {
            let dashboards::Finding { path, kind, message } = finding;
            found.push(format!("  {path} {}: {message}\n", kind.word()));
        }
        for complaint in lint(&imported.dashboard, None) {
            if complaint.severity == Severity::Error {
                found.push(format!("  lint {}: {}\n", complaint.path, complaint.message));
            }
        }
        let again = import(imported.dashboard.to_file().as_bytes()).unwrap();
        assert_eq!(diff(&imported.dashboard, &again.dashboard), [], "{name} exported and read");
    }
    expect![[r"
        alertmanager-overview.json: 2 row, 4 timeseries; 8 targets, 4 variables
        controller-manager.json: 1 stat, 9 timeseries; 13 targets, 3 variables
        k8s-resources-multicluster.json: 6 stat, 2 table, 2 timeseries; 18 targets, 1 variables
        k8s-resources-nodes-overview.json: 5 timeseries; 10 targets, 2 variables
        k8s-resources-windows-namespace.json: 2 table, 2 timeseries; 12 targets, 3 variables
        k8s-resources-workloads-namespace.json: 3 table, 10 timeseries; 32 targets, 4 variables
        kubelet.json: 6 stat, 18 timeseries; 29 targets, 3 variables
        node-cluster-rsrc-use.json: 5 row, 9 timeseries; 11 targets, 2 variables
        node-exporter-full.json: 4 bargauge, 5 gauge, 16 row, 5 stat, 111 timeseries; 286 targets, 4 variables
        nodes-darwin.json: 1 gauge, 4 row, 1 table, 6 timeseries; 18 targets, 3 variables
        pod-total.json: 2 gauge, 6 timeseries; 8 targets, 4 variables
        proxy.json: 1 stat, 10 timeseries; 14 targets, 3 variables
    "]].assert_eq(&found.concat());
}
