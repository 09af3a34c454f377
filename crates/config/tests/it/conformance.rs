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

/// Alertmanager files that upstream refuses, with a part of our message.
const ALERTMANAGER_REFUSED: &[(&str, &str)] = &[
    ("conf.mattermost-both-webhook-url-and-file.yml", "at most one of `mattermost_webhook_url`"),
    ("conf.mattermost-no-webhook-url.yml", "Mattermost needs `webhook_url`"),
    ("conf.mattermost-valid-receiver-both-webhook-url-and-file.yml", "at most one of"),
    ("conf.nil-match_re-route.yml", "`match_re` has no expression for `invalid_label`"),
    ("conf.nil-source_match_re-inhibition.yml", "no expression for `invalid_source_label`"),
    ("conf.nil-target_match_re-inhibition.yml", "no expression for `invalid_target_label`"),
    ("conf.opsgenie-both-file-and-apikey.yml", "at most one of `opsgenie_api_key`"),
    ("conf.opsgenie-default-apikey-old-team.yml", "unknown key `teams`"),
    ("conf.opsgenie-no-apikey.yml", "Opsgenie needs `api_key`"),
    ("conf.rocketchat-both-token-and-tokenfile.yml", "at most one of `rocketchat_token`"),
    ("conf.rocketchat-both-tokenid-and-tokenidfile.yml", "at most one of `rocketchat_token_id`"),
    ("conf.rocketchat-no-token.yml", "Rocket.Chat needs `token`"),
    ("conf.slack-both-file-and-token.yml", "at most one of `slack_app_token`"),
    ("conf.slack-both-file-and-url.yml", "at most one of `slack_api_url`"),
    ("conf.slack-both-url-and-token.yml", "at most one of `slack_app_token` and `slack_api_url`"),
    ("conf.slack-no-api-url-or-token.yml", "Slack needs `api_url` or `app_token`"),
    ("conf.slack-update-message-and-webhook.yml", "`update_message` needs a bot"),
    ("conf.smtp-both-password-and-file.yml", "at most one of `smtp_auth_password`"),
    ("conf.sns-invalid.yml", "SNS needs `topic_arn`, `target_arn` or `phone_number`"),
    ("conf.telegram-both-bot-token-and-file.yml", "at most one of `telegram_bot_token`"),
    ("conf.telegram-no-bot-token.yml", "Telegram needs `bot_token`"),
    ("conf.telegram-valid-receiver-both-bot-token-and-file.yml", "`telegram_bot_token_file`"),
    ("conf.victorops-both-file-and-apikey.yml", "at most one of `victorops_api_key`"),
    ("conf.victorops-no-apikey.yml", "VictorOps needs `api_key`"),
    ("conf.wechat-both-file-and-secret.yml", "at most one of `wechat_api_secret`"),
    ("conf.wechat-no-api-secret.yml", "WeChat needs `api_secret`"),
];

#[test]
fn alertmanager_files_get_upstreams_verdict() {
    let Some(folder) = conformance_dir("alertmanager config conformance", "alerting/config") else {
        return;
    };
    let (mut accepted, mut refused) = (0, 0);
    let mut wrong = Vec::new();
    for file in expand(&format!("{}/*.yml", folder.display())) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let expected = ALERTMANAGER_REFUSED.iter().find(|(refused, _)| *refused == name);
        match (config::alertmanager::load(name, &read(&file)), expected) {
            (Ok(loaded), None) => {
                let again = config::alertmanager::load(name, &loaded.redacted).unwrap().redacted;
                assert_eq!(again, loaded.redacted, "what is shown is shown the same again");
                accepted += 1;
            }
            (Err(error), Some((_, part))) if error.to_string().contains(part) => refused += 1,
            (Err(error), Some(_)) => wrong.push(format!("{name}: other reason: {error}")),
            (Err(error), None) => wrong.push(format!("{name}: refused: {error}")),
            (Ok(_), Some(_)) => wrong.push(format!("{name}: accepted")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(refused, ALERTMANAGER_REFUSED.len(), "every file of the table is there");
    println!("alertmanager config: {accepted} accepted, {refused} rejected as expected");
}
