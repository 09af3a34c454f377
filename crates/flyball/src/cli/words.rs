//! Words of the command line before they are read: commands that may be left out are put in, and
//! settings of amtool's files become flags, which those of the command line override.

use clap::{Arg, Command};
use std::ffi::{OsStr, OsString};

/// Commands that are meant when none is given: behind the first word stands the second.
const LEFT_OUT: [(&str, &str); 4] =
    [("alert", "query"), ("silence", "query"), ("cluster", "show"), ("routes", "show")];

/// Puts commands that were left out and settings among the words, the program's name being the
/// first of them. `config` alone stands for `config show` where the tree is amtool's.
pub(super) fn completed(
    root: &Command,
    mut words: Vec<OsString>,
    settings: &[(String, String)],
) -> Vec<OsString> {
    let mut path = Path::of(root, &words);
    if path.end == 1 || words.iter().any(|word| word == "--help" || word == "-h") {
        return words;
    }
    while let Some(word) = path.left_out() {
        words.insert(path.end, word.into());
        path = Path::of(root, &words);
    }
    let asks_file = words.iter().any(|word| is_flag(word, "--config.file"));
    // A file that is named stands for a server: nobody meant the one of the settings then.
    let counts = |name: &str| !asks_file || name != "alertmanager.url";
    let settings = settings.iter().filter(|(name, _)| counts(name));
    let flags: Vec<OsString> = settings.filter_map(|(k, v)| path.flag(k, v)).collect();
    words.splice(path.end..path.end, flags);
    words
}

/// Is a word this flag, with or without its value?
fn is_flag(word: &OsStr, flag: &str) -> bool {
    let rest = word.to_str().and_then(|word| word.strip_prefix(flag));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

/// The commands that the words name.
struct Path<'c> {
    /// From the root on.
    commands: Vec<&'c Command>,
    /// Where the words behind the last command begin.
    end: usize,
}

impl<'c> Path<'c> {
    fn of(root: &'c Command, words: &[OsString]) -> Self {
        let mut path = Self { commands: vec![root], end: 1 };
        let mut at = 1;
        while let Some(word) = words.get(at).and_then(|word| word.to_str()).filter(|w| *w != "--") {
            if let Some(flag) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                at += if path.wants_value(flag) { 2 } else { 1 };
                continue;
            }
            let Some(command) = path.last().find_subcommand(word) else { break };
            path.commands.push(command);
            at += 1;
            path.end = at;
        }
        path.end = path.end.min(words.len());
        path
    }

    fn last(&self) -> &'c Command {
        self.commands.last().expect("begins with the root and only grows")
    }

    /// Flags that may stand behind the last command.
    fn flags(&self) -> impl Iterator<Item = &'c Arg> {
        let last = self.commands.len() - 1;
        let commands = self.commands.iter().enumerate();
        commands.flat_map(move |(index, command)| {
            command.get_arguments().filter(move |arg| index == last || arg.is_global_set())
        })
    }

    /// Is the next word the value of this flag, whose first dash is gone?
    fn wants_value(&self, flag: &str) -> bool {
        let found = if let Some(long) = flag.strip_prefix('-') {
            self.flags().find(|arg| arg.get_long() == Some(long))
        } else {
            let mut letters = flag.chars();
            let short = letters.next().filter(|_| letters.as_str().is_empty());
            self.flags().find(|arg| short.is_some() && arg.get_short() == short)
        };
        found.is_some_and(|arg| arg.get_action().takes_values())
    }

    fn left_out(&self) -> Option<&'static str> {
        let name = self.last().get_name();
        let is_amtool = self.commands.first().is_some_and(|root| root.get_name() == "amtool");
        if is_amtool && name == "config" {
            return Some("show");
        }
        let found = LEFT_OUT.iter().find(|(command, _)| *command == name);
        let below = self.commands.len() > 1;
        found.filter(|_| below && self.last().has_subcommands()).map(|(_, word)| *word)
    }

    /// The setting as a flag of the last command, if that has it.
    fn flag(&self, name: &str, value: &str) -> Option<OsString> {
        // The name of older files, `legacyFlags` upstream.
        let name = if name == "comment_required" { "require-comment" } else { name };
        let arg = self.flags().find(|arg| arg.get_long() == Some(name))?;
        match (arg.get_action().takes_values(), value) {
            (true, value) => Some(format!("--{name}={value}").into()),
            (false, "true") => Some(format!("--{name}").into()),
            (false, _) => None,
        }
    }
}

#[cfg(test)]
mod tests;
