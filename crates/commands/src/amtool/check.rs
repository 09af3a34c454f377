//! `check-config`: alertmanager.yml files and the templates that they name.

use super::{Failure, Outcome, read_file, template};
use crate::console::{Console, Verdict};
use config::{AlertmanagerFile, MatcherMode};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Standard input under a name of its own.
const STANDARD_INPUT: &str = "/dev/stdin";

/// Checks the files one after the other; standard input when there are none.
pub(super) fn run(files: &[PathBuf], mode: MatcherMode, console: &mut Console<'_>) -> Outcome {
    let standard_input = [PathBuf::from(STANDARD_INPUT)];
    let files = if files.is_empty() { &standard_input[..] } else { files };
    if files == standard_input && io::stdin().is_terminal() {
        let sentence = "no file is named, and standard input is a terminal";
        return Err(Failure::Refused(sentence.to_owned()));
    }
    if let Some(missing) = files.iter().find(|file| !file.exists()) {
        return Err(Failure::Refused(format!("path '{}' does not exist", missing.display())));
    }
    let mut failed = 0;
    for file in files {
        let mistakes = check(file, mode, console)?;
        failed += usize::from(mistakes);
    }
    if failed > 0 {
        return Err(Failure::Refused(format!("failed to validate {failed} file(s)")));
    }
    Ok(Verdict::Good)
}

/// Has the file mistakes?
fn check(path: &Path, mode: MatcherMode, console: &mut Console<'_>) -> Result<bool, Failure> {
    let name = path.display().to_string();
    let file = match read(path, mode, &name) {
        Ok(file) => file,
        Err(mistake) => {
            console.say(format_args!("Checking '{name}'  FAILED: {mistake}\n"))?;
            return Ok(true);
        }
    };
    console.say(format_args!("Checking '{name}'  SUCCESS\nFound:\n - global config\n - route"))?;
    console.say(format_args!(" - {} inhibit rules", file.inhibit_rules.len()))?;
    console.say(format_args!(" - {} receivers", file.receivers.len()))?;
    console.say(format_args!(" - {} templates", file.templates.len()))?;
    let mut mistakes = false;
    if !file.templates.is_empty() {
        match template::load(&file.templates) {
            Ok(_templates) => console.say("  SUCCESS")?,
            Err(mistake) => {
                mistakes = true;
                console.say(format_args!("  FAILED: {mistake}"))?;
            }
        }
    }
    console.say("")?;
    Ok(mistakes)
}

fn read(path: &Path, mode: MatcherMode, name: &str) -> Result<AlertmanagerFile, String> {
    let text = read_file(path)?;
    let loaded = config::alertmanager::load_in(mode, name, &text);
    let loaded = loaded.map_err(|error| error.to_string())?;
    Ok(loaded.config)
}
