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
mod tests;
