//! Files that a configuration names and that are read only later, by scrapes and deliveries:
//! targets, secrets, certificates, the web configuration. Starts need none of them, scrapes do.

use crate::load::Configuration;
use commands::console::io_words;
use commands::files;
use config::{
    AlertmanagerFile, FileSdConfig, HeaderValue, HttpAuth, HttpClientConfig, Integration,
    IntegrationKind, Place, Problem, SecretSource, TextSource, TlsConfig, Warning, WebConfig,
};
use discovery::FileSet;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use sys::OsVfs;

/// What was found about the files.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) mistakes: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

/// Looks at every file that the configuration names and nobody has read yet.
pub(crate) fn check(configuration: &Configuration) -> Findings {
    let mut checker = Checker::new(configuration);
    for job in &configuration.prometheus.scrape_configs {
        let owner = format!("job `{}`", job.job_name);
        checker.http(&owner, &job.http);
        checker.discovery(&owner, &job.discovery.file_sd_configs);
    }
    for alertmanager in &configuration.prometheus.alerting.alertmanagers {
        checker.http("section `alerting`", &alertmanager.http);
        checker.discovery("section `alerting`", &alertmanager.discovery.file_sd_configs);
    }
    for (receiver, integration) in configuration.routing.configured() {
        checker.integration(&format!("receiver `{receiver}`"), integration);
    }
    for rule in &configuration.flyball.redact {
        let key_file = rule.hash_key_file.clone().map(SecretSource::File);
        let owner = format!("receiver `{}`", rule.receiver);
        checker.secret(&owner, "hash_key_file", key_file.as_ref());
    }
    if let Some(path) = &configuration.flyball.web.config_file {
        match web_config(Path::new(path)) {
            Ok(warnings) => {
                let texts = warnings.iter().map(ToString::to_string);
                checker.findings.warnings.extend(texts);
            }
            Err(mistakes) => checker.findings.mistakes.extend(mistakes),
        }
    }
    checker.findings
}

/// Checks a web configuration with the files it names.
pub(super) fn web_config(path: &Path) -> Result<Vec<Warning>, Vec<String>> {
    let name = path.display().to_string();
    let text = files::read_text(path).map_err(|error| vec![error.to_string()])?;
    let loaded = config::web::load(&name, &text).map_err(|error| error.texts())?;
    let mut checker = Checker { texts: vec![(path.to_owned(), text)], ..Checker::default() };
    checker.server(&loaded.config);
    let mistakes = checker.findings.mistakes;
    if mistakes.is_empty() { Ok(loaded.warnings) } else { Err(mistakes) }
}

/// Looks at every file that an alertmanager.yml names.
pub(super) fn alertmanager(text: (PathBuf, String), file: &AlertmanagerFile) -> Findings {
    let mut checker = Checker { texts: vec![text], ..Checker::default() };
    for receiver in &file.receivers {
        let owner = format!("receiver `{}`", receiver.name);
        receiver.integrations.iter().for_each(|one| checker.integration(&owner, one));
    }
    for pattern in &file.templates {
        let exists = files::expand_pattern(pattern)
            .is_ok_and(|paths| paths.iter().any(|path| path.exists()));
        if !exists {
            let message = format!("no file matches `{pattern}` of `templates`");
            let warning = checker.placed(pattern, message);
            checker.findings.warnings.push(warning);
        }
    }
    checker.findings
}

#[derive(Default)]
struct Checker {
    /// The files that were read, to find the place where another one is named.
    texts: Vec<(PathBuf, String)>,
    /// Each file is reported once.
    missing: BTreeSet<String>,
    findings: Findings,
}

impl Checker {
    fn new(configuration: &Configuration) -> Self {
        let read = |path: &PathBuf| Some((path.clone(), files::read_text(path).ok()?));
        let texts = configuration.files.iter().filter_map(read).collect();
        Self { texts, ..Self::default() }
    }

    fn integration(&mut self, owner: &str, integration: &Integration) {
        for (key, secret) in integration.kind.secrets() {
            self.secret(owner, key, Some(secret));
        }
        if let Some(http) = integration.kind.http() {
            self.http(owner, http);
        }
        match &integration.kind {
            IntegrationKind::Email(config) => self.tls(owner, &config.tls),
            IntegrationKind::Telegram(config) => {
                self.text(owner, "chat_id_file", Some(&config.chat_id));
            }
            IntegrationKind::Incidentio(config) => self.text(owner, "url_file", Some(&config.url)),
            _ => {}
        }
    }

