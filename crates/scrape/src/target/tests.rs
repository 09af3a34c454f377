use super::{Populated, populate};
use config::{Outside, ScrapeConfig};
use expect_test::expect;
use model::Labels;

fn job(yaml: &str) -> ScrapeConfig {
    let text = format!("scrape_configs:\n- job_name: j\n{yaml}");
    let loaded = config::prometheus::load("prometheus.yml", &text, &Outside::nothing()).unwrap();
    loaded.config.scrape_configs.into_iter().next().unwrap()
}

fn shown(yaml: &str, target: &[(&str, &str)], group: &[(&str, &str)]) -> String {
    let pairs = |pairs: &[(&str, &str)]| Labels::from_pairs(pairs.iter().copied());
    match populate(&job(yaml), &pairs(target), &pairs(group)) {
        Populated::Kept(target) => {
            let (interval, timeout) = (target.interval, target.timeout);
            format!("{} {} every {interval:?} within {timeout:?}", target.labels, target.url)
        }
        Populated::Dropped { discovered } => format!("dropped {discovered}"),
        Populated::Invalid { reason, .. } => format!("invalid: {reason}"),
    }
}

const HOST: [(&str, &str); 1] = [("__address__", "host:9100")];

#[test]
fn defaults_make_a_target() {
    expect![[r#"{instance="host:9100", job="j"} http://host:9100/metrics every 60s within 10s"#]]
        .assert_eq(&shown("", &HOST, &[("__meta_x", "y"), ("__private", "z")]));
    let discovered = job("");
    let Populated::Kept(target) =
        populate(&discovered, &Labels::from_pairs(HOST), &Labels::from_pairs([("env", "prod")]))
    else {
        panic!("kept");
    };
    expect![[r#"{__address__="host:9100", __metrics_path__="/metrics", __scheme__="http", __scrape_interval__="1m", __scrape_timeout__="10s", env="prod", job="j"}"#]]
    .assert_eq(&target.discovered.to_string());
}

#[test]
fn labels_of_the_target_win_over_those_of_the_group_and_the_job() {
    let found = shown(
        "  scheme: https\n",
        &[("__address__", "a"), ("env", "target"), ("job", "own")],
        &[("env", "group"), ("__metrics_path__", "/x"), ("instance", "named")],
    );
    expect![[r#"{env="target", instance="named", job="own"} https://a/x every 60s within 10s"#]]
        .assert_eq(&found);
}

#[test]
fn relabelling_decides_everything() {
    let found = shown(
        "  relabel_configs:\n  - {target_label: __scheme__, replacement: https}\n  \
         - {target_label: __metrics_path__, replacement: '/a b?c'}\n  \
         - {target_label: __scrape_interval__, replacement: 5s}\n  \
         - {target_label: __scrape_timeout__, replacement: 2s}\n  \
         - {target_label: __param_module, replacement: 'http 2xx'}\n  \
         - {target_label: __address__, replacement: '[::1]:8080'}\n",
        &HOST,
        &[],
    );
    expect![[r#"{instance="[::1]:8080", job="j"} https://[::1]:8080/a%20b%3Fc?module=http+2xx every 5s within 2s"#]].assert_eq(&found);
    let drop = "  relabel_configs:\n  - {source_labels: [job], regex: j, action: drop}\n";
    assert!(shown(drop, &HOST, &[]).starts_with("dropped {__address__=\"host:9100\""));
}

#[test]
fn parameters_are_sorted_and_labels_replace_their_first_value() {
    let yaml = "  params:\n    z: [one, two]\n    a: ['x&y']\n    empty: []\n";
    let found = shown(
        yaml,
        &HOST,
        &[("__param_z", "changed"), ("__param_new", "n"), ("__param_empty", "e")],
    );
    assert!(found.contains("/metrics?a=x%26y&empty=e&new=n&z=changed&z=two "), "{found}");
    let rules = "  relabel_configs:\n  - {source_labels: [__param_z], target_label: z}\n";
    let found = shown(&format!("{yaml}{rules}"), &HOST, &[]);
    assert!(found.contains(r#"z="one""#), "relabelling sees the first value: {found}");
}

#[test]
fn what_makes_no_target_says_why() {
    let replace = |label: &str, value: &str| {
        format!("  relabel_configs:\n  - {{target_label: {label}, replacement: '{value}'}}\n")
    };
    for (yaml, expected) in [
        (replace("__address__", ""), "no address"),
        (replace("__address__", "http://host"), "\"http://host\" is not a valid hostname"),
        (replace("__scrape_interval__", "0s"), "scrape interval cannot be 0"),
        (replace("__scrape_timeout__", "0s"), "scrape timeout cannot be 0"),
        (
            replace("__scrape_timeout__", "2m"),
            "scrape timeout cannot be greater than scrape interval (\"2m\" > \"1m\")",
        ),
    ] {
        assert_eq!(shown(&yaml, &HOST, &[]), format!("invalid: {expected}"));
    }
    let found = shown(&replace("__scrape_interval__", "soon"), &HOST, &[]);
    assert!(found.starts_with("invalid: error parsing scrape interval: "), "{found}");
    let found = shown(&replace("__address__", "host:port"), &HOST, &[]);
    assert!(found.starts_with("invalid: invalid target URL http://host:port"), "{found}");
    let found = shown(&replace("__scheme__", "file"), &[("__address__", "localhost")], &[]);
    assert_eq!(found, "invalid: invalid target URL file://localhost: no host");
}

#[test]
fn identity_is_stable_and_ignores_interval_and_timeout() {
    let identity = |yaml: &str, address: &str| {
        let labels = Labels::from_pairs([("__address__", address)]);
        match populate(&job(yaml), &labels, &Labels::empty()) {
            Populated::Kept(target) => target.identity,
            other => panic!("kept, found {other:?}"),
        }
    };
    let plain = identity("", "a:1");
    assert_eq!(plain, identity("  scrape_interval: 5s\n  scrape_timeout: 1s\n", "a:1"));
    let with = |label: &str| {
        let labels = Labels::from_pairs([("__address__", "a:1"), (label, "x")]);
        match populate(&job(""), &labels, &Labels::empty()) {
            Populated::Kept(target) => target.identity,
            other => panic!("kept, found {other:?}"),
        }
    };
    assert_eq!(plain, with("__meta_kubernetes_pod_uid"), "what discovery says of it may change");
    assert_ne!(plain, with("zone"));
    assert_ne!(plain, identity("", "a:2"));
    assert_ne!(plain, identity("  metrics_path: /other\n", "a:1"));
    assert_eq!(plain, 3_314_923_188_857_837_834, "phases survive restarts and upgrades");
}
