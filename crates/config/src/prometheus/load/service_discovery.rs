//! Service discovery keys of a section: all are checked as far as upstream checks them; what
//! Flyball cannot act on gives a warning. The mechanisms stand in one table.

mod checks;
mod mechanisms;
mod take;

use crate::prometheus::{DiscoveryConfig, FileSdConfig, RemoteSdConfig};
use crate::read::Section;
use crate::{http, targets};
use mechanisms::{MECHANISMS, Mechanism};
use std::time::Duration;

/// Default of `refresh_interval` in `file_sd_configs`.
const FILE_REFRESH: Duration = Duration::from_mins(5);

/// Reads every `*_sd_configs` key of a section.
pub(super) fn read(section: &Section<'_>) -> DiscoveryConfig {
    let remote = MECHANISMS.iter().flat_map(|mechanism| entries(section, mechanism)).collect();
    DiscoveryConfig {
        static_configs: targets::static_configs(section),
        file_sd_configs: file_sd_configs(section),
        remote,
    }
}

fn file_sd_configs(section: &Section<'_>) -> Vec<FileSdConfig> {
    let mut configs = Vec::new();
    for item in section.items("file_sd_configs") {
        if item.is_null() {
            section.reader.problem(item.place, "this entry of `file_sd_configs` is empty");
        }
        let Some(entry) = section.reader.section(item, "file_sd_configs") else { continue };
        let mut files = Vec::new();
        for file in entry.items("files") {
            let Some(path) = entry.reader.text(file, "files") else { continue };
            if !is_target_file(&path) {
                let message = "`files`: a path ends in `.json`, `.yml` or `.yaml`, and only its \
                               last part may be a glob";
                entry.reader.problem(file.place, message);
            }
            files.push(entry.reader.join_directory(&path));
        }
        if files.is_empty() {
            entry.problem_here("`file_sd_configs` needs at least one path in `files`");
        }
        let refresh_interval = entry.duration("refresh_interval").unwrap_or(FILE_REFRESH);
        configs.push(FileSdConfig { files, refresh_interval });
        entry.finish();
    }
    configs
}

/// Upstream: `^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$`
fn is_target_file(path: &str) -> bool {
    let after_star = path.split_once('*').map_or("", |(_, after)| after);
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    let known = ["json", "yml", "yaml", "JSON", "YML", "YAML"];
    !after_star.contains('/') && extension.is_some_and(|extension| known.contains(&extension))
}

/// Checks all entries of a mechanism; gives those that can be acted on.
fn entries(section: &Section<'_>, mechanism: &Mechanism) -> Vec<RemoteSdConfig> {
    let mut taken = Vec::new();
    let items = section.items(mechanism.key);
    if !items.is_empty() && mechanism.take.is_none() {
        section.reader.unsupported(section.key_place(mechanism.key), mechanism.key);
    }
    for item in items {
        if item.is_null() {
            let message = format!("this entry of `{}` is empty", mechanism.key);
            section.reader.problem(item.place, message);
        } else if let Some(entry) = section.reader.section(item, mechanism.key) {
            taken.extend(read_entry(entry, mechanism));
        }
    }
    taken
}

fn read_entry(entry: Section<'_>, mechanism: &Mechanism) -> Option<RemoteSdConfig> {
    let known_problems = entry.reader.problem_count();
    let client = mechanism.http.then(|| http::client_fields(&entry));
    if !mechanism.http && mechanism.tls {
        entry.section("tls_config", "http.tls_config").map(http::tls);
    }
    read_values(&entry, mechanism);
    for (key, words) in mechanism.choices {
        let choices: Vec<(&'static str, ())> = words.iter().map(|word| (*word, ())).collect();
        if entry.is_filled(key) {
            entry.choice(key, &choices);
        } else {
            entry.get(key);
        }
    }
    for key in mechanism.required {
        if !entry.is_filled(key) {
            entry.problem_here(format!("`{}` needs `{key}`", mechanism.key));
        }
    }
    if let Some(check) = mechanism.check {
        check(&entry, client.as_ref());
    }
    // What has no mistake so far makes none when it is read a second time.
    let is_sound = entry.reader.problem_count() == known_problems;
    let take = mechanism.take.filter(|_| is_sound);
    let taken = take.and_then(|take| take(&entry, client.unwrap_or_default()));
    entry.finish();
    taken
}

/// Reads every plain key only for the problems it may have.
fn read_values(entry: &Section<'_>, mechanism: &Mechanism) {
    for key in mechanism.text {
        entry.text(key);
    }
    for key in mechanism.secret {
        entry.secret(key);
    }
    for key in mechanism.number {
        entry.number::<i64>(key);
    }
    for key in mechanism.flag {
        entry.flag(key);
    }
    for key in mechanism.texts {
        entry.texts(key);
    }
    for key in mechanism.maps {
        entry.text_map(key, mechanism.key);
    }
    for key in mechanism.duration.iter().chain(&["refresh_interval"]) {
        entry.duration(key);
    }
}

#[cfg(test)]
mod tests;
