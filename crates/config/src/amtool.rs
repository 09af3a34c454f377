//! amtool's own settings: names of its flags with their values, `~/.config/amtool/config.yml`.
//! Which flags there are, the command line knows.

use crate::read::Reader;
use crate::{Error, Loaded, Outside};

/// Flags with their values, in the order of the file.
pub type Flags = Vec<(String, String)>;

/// Reads a file of settings. Any scalar is a value, as written.
///
/// # Errors
/// When the file is no YAML, no map, or has values that are no scalars.
pub fn load(path: &str, text: &str) -> Result<Loaded<Flags>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, &[])?;
    let mut flags = Flags::new();
    if let Some(section) = reader.section(&root, "") {
        for (key, value) in section.entries() {
            let name = key.scalar().map_or("", |name| name.text.as_str());
            flags.extend(reader.text(value, name).map(|text| (name.to_owned(), text)));
        }
    }
    reader.finish(flags, &root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_flags_with_values() {
        let text = "alertmanager.url: http://am:9093\nrequire-comment: false\ntimeout: 5s\n";
        let flags = load("config.yml", text).unwrap().config;
        let flags: Vec<(&str, &str)> =
            flags.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            flags,
            [
                ("alertmanager.url", "http://am:9093"),
                ("require-comment", "false"),
                ("timeout", "5s")
            ]
        );
        assert!(load("config.yml", "").unwrap().config.is_empty());
    }

    #[test]
    fn a_list_is_no_value() {
        let error = load("config.yml", "author: [a]\n").unwrap_err().to_string();
        assert!(error.starts_with("config.yml:1:9: `author` is a text, found a list"), "{error}");
    }
}
