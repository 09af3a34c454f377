//! Goes through the files of upstream's own tests and compares verdicts.
//! The data lies outside of the project; without it the suites are skipped.

use crate::verdicts::REFUSED;
use config::{Error, Outside, prometheus};
use std::path::{Path, PathBuf};
use testkit::conformance_dir;

/// Loads a file as the server does: the file itself, then those it includes.
fn load(path: &Path) -> Result<Vec<String>, Error> {
    let outside = Outside::nothing();
    let name = path.to_str().unwrap();
    let mut main = prometheus::load(name, &read(path), &outside)?;
    let mut warnings: Vec<String> = main.warnings.iter().map(ToString::to_string).collect();
    for pattern in main.config.scrape_config_files.clone() {
        for file in expand(&pattern) {
            let name = file.to_str().unwrap();
            let more = prometheus::load_scrape_configs(name, &read(&file), &main.config, &outside)?;
            main.config.scrape_configs.extend(more.config);
            warnings.extend(more.warnings.iter().map(ToString::to_string));
        }
    }
    Ok(warnings)
}

fn read(path: &Path) -> String {
    String::from_utf8(std::fs::read(path).unwrap()).unwrap()
}

/// Files of `folder/*.yml`, sorted; a path without star is itself.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![pattern.into()] };
    let (folder, prefix) = before.rsplit_once('/').unwrap();
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(prefix) && name.ends_with(after)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn prometheus_files_get_upstreams_verdict() {
    let Some(folder) = conformance_dir("config conformance", "prometheus/config") else { return };
    let (mut accepted, mut refused) = (0, 0);
    let mut wrong = Vec::new();
    for file in config_files(&folder) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let expected = REFUSED.iter().find(|(refused, _)| *refused == name);
        match (load(&file), expected) {
            (Ok(_), None) => accepted += 1,
            (Err(error), Some((_, part))) if error.to_string().contains(part) => refused += 1,
            (Err(error), Some(_)) => wrong.push(format!("{name}: other reason: {error}")),
            (Err(error), None) => wrong.push(format!("{name}: refused: {error}")),
            (Ok(_), Some(_)) => wrong.push(format!("{name}: accepted")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(refused, REFUSED.len(), "every file of the table is there");
    println!("config conformance: {accepted} accepted, {refused} rejected as expected");
}

/// All YAML files of the folder and of the folder below it.
fn config_files(folder: &Path) -> Vec<PathBuf> {
    let folder = folder.display();
    let mut files = expand(&format!("{folder}/*.yml"));
    files.extend(expand(&format!("{folder}/scrape_configs/*.yml")));
    files
}

#[test]
fn inv_70_redacted_files_hide_every_secret_and_read_back() {
    let Some(folder) = conformance_dir("config redaction", "prometheus/config") else { return };
    let secrets = [
        "mysecret",
        "credentials: abcdef",
        "testAppSecret",
        "testConsumerKey",
        "XXXXXXXXXXXXXXXXXXXXXXXX",
    ];
    for file in config_files(&folder) {
        let name = file.to_str().unwrap();
        let Ok(loaded) = prometheus::load(name, &read(&file), &Outside::nothing()) else {
            continue;
        };
        for secret in secrets {
            assert!(!loaded.redacted.contains(secret), "{secret} in {}", loaded.redacted);
            assert!(!format!("{:?}", loaded.config).contains(secret), "{secret} in Debug, {name}");
        }
        prometheus::load(name, &loaded.redacted, &Outside::nothing()).unwrap();
    }
}

/// Rule files that upstream refuses, with a part of our message.
const RULES_REFUSED: &[(&str, &str)] = &[
    ("invalid_rules.yaml", "unknown key `unexpected_field`"),
    ("rules_extrafields.yml", "unknown key `ownership`"),
];

#[test]
fn rule_files_get_upstreams_verdict() {
    let mut files = Vec::new();
    for folder in ["prometheus/rules", "rules/community", "rules/kube-prometheus"] {
        let Some(folder) = conformance_dir("rule files conformance", folder) else { return };
        let folder = folder.display();
        files.extend(expand(&format!("{folder}/*.yaml")));
        files.extend(expand(&format!("{folder}/*.yml")));
    }
    let Some(promtool) = conformance_dir("rule files conformance", "prometheus/promtool") else {
        return;
    };
    files.extend(
        expand(&format!("{}/*.yml", promtool.display()))
            .into_iter()
            .filter(|file| read(file).lines().any(|line| line.starts_with("groups:"))),
    );
    let (mut accepted, mut refused) = (0, 0);
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let loaded = config::rules::load(name, &read(&file), relabel::NameScheme::Utf8);
        match (loaded, RULES_REFUSED.iter().find(|(refused, _)| *refused == name)) {
            (Ok(_), None) => accepted += 1,
            (Err(error), Some((_, part))) if error.to_string().contains(part) => refused += 1,
            (Ok(_), Some(_)) => panic!("{name}: accepted"),
            (Err(error), _) => panic!("{name}: {error}"),
        }
    }
    println!("rule files conformance: {accepted} accepted, {refused} rejected as expected");
}

/// Alertmanager files whose mistakes are in sections that are read already.
const ROUTING_REFUSED: &[(&str, &str)] =
    &[("conf.nil-match_re-route.yml", "`match_re` has no expression for `invalid_label`")];

/// Alertmanager files that need nothing but routes and webhooks.
const ROUTING_ACCEPTED: &[&str] = &["conf.group-by-all.yml"];

#[test]
fn alertmanager_files_are_read_or_say_what_comes_later() {
    let Some(folder) = conformance_dir("alertmanager config conformance", "alerting/config") else {
        return;
    };
    let (mut accepted, mut refused, mut later) = (0, 0, 0);
    for file in expand(&format!("{}/*.yml", folder.display())) {
        let name = file.file_name().unwrap().to_str().unwrap();
        match config::alertmanager::load(name, &read(&file)) {
            Ok(_) => {
                assert!(ROUTING_ACCEPTED.contains(&name), "{name} is accepted");
                accepted += 1;
            }
            Err(error) => {
                let error = error.to_string();
                let expected = ROUTING_REFUSED.iter().find(|(refused, _)| *refused == name);
                if let Some((_, part)) = expected {
                    assert!(error.contains(part), "{error}");
                    refused += 1;
                } else {
                    assert!(error.contains("is not supported yet"), "{error}");
                    assert!(!error.contains("unknown key"), "{error}");
                    later += 1;
                }
            }
        }
    }
    println!(
        "alertmanager config conformance: {accepted} accepted, {refused} rejected as expected, \
         {later} wait for keys that come later"
    );
}
