//! Rule groups that users keep over HTTP: one rule file per namespace in the data directory,
//! replaced as a whole, so that a crash leaves the old or the new one.
//! Its neighbours: `load::parse_rules` checks, `Reloader` evaluates what is kept.

use crate::load::{GroupDefaults, parse_rules};
use config::rules::{RuleFile, RuleGroup};
use rules::GroupSpec;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sys::Vfs;

mod write;

/// Longest file of a namespace.
const FILE_BYTES_MAX: u64 = 32 << 20;
/// Most namespaces.
const NAMESPACES_MAX: usize = 10_000;
/// Longest name of a namespace: file names have at most 255 bytes, and each may take three.
const NAMESPACE_BYTES_MAX: usize = 80;

/// The groups of a namespace.
#[derive(Clone, Debug)]
pub(crate) struct Namespace {
    pub(crate) name: String,
    pub(crate) groups: Vec<RuleGroup>,
}

/// The folder with the files.
#[derive(Clone)]
pub(crate) struct RuleFolder {
    vfs: Arc<dyn Vfs>,
    dir: PathBuf,
}

impl RuleFolder {
    pub(crate) fn new(vfs: Arc<dyn Vfs>, dir: PathBuf) -> Self {
        Self { vfs, dir }
    }

    /// Everything that is kept, sorted; files that cannot be read are said and left alone.
    pub(crate) fn read(&self) -> io::Result<Vec<Namespace>> {
        if !self.vfs.exists(&self.dir)? {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for entry in self.vfs.read_dir(&self.dir)? {
            let Some(name) = namespace_of(&entry.name) else { continue };
            match self.read_one(&name) {
                Ok(namespace) => all.extend(namespace),
                Err(error) => {
                    tracing::error!(namespace = name, %error, "kept rules cannot be read");
                }
            }
        }
        all.sort_by(|a: &Namespace, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// A namespace; `None` when nothing is kept in it.
    pub(crate) fn read_one(&self, name: &str) -> io::Result<Option<Namespace>> {
        let path = self.path(name);
        if !self.vfs.exists(&path)? {
            return Ok(None);
        }
        let bytes = self.vfs.read(&path, FILE_BYTES_MAX)?;
        let text = config::text_of(name, bytes);
        let text = text.map_err(|problem| io::Error::other(problem.to_string()))?;
        let loaded = config::rules::load(name, &text, relabel::NameScheme::Utf8);
        let RuleFile { groups } = loaded.map_err(io::Error::other)?.config;
        Ok(Some(Namespace { name: name.to_owned(), groups }))
    }

    /// Keeps a namespace in the place of what was kept; without groups nothing is kept.
    pub(crate) fn write(&self, namespace: &Namespace) -> io::Result<()> {
        let path = self.path(&namespace.name);
        if namespace.groups.is_empty() {
            if self.vfs.exists(&path)? {
                self.vfs.remove_file(&path)?;
                self.vfs.sync_dir(&self.dir)?;
            }
            return Ok(());
        }
        self.vfs.create_dir_durable(&self.dir)?;
        self.vfs.replace(&path, namespace.text().as_bytes())
    }

    /// Is there room for one more namespace?
    pub(crate) fn has_room(&self) -> io::Result<bool> {
        Ok(!self.vfs.exists(&self.dir)? || self.vfs.read_dir(&self.dir)?.len() < NAMESPACES_MAX)
    }

    fn path(&self, namespace: &str) -> PathBuf {
        self.dir.join(file_name(namespace))
    }
}

impl Namespace {
    /// The rule file.
    pub(crate) fn text(&self) -> String {
        let mut text = "groups:\n".to_owned();
        for group in &self.groups {
            for (index, line) in write::group(group).lines().enumerate() {
                let lead = if index == 0 { "  - " } else { "    " };
                writeln!(text, "{lead}{line}").expect("writing to a string cannot fail");
            }
        }
        text
    }

    /// Groups to evaluate; what is wrong with them otherwise.
    pub(crate) fn specs(&self, defaults: GroupDefaults) -> Result<Vec<GroupSpec>, String> {
        let parsed = parse_rules(&self.name, &self.text(), defaults);
        let lines = |problems: Vec<config::Problem>| {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        parsed.map(|(groups, _)| groups).map_err(lines)
    }
}

/// A group as a YAML map.
pub(crate) fn group_text(group: &RuleGroup) -> String {
    write::group(group)
}

/// Why a text cannot be the name of a namespace; `None`: it can.
pub(crate) fn namespace_fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("the namespace has no name".to_owned());
    }
    let is_long = name.len() > NAMESPACE_BYTES_MAX;
    is_long.then(|| format!("the name of the namespace is longer than {NAMESPACE_BYTES_MAX} bytes"))
}

/// Letters, digits, `-` and `_` as they are, all other bytes as `%XX`: no name leaves the folder.
fn file_name(namespace: &str) -> String {
    let mut name = String::new();
    for byte in namespace.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            write!(name, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    name + ".yml"
}

/// The namespace of a file; `None` for files of others.
fn namespace_of(file: &str) -> Option<String> {
    let stem = Path::new(file).file_name()?.to_str()?.strip_suffix(".yml")?;
    let mut bytes = Vec::new();
    let mut rest = stem.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let name = String::from_utf8(bytes).ok()?;
    (file_name(&name) == file).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_namespaces_survive_as_file_names() {
        for name in ["team-a", "a/b", "..", "ä", "%41", "x.yml", "a b", "~"] {
            let file = file_name(name);
            assert!(!file.contains(['/', ' ']) && !file.starts_with('.'), "{file}");
            assert_eq!(namespace_of(&file), Some(name.to_owned()));
        }
        for foreign in ["team.yml.tmp", "notes.txt", "a%4.yml", "%zz.yml", "a b.yml"] {
            assert_eq!(namespace_of(foreign), None, "{foreign}");
        }
    }
}
