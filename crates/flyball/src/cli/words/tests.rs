use super::super::{Amtool, Cli};
use super::*;
use clap::CommandFactory;

#[track_caller]
fn check(root: &Command, words: &str, expected: &str) {
    let settings = [("output", "json"), ("comment_required", "false"), ("expired", "true")];
    check_with(&settings, root, words, expected);
}

#[track_caller]
fn check_with(settings: &[(&str, &str)], root: &Command, words: &str, expected: &str) {
    let settings: Vec<(String, String)> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let words = words.split(' ').map(OsString::from).collect();
    let completed = completed(root, words, &settings);
    let completed: Vec<&str> = completed.iter().map(|word| word.to_str().unwrap()).collect();
    assert_eq!(completed.join(" "), expected);
}

#[test]
fn commands_that_were_left_out_are_put_in() {
    let amtool = Amtool::command();
    check(&amtool, "amtool alert foo add", "amtool alert query --output=json foo add");
    check(&amtool, "amtool -o simple alert", "amtool -o simple alert query --output=json");
    check(&amtool, "amtool alert -i foo", "amtool alert query --output=json -i foo");
    check(&amtool, "amtool config", "amtool config show --output=json");
    check(&amtool, "amtool config routes", "amtool config routes show --output=json");
    check(&amtool, "amtool cluster", "amtool cluster show --output=json");
    check(&amtool, "amtool alert --help", "amtool alert --help");
    check(&amtool, "amtool", "amtool");
    let own = Cli::command();
    check(&own, "flyball alert query x", "flyball alert query --output=json x");
    check(&own, "flyball config", "flyball config");
    check(&own, "flyball query instant up", "flyball query instant up");
}

#[test]
fn settings_become_flags_of_the_commands_that_have_them() {
    let amtool = Amtool::command();
    let add = "amtool silence add --output=json --require-comment=false foo";
    check(&amtool, "amtool silence add foo", add);
    check(&amtool, "amtool silence", "amtool silence query --output=json --expired");
    check(&amtool, "amtool check-config a.yml", "amtool check-config --output=json a.yml");
}

#[test]
fn a_file_stands_for_the_server_of_the_settings() {
    let check = |words: &str, expected: &str| {
        let settings = [("alertmanager.url", "http://am:9093"), ("output", "json")];
        check_with(&settings, &Amtool::command(), words, expected);
    };
    let url = "--alertmanager.url=http://am:9093";
    check("amtool config routes show", &format!("amtool config routes show {url} --output=json"));
    for file in ["--config.file=am.yml", "--config.file am.yml"] {
        let asked = format!("amtool config routes show {file}");
        check(&asked, &format!("amtool config routes show --output=json {file}"));
        let given = format!("amtool config routes show {url} {file}");
        check(&given, &format!("amtool config routes show --output=json {url} {file}"));
    }
    let other = "amtool config routes show --config.files=x";
    check(other, &format!("amtool config routes show {url} --output=json --config.files=x"));
}
