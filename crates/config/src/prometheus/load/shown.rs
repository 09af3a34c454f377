//! What `/api/v1/status/config` shows: the file with the defaults that upstream shows too.
//! Works on the tree of the file, so that everything else, unknown to us or not, stays as written;
//! the result is a valid file with the same meaning.

use crate::prometheus::{GlobalConfig, PrometheusConfig, ScrapeConfig};
use crate::yaml::{Content, Node};
use model::units::format_duration;
use std::time::Duration;

/// The tree of a valid file with the defaults of `global` and of every job filled in.
pub(super) fn with_defaults(root: &Node, config: &PrometheusConfig) -> Node {
    let absent = Node::made_up(Content::Map([].into()));
    let global = with_global(root.value("global").unwrap_or(&absent), &config.global);
    let mut changes = vec![("global", global)];
    if let Some(list) = root.value("scrape_configs").filter(|list| !list.items().is_empty()) {
        let jobs = list.items().iter().zip(&config.scrape_configs);
        let jobs = jobs.map(|(node, job)| with_job(node, job)).collect();
        changes.push(("scrape_configs", list.with_content(Content::List(jobs))));
    }
    root.with_entries(changes)
}

fn with_global(node: &Node, global: &GlobalConfig) -> Node {
    let mut changes = vec![
        ("scrape_interval", duration(global.scrape_interval)),
        ("scrape_timeout", duration(global.scrape_timeout)),
        ("evaluation_interval", duration(global.evaluation_interval)),
    ];
    if !global.external_labels.is_empty() {
        changes.push(("external_labels", external_labels(global)));
    }
    node.with_entries(changes)
}

/// Variables are filled in; a dollar sign is doubled, so that it is read back as itself.
fn external_labels(global: &GlobalConfig) -> Node {
    let pairs = global.external_labels.iter().map(|(name, value)| {
        (Node::made_up_text(name), Node::made_up_text(&value.replace('$', "$$")))
    });
    Node::made_up(Content::Map(pairs.collect()))
}

fn with_job(node: &Node, job: &ScrapeConfig) -> Node {
    let flag = Node::made_up_flag;
    let protocols = job.scrape_protocols.iter();
    let protocols = protocols.map(|protocol| Node::made_up_text(protocol.as_str())).collect();
    let first = node.with_entries(vec![
        ("job_name", Node::made_up_text(&job.job_name)),
        ("honor_timestamps", flag(job.honor_timestamps)),
        ("track_timestamps_staleness", flag(job.track_timestamps_staleness)),
        ("scrape_interval", duration(job.scrape_interval)),
        ("scrape_timeout", duration(job.scrape_timeout)),
        ("scrape_protocols", Node::made_up(Content::List(protocols))),
        ("metrics_path", Node::made_up_text(&job.metrics_path)),
        ("scheme", Node::made_up_text(&job.scheme)),
        ("enable_compression", flag(job.enable_compression)),
        ("follow_redirects", flag(job.http.follow_redirects)),
        ("enable_http2", flag(job.http.enable_http2)),
    ]);
    let (name, rest): (Vec<_>, Vec<_>) = first
        .entries()
        .iter()
        .cloned()
        .partition(|(key, _)| key.scalar().is_some_and(|key| key.text == "job_name"));
    first.with_content(Content::Map(name.into_iter().chain(rest).collect()))
}

fn duration(value: Duration) -> Node {
    Node::made_up_text(&format_duration(value))
}
