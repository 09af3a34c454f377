use super::{Amtool, Cli, Promtool, read};
use clap::{Arg, Command, CommandFactory};
use std::env;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;

/// The pages whose tables must say what the command line does.
const PAGES: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configure.md"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate.md"),
];

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
    Promtool::command().debug_assert();
    Amtool::command().debug_assert();
}

/// Every table of flags between `<!-- flags: COMMAND -->` and `<!-- end -->`. With `UPDATE_EXPECT`
/// in the environment the pages are rewritten instead.
#[test]
fn the_documented_flags_are_those_of_the_command_line() {
    for path in PAGES {
        let page = fs::read_to_string(path).unwrap();
        let expected = with_tables(&page);
        if env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(path, expected).unwrap();
        } else {
            assert!(page == expected, "{path} is behind the flags; set UPDATE_EXPECT=1");
        }
    }
}

fn with_tables(page: &str) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("<!-- flags: ") {
        let (command, after) = after.split_once(" -->").unwrap();
        let (_, after) = after.split_once("<!-- end -->").unwrap();
        out.push_str(before);
        let table = table(&subcommand(command));
        write!(out, "<!-- flags: {command} -->\n{table}<!-- end -->").unwrap();
        rest = after;
    }
    out + rest
}

fn subcommand(path: &str) -> Command {
    let mut command = Cli::command();
    for word in path.split(' ') {
        command = command.find_subcommand(word).unwrap().clone();
    }
    command
}

fn table(command: &Command) -> String {
    let flags: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| arg.get_long().is_some() && !arg.is_hide_set())
        .collect();
    let has_env = flags.iter().any(|arg| arg.get_env().is_some());
    let mut out = String::from(if has_env {
        "| flag | environment | meaning |\n|---|---|---|\n"
    } else {
        "| flag | meaning |\n|---|---|\n"
    });
    for arg in flags {
        let env = arg.get_env().map(|name| format!("`{}`", name.to_string_lossy()));
        let env = if has_env { format!(" {} |", env.unwrap_or_default()) } else { String::new() };
        writeln!(out, "| `{}` |{env} {} |", usage(arg), meaning(arg)).unwrap();
    }
    out
}

fn usage(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let long = arg.get_long().unwrap();
    let names = arg.get_value_names().unwrap_or_default();
    let takes_value = arg.get_action().takes_values();
    let value = names.first().filter(|_| takes_value).map(|name| format!("={name}"));
    format!("{short}--{long}{}", value.unwrap_or_default())
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut values: Vec<String> =
        arg.get_possible_values().iter().map(|v| format!("`{}`", v.get_name())).collect();
    if !arg.get_action().takes_values() {
        values.clear();
    }
    let mut text = help.replace(" [default: ", " (default: ").replace(']', ")");
    if !values.is_empty() {
        write!(text, ": {}", values.join(", ")).unwrap();
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
    if !defaults.is_empty() && !arg.is_hide_default_value_set() && arg.get_action().takes_values() {
        write!(text, " (default: {})", defaults.join(", ")).unwrap();
    }
    let aliases = arg.get_all_aliases().unwrap_or_default();
    for alias in aliases {
        write!(text, "; also `--{alias}`").unwrap();
    }
    text.replace('|', "\\|")
}

fn refusal(words: &[&str]) -> String {
    let words = ["flyball"].iter().chain(words).map(OsString::from);
    read(words, &[]).unwrap_err().to_string()
}

#[test]
fn slips_get_a_tip() {
    let cases: [(&[&str], &str); 8] = [
        (&["srve"], "'serve'"),
        (&["check", "rule", "x"], "'rules'"),
        (&["--config.fil=x"], "'--config.file'"),
        (&["serve", "--storage.pth=x"], "'--storage.path'"),
        (&["prometheus.yml"], "'--config.file=prometheus.yml'"),
        (&["-config.file=x"], "flags have two dashes: '--config.file=x'"),
        (&["query", "range", "up", "--stat=1"], "'--start'"),
        (&["query", "instant", "-sum(up)"], "goes behind '--': -- '-sum(up)'"),
    ];
    for (words, tip) in cases {
        let refusal = refusal(words);
        assert!(refusal.contains("tip: ") && refusal.contains(tip), "{words:?}: {refusal}");
    }
}

#[test]
fn every_subcommand_has_an_example() {
    fn walk(command: &mut Command, path: &str) {
        for inner in command.get_subcommands_mut().filter(|inner| inner.get_name() != "help") {
            let path = format!("{path} {}", inner.get_name());
            let help = inner.render_long_help().to_string();
            assert!(help.contains("Example"), "`{path} --help` has no example");
            walk(inner, &path);
        }
    }
    walk(&mut Cli::command(), "flyball");
}

#[test]
fn promtools_own_words_are_understood() {
    let cases: [&[&str]; 6] = [
        &["check", "config", "--lint=all", "--lint-fatal", "--syntax-only", "--agent", "a.yml"],
        &["check", "rules", "--lint=none", "a.yml", "b.yml"],
        &["query", "instant", "--format=json", "http://a", "up", "--time=1"],
        &["query", "range", "http://a", "up", "--header=A=b", "--start=1", "--end=2", "--step=1m"],
        &["query", "series", "--match=up", "--match=x", "http://a"],
        &["query", "labels", "-o", "promql", "http://a", "job", "--match=up"],
    ];
    for words in cases {
        let promtool =
            Command::try_get_matches_from(Promtool::command(), ["promtool"].iter().chain(words));
        assert!(promtool.is_ok(), "{words:?}");
        assert!(
            read(["flyball"].iter().chain(words).map(OsString::from), &[]).is_ok(),
            "{words:?}"
        );
    }
}
