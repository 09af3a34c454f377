//! Kernel parameters that the configuration names, as numbers or as info series.

use super::Setup;
use super::round::{Collector, Round};
use crate::text;
use crate::{Error, ErrorKind};
use model::Labels;

pub(super) struct Sysctl {
    numbers: Vec<Parameter>,
    words: Vec<String>,
}

/// A parameter to show; with keys, each of its fields becomes a metric of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    name: String,
    keys: Vec<String>,
}

/// `fs.file-nr` or `fs.file-nr:total,current,max`.
pub(super) fn parameter(text: &str) -> Parameter {
    let (name, keys) = text.split_once(':').unwrap_or((text, ""));
    let keys = keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
    Parameter { name: name.to_owned(), keys }
}

impl Sysctl {
    pub(super) fn new(setup: &mut Setup<'_>) -> Self {
        let options = setup.options;
        Self {
            numbers: options.sysctl_include.iter().map(|text| parameter(text)).collect(),
            words: options.sysctl_include_info.clone(),
        }
    }
}

/// Dots part directories and slashes stand for dots in a name, as sysctl(8) has it.
fn file_of(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c == '.' {
                '/'
            } else if c == '/' {
                '.'
            } else {
                c
            }
        })
        .collect()
}

fn metric(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("node_sysctl_{}", name.chars().map(plain).collect::<String>())
}

fn fields(round: &mut Round<'_>, name: &str) -> Result<Vec<String>, Error> {
    let path = round.roots.proc.join("sys").join(file_of(name));
    let fields = |content: &[u8]| Ok(text::fields(content).map(text::label).collect());
    match round.parsed(&path, fields) {
        // A parameter that this kernel lacks is not shown.
        Err(error) if error.kind() == ErrorKind::NoData => Ok(Vec::new()),
        fields => fields,
    }
}

impl Sysctl {
    fn number(round: &mut Round<'_>, wanted: &Parameter) -> Result<(), Error> {
        let fields = fields(round, &wanted.name)?;
        if !wanted.keys.is_empty() && !fields.is_empty() && wanted.keys.len() != fields.len() {
            let expected = format!("{} fields", wanted.keys.len());
            return Err(Error::parse(1, &expected, fields.join(" ").as_bytes()));
        }
        for (index, field) in fields.iter().enumerate() {
            let value = text::float(field.as_bytes(), 1)?;
            let name = metric(&wanted.name);
            let help = format!("sysctl {}", wanted.name);
            if let Some(key) = wanted.keys.get(index) {
                let help = format!("{help}, field {index}");
                round.untyped(&format!("{name}_{key}"), &help, &Labels::empty(), value);
            } else if fields.len() == 1 {
                round.untyped(&name, &help, &Labels::empty(), value);
            } else {
                let labels = Labels::from_pairs([("index", index.to_string())]);
                round.untyped(&name, &help, &labels, value);
            }
        }
        Ok(())
    }
}

impl Collector for Sysctl {
    fn collect(&mut self, round: &mut Round<'_>) -> Result<(), Error> {
        for wanted in &self.numbers {
            Self::number(round, wanted)?;
        }
        for name in &self.words {
            let fields = fields(round, name)?;
            for (index, value) in fields.iter().enumerate() {
                let number = index.to_string();
                let mut pairs = vec![("name", &**name), ("value", value)];
                if fields.len() > 1 {
                    pairs.push(("index", &number));
                }
                let labels = Labels::from_pairs(pairs);
                round.gauge("node_sysctl_info", "sysctl info", &labels, 1.0);
            }
        }
        Ok(())
    }
}
