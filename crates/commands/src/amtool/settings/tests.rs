use super::*;
use std::fs;

#[test]
fn an_earlier_file_wins_and_missing_ones_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("user.yml"), "output: json\nauthor: ann\n").unwrap();
    fs::write(path("machine.yml"), "output: extended\ntimeout: 5s\n").unwrap();
    let names = ["none.yml", "user.yml", "user.yml/below", "machine.yml"];
    let settings = of_files(names.into_iter().map(path)).unwrap();
    let pairs = [("output", "json"), ("author", "ann"), ("timeout", "5s")];
    assert_eq!(settings, pairs.map(|(n, v)| (n.to_owned(), v.to_owned())));
}

#[test]
fn a_file_that_cannot_be_used_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yml");
    fs::write(&path, "- a\n").unwrap();
    let error = of_files([path].into_iter()).unwrap_err();
    assert!(error.contains("config.yml:1:1: the file is a map of keys"), "{error}");
}
