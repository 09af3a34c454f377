//! Alerts, silences and states as amtool prints them: a short table, a long one, JSON.

use super::table::aligned;
use super::wire::{Alert, Cluster, Silence, SilenceMatcher, Status, TextMap, Time};
use crate::ask::escaped;
use crate::cli::{PeerArgs, PeerOutput};
use model::MatchOp;
use serde::Serialize;
use std::fmt::Write;

/// Alerts, in tables those that began first at the top.
pub(super) fn alerts(mut alerts: Vec<Alert>, args: &PeerArgs) -> String {
    if args.output != PeerOutput::Json {
        alerts.sort_by_key(|alert| alert.starts_at);
    }
    let date = |time: Time| date(time, args);
    match args.output {
        PeerOutput::Json => json(&alerts),
        PeerOutput::Simple => {
            let rows = alerts.iter().map(|alert| {
                let of = |map: &TextMap, name: &str| map.get(name).cloned().unwrap_or_default();
                let summary = of(&alert.annotations, "summary");
                let state = alert.status.state.clone();
                [of(&alert.labels, "alertname"), date(alert.starts_at), summary, state]
            });
            table(["Alertname", "Starts At", "Summary", "State"], rows)
        }
        PeerOutput::Extended => {
            let rows = alerts.iter().map(|alert| {
                [
                    pairs(&alert.labels),
                    pairs(&alert.annotations),
                    date(alert.starts_at),
                    date(alert.ends_at),
                    alert.generator_url.clone(),
                    alert.status.state.clone(),
                ]
            });
            let heads = ["Labels", "Annotations", "Starts At", "Ends At", "Generator URL", "State"];
            table(heads, rows)
        }
    }
}

/// Silences, in tables those that end first at the top.
pub(super) fn silences(mut silences: Vec<Silence>, args: &PeerArgs) -> String {
    if args.output != PeerOutput::Json {
        silences.sort_by_key(|silence| silence.text.ends_at);
    }
    let date = |time: Time| date(time, args);
    match args.output {
        PeerOutput::Json => json(&silences),
        PeerOutput::Simple => {
            let rows = silences.iter().map(|Silence { id, text: silence, .. }| {
                let matchers = matchers(&silence.matchers).join(" ");
                let (author, comment) = (silence.created_by.clone(), silence.comment.clone());
                [id.clone(), matchers, date(silence.ends_at), author, comment]
            });
            table(["ID", "Matchers", "Ends At", "Created By", "Comment"], rows)
        }
        PeerOutput::Extended => {
            let rows = silences.iter().map(|Silence { id, text: silence, updated_at, .. }| {
                [
                    id.clone(),
                    format!("{{{}}}", matchers(&silence.matchers).join(",")),
                    date(silence.starts_at),
                    date(silence.ends_at),
                    date(*updated_at),
                    silence.created_by.clone(),
                    silence.comment.clone(),
                ]
            });
            let heads =
                ["ID", "Matchers", "Starts At", "Ends At", "Updated At", "Created By", "Comment"];
            table(heads, rows)
        }
    }
}

/// The configuration, with facts about the server where everything is wanted.
pub(super) fn config(status: &Status, args: &PeerArgs) -> String {
    let original = &status.config.original;
    match args.output {
        PeerOutput::Json => json(status),
        PeerOutput::Simple => format!("{original}\n"),
        PeerOutput::Extended => {
            let info = &status.version_info;
            let facts = [
                ("buildUser", &info.build_user),
                ("goVersion", &info.go_version),
                ("revision", &info.revision),
                ("version", &info.version),
                ("branch", &info.branch),
                ("buildDate", &info.build_date),
            ];
            let facts = facts.map(|(name, fact)| format!("{name} {fact}\n")).concat();
            let uptime = serde_json::json!(status.uptime);
            format!("{original}\n{facts}uptime {}\n", uptime.as_str().unwrap_or_default())
        }
    }
}

/// The state of a cluster; its members where everything is wanted.
pub(super) fn cluster(cluster: &Cluster, args: &PeerArgs) -> String {
    let mut text = format!("Cluster Status:\t{}\nNode Name:\t{}\n", cluster.status, cluster.name);
    match args.output {
        PeerOutput::Json => return json(cluster),
        PeerOutput::Simple => {}
        PeerOutput::Extended => {
            let mut members: Vec<_> = cluster.peers.iter().collect();
            members.sort_by(|a, b| a.address.cmp(&b.address));
            let members = members.iter().map(|peer| format!("{}\t{}\t\n", peer.address, peer.name));
            text.push_str("\nAddress\tName\n");
            text.extend(members);
        }
    }
    aligned(&text)
}

/// A matcher as a person writes it.
pub(super) fn matcher(matcher: &SilenceMatcher) -> String {
    let op = match (matcher.is_equal, matcher.is_regex) {
        (true, false) => MatchOp::Equal,
        (false, false) => MatchOp::NotEqual,
        (true, true) => MatchOp::Regex,
        (false, true) => MatchOp::NotRegex,
    };
    let legacy = model::is_legacy_label_name(&matcher.name);
    let name = if legacy { matcher.name.clone() } else { model::quote(&matcher.name).to_string() };
    format!("{name}{}{}", op.as_str(), model::quote(&matcher.value))
}

fn matchers(all: &[SilenceMatcher]) -> Vec<String> {
    all.iter().map(matcher).collect()
}

/// Values stand in quotes, and nothing in them is escaped.
fn pairs(map: &TextMap) -> String {
    let mut pairs: Vec<String> = map.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
    pairs.sort();
    pairs.join(" ")
}

fn date(time: Time, args: &PeerArgs) -> String {
    time.shown().format(&args.date_format)
}

fn table<const N: usize>(heads: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut text = heads.join("\t") + "\t\n";
    for row in rows {
        // Writing to a String cannot fail.
        writeln!(text, "{}\t", row.join("\t")).unwrap_or_default();
    }
    aligned(&text)
}

/// One line, as Go's encoder writes it.
fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("own types have text keys and no floats");
    escaped(&text) + "\n"
}
