use super::*;
use crate::load::Files;
use commands::features::Syntax;
use std::fs;

fn prometheus(files: &[(&str, &str)]) -> Part {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().join("prometheus.yml");
    let all = Files { main: Some(path.clone()), ..Files::default() };
    let mut part = parts::prometheus(&path, &all, Syntax::default());
    let folder = format!("{}/", folder.path().display());
    for lines in [
        &mut part.works,
        &mut part.later,
        &mut part.never,
        &mut part.notes,
        &mut part.missing,
        &mut part.refused,
    ] {
        for line in lines {
            *line = line.replace(&folder, "");
        }
    }
    part
}

#[test]
fn what_will_come_is_told_apart_from_what_will_not() {
    let text = "runtime: {gogc: 50}\ntracing: {endpoint: 'a:1'}\nscrape_configs:\n\
                - job_name: a\n  static_configs: [{targets: [b:1]}]\n  linode_sd_configs:\n  \
                - authorization: {credentials: x}\n";
    let part = prometheus(&[("prometheus.yml", text)]);
    assert_eq!(part.works, ["1 scrape job by static_configs"]);
    let starts = |lines: &[String], starts: &[&str]| {
        let fits = lines.iter().zip(starts).all(|(line, start)| line.starts_with(start));
        assert!(fits && lines.len() == starts.len(), "{lines:?}");
    };
    starts(&part.later, &["prometheus.yml:2:1: `tracing` is not acted on yet: "]);
    let never = [
        "prometheus.yml:1:10: `runtime` is not acted on: ",
        "prometheus.yml:6:3: `linode_sd_configs` is not acted on: ",
    ];
    starts(&part.never, &never);
    assert!(part.missing.is_empty() && part.refused.is_empty() && part.notes.is_empty());
}

#[test]
fn files_that_are_named_and_not_here_are_no_mistakes() {
    let text = "rule_files: [r.yml]\nscrape_configs:\n- job_name: a\n  basic_auth: {username: u, \
                password_file: secret}\n";
    let rules = "groups: [{name: g, rules: [{record: x, expr: up}, {alert: A, expr: up == 0}]}]";
    let part = prometheus(&[("prometheus.yml", text), ("r.yml", rules)]);
    assert_eq!(part.works, ["1 scrape job", "1 alerting rule and 1 recording rule in 1 file"]);
    assert!(part.missing[0].starts_with("prometheus.yml:4:44: job `a`: cannot read"), "{part:?}");
    assert!(part.refused.is_empty());
}

#[test]
fn mistakes_refuse_a_file() {
    let part = prometheus(&[("prometheus.yml", "scrape_config: []\n")]);
    assert!(part.refused[0].starts_with("prometheus.yml:1:1: unknown key"), "{part:?}");
    assert!(part.works.is_empty());
}

#[test]
fn paths_are_quoted_where_a_shell_would_split_them() {
    assert_eq!(quoted(Path::new("a/b.yml")), "a/b.yml");
    assert_eq!(quoted(Path::new("a b's.yml")), r"'a b'\''s.yml'");
}
