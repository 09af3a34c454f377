//! Small alertmanager.yml files with their verdicts, and amtool of the system as the witness.
//! amtool 0.25 knows less than 0.34: where we differ on purpose the data says why.

use std::path::Path;
use std::process::Command;
use testkit::{find_program, skip};

const DATA: &str = include_str!("data/alertmanager_verdicts.txt");

struct Case {
    text: String,
    /// Is the file accepted here?
    ok: bool,
    /// Does amtool 0.25 accept it?
    ok_there: bool,
}

fn cases() -> Vec<Case> {
    let blocks = DATA.split("\n## ").skip(1);
    let cases = blocks.map(|block| {
        let (verdict, text) = block.split_once('\n').unwrap_or((block, ""));
        let (ok, ok_there) = match verdict.split(':').next().unwrap() {
            "ok" => (true, true),
            "bad" => (false, false),
            "ok here" => (true, false),
            "bad here" => (false, true),
            other => panic!("unknown verdict {other}"),
        };
        Case { text: format!("{text}\n"), ok, ok_there }
    });
    cases.collect()
}

#[test]
fn small_files_get_their_verdicts() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = config::alertmanager::load("f.yml", &case.text);
        if found.is_ok() != case.ok {
            let reason = found.err().map_or("accepted".to_owned(), |error| error.to_string());
            wrong.push(format!("{}{reason}\n", case.text));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} wrong", wrong.join("\n"), wrong.len());
}

#[test]
fn amtool_has_the_same_verdicts_where_the_data_says_so() {
    let Some(amtool) = find_program("amtool") else {
        return skip("amtool check-config", "amtool is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    let names: Vec<String> = (0..cases.len()).map(|index| format!("{index:04}.yml")).collect();
    for (case, name) in cases.iter().zip(&names) {
        std::fs::write(folder.path().join(name), &case.text).unwrap();
    }
    let accepted = amtool_verdicts(&amtool, folder.path(), &names);
    let wrong: Vec<String> = cases
        .iter()
        .zip(&accepted)
        .filter(|(case, accepted)| case.ok_there != **accepted)
        .map(|(case, accepted)| format!("amtool accepts: {accepted}\n{}", case.text))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One verdict for each file, in their order.
fn amtool_verdicts(amtool: &Path, folder: &Path, names: &[String]) -> Vec<bool> {
    let output =
        Command::new(amtool).arg("check-config").args(names).current_dir(folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let blocks = text.split("Checking '").skip(1);
    let verdicts: Vec<bool> = blocks.map(|block| block.contains("SUCCESS")).collect();
    assert_eq!(verdicts.len(), names.len(), "{text}");
    verdicts
}