    fn http(&mut self, owner: &str, http: &HttpClientConfig) {
        match &http.auth {
            HttpAuth::None => {}
            HttpAuth::Basic { username, password } => {
                self.text(owner, "username_file", Some(username));
                self.secret(owner, "password_file", password.as_ref());
            }
            HttpAuth::Authorization { credentials, .. } => {
                self.secret(owner, "credentials_file", credentials.as_ref());
            }
            HttpAuth::OAuth2(oauth2) => {
                self.secret(owner, "client_secret_file", oauth2.client_secret.as_ref());
                self.tls(owner, &oauth2.tls);
            }
        }
        self.tls(owner, &http.tls);
        let values = http.headers.iter().flat_map(|header| &header.values);
        for value in values {
            if let HeaderValue::Secret(source) = value {
                self.secret(owner, "http_headers", Some(source));
            }
        }
    }

    fn tls(&mut self, owner: &str, tls: &TlsConfig) {
        self.text(owner, "ca_file", tls.ca.as_ref());
        self.text(owner, "cert_file", tls.cert.as_ref());
        self.secret(owner, "key_file", tls.key.as_ref());
    }

    fn server(&mut self, web: &WebConfig) {
        let Some(tls) = &web.tls else { return };
        self.text("section `tls_server_config`", "cert_file", Some(&tls.cert));
        self.secret("section `tls_server_config`", "key_file", Some(&tls.key));
        self.text("section `tls_server_config`", "client_ca_file", tls.client_ca.as_ref());
    }

    fn discovery(&mut self, owner: &str, sections: &[FileSdConfig]) {
        for section in sections {
            for pattern in &section.files {
                let exists = files::expand_pattern(pattern)
                    .is_ok_and(|paths| paths.iter().any(|path| path.exists()));
                if !exists {
                    let message = format!("{owner}: no file `{pattern}` with targets exists yet");
                    let warning = self.placed(pattern, message);
                    self.findings.warnings.push(warning);
                }
            }
            let mut files = FileSet::new(section);
            files.refresh(&OsVfs);
            for fault in files.faults() {
                self.findings.mistakes.push(with_source(&fault.source, &fault.message));
            }
        }
    }

    fn text(&mut self, owner: &str, key: &str, source: Option<&TextSource>) {
        if let Some(TextSource::File(path)) = source {
            self.file(owner, key, path);
        }
    }

    fn secret(&mut self, owner: &str, key: &str, source: Option<&SecretSource>) {
        if let Some(SecretSource::File(path)) = source {
            self.file(owner, key, path);
        }
    }

    /// The file must be there, readable and no directory; what is in it is not looked at.
    fn file(&mut self, owner: &str, key: &str, path: &str) {
        let found = fs::File::open(path).and_then(|file| file.metadata());
        let why = match found {
            Ok(metadata) if metadata.is_dir() => "it is a directory, expected a file".to_owned(),
            Ok(_) => return,
            Err(error) => io_words(&error),
        };
        if self.missing.insert(path.to_owned()) {
            let message = format!("{owner}: cannot read `{key}` {path}: {why}");
            let mistake = self.placed(path, message);
            self.findings.mistakes.push(mistake);
        }
    }

    /// The message with the place where the path is written, if one of the files shows it. Paths
    /// were joined with the folder of the file that names them, so both forms are looked for.
    fn placed(&self, path: &str, message: String) -> String {
        for (file, text) in &self.texts {
            let folder = file.parent().unwrap_or(Path::new(""));
            let short = Path::new(path).strip_prefix(folder).ok().and_then(Path::to_str);
            for written in [Some(path), short].into_iter().flatten() {
                if let Some(place) = find(text, written) {
                    let name = file.display().to_string();
                    return Problem::new(&name, text, place, message).to_string();
                }
            }
        }
        message
    }
}

/// Where a word stands by itself, after a blank, quote or bracket; comments do not count.
fn find(text: &str, word: &str) -> Option<Place> {
    let borders = [' ', '"', '\'', '[', ']', ',', '\t', '}'];
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with('#') {
            continue;
        }
        for (at, _) in line.match_indices(word) {
            let before = line[..at].chars().next_back().is_none_or(|c| borders.contains(&c));
            let after = line[at + word.len()..].chars().next();
            if before && after.is_none_or(|c| borders.contains(&c)) {
                return Some(Place { line: index + 1, column: line[..at].chars().count() + 1 });
            }
        }
    }
    None
}

/// Messages about the inside of a file already begin with its name.
fn with_source(source: &str, message: &str) -> String {
    if message.starts_with(source) { message.to_owned() } else { format!("{source}: {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_where_it_stands_by_itself() {
        let text = "# ca.pem\na: old-ca.pem\nb: \"ca.pem\"\n";
        assert_eq!(find(text, "ca.pem"), Some(Place { line: 3, column: 5 }));
        assert_eq!(find(text, "pem"), None);
        assert_eq!(find("- é ca.pem", "ca.pem"), Some(Place { line: 1, column: 5 }));
    }

    #[test]
    fn a_message_names_its_file_once() {
        assert_eq!(with_source("a.json", "a.json:1:2: odd"), "a.json:1:2: odd");
        assert_eq!(with_source("a.json", "odd"), "a.json: odd");
    }
}
