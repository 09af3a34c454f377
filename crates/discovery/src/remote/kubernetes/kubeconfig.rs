//! Files of kubectl (`kubeconfig_file`): the cluster and the user of the current context as
//! settings of an HTTP client. Format: Kubernetes' `client-go`, `tools/clientcmd/api/v1`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{HttpAuth, HttpClientConfig, Secret, SecretSource, TextSource, yaml_value};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;
use sys::Vfs;
use url::Url;

/// Longest file.
const BYTES_MAX: u64 = 4 << 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct File {
    current_context: String,
    clusters: Vec<Named>,
    users: Vec<Named>,
    contexts: Vec<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
    cluster: Value,
    user: Value,
    context: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    cluster: String,
    user: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Cluster {
    server: String,
    tls_server_name: Option<String>,
    insecure_skip_tls_verify: bool,
    certificate_authority: Option<String>,
    certificate_authority_data: Option<String>,
    proxy_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct User {
    client_certificate: Option<String>,
    client_certificate_data: Option<String>,
    client_key: Option<String>,
    client_key_data: Option<String>,
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<String>,
    username: Option<String>,
    password: Option<String>,
    exec: Option<Value>,
    auth_provider: Option<Value>,
}

/// The client that a file describes, and the URL of its API server.
pub(super) fn read(vfs: &dyn Vfs, path: &str) -> Result<(HttpClientConfig, String), String> {
    let wrong = |what: String| format!("kubeconfig_file {path}: {what}");
    let bytes = vfs.read(Path::new(path), BYTES_MAX).map_err(|error| wrong(error.to_string()))?;
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    client(&bytes, folder).map_err(wrong)
}

fn client(bytes: &[u8], folder: &Path) -> Result<(HttpClientConfig, String), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let file: File = part(yaml_value(text).ok_or("it is no YAML")?, "the file")?;
    let name = &file.current_context;
    let context = file.contexts.into_iter().find(|context| context.name == *name);
    let context = context.ok_or_else(|| format!("no context is called `{name}`"))?;
    let context: Context = part(context.context, "the context")?;
    let cluster = file.clusters.into_iter().find(|cluster| cluster.name == context.cluster);
    let cluster = cluster.ok_or_else(|| format!("no cluster is called `{}`", context.cluster))?;
    let user = file.users.into_iter().find(|user| user.name == context.user);
    let mut http = HttpClientConfig::default();
    let server = of_cluster(part(cluster.cluster, "the cluster")?, folder, &mut http)?;
    match user {
        Some(user) => of_user(part(user.user, "the user")?, folder, &mut http)?,
        None if context.user.is_empty() => {}
        None => return Err(format!("no user is called `{}`", context.user)),
    }
    Ok((http, server))
}

/// A part of the file; its text may hold secrets and is not shown.
fn part<T: Default + serde::de::DeserializeOwned>(value: Value, what: &str) -> Result<T, String> {
    if value.is_null() {
        return Ok(T::default());
    }
    let read = serde_json::from_value(value).ok();
    read.ok_or_else(|| format!("{what} has a value of the wrong kind"))
}

fn of_cluster(
    cluster: Cluster,
    folder: &Path,
    http: &mut HttpClientConfig,
) -> Result<String, String> {
    http.tls.server_name = cluster.tls_server_name.filter(|name| !name.is_empty());
    http.tls.insecure_skip_verify = cluster.insecure_skip_tls_verify;
    let data = cluster.certificate_authority_data;
    let source = pem("certificate-authority", data, cluster.certificate_authority, folder)?;
    http.tls.ca = source;
    if let Some(proxy) = cluster.proxy_url.filter(|proxy| !proxy.is_empty()) {
        let proxy = Url::parse(&proxy).map_err(|error| format!("proxy-url: {error}"))?;
        http.proxy.url = Some(Secret::new(proxy));
    }
    if cluster.server.is_empty() {
        return Err("the cluster has no `server`".to_owned());
    }
    // Paths of requests are joined to it.
    Ok(if cluster.server.ends_with('/') { cluster.server } else { cluster.server + "/" })
}

fn of_user(user: User, folder: &Path, http: &mut HttpClientConfig) -> Result<(), String> {
    if user.exec.is_some() || user.auth_provider.is_some() {
        return Err("users of `exec` and `auth-provider` are not supported; \
                    use `token`, `tokenFile` or a client certificate"
            .to_owned());
    }
    let data = user.client_certificate_data;
    http.tls.cert = pem("client-certificate", data, user.client_certificate, folder)?;
    let key = pem("client-key", user.client_key_data, user.client_key, folder)?;
    http.tls.key = key.map(|key| match key {
        TextSource::Inline(text) => SecretSource::Inline(Secret::new(text)),
        TextSource::File(path) => SecretSource::File(path),
    });
    if http.tls.cert.is_some() != http.tls.key.is_some() {
        return Err("the user has a client certificate or a key, but not both".to_owned());
    }
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    // As kubectl: what a file says is newer.
    let token = match (filled(user.token_file), filled(user.token)) {
        (Some(file), _) => Some(SecretSource::File(join(folder, &file))),
        (None, token) => token.map(|token| SecretSource::Inline(Secret::new(token))),
    };
    if token.is_some() {
        http.auth = HttpAuth::Authorization { kind: "Bearer".to_owned(), credentials: token };
    } else if let Some(username) = filled(user.username) {
        let password = user.password.map(|text| SecretSource::Inline(Secret::new(text)));
        http.auth = HttpAuth::Basic { username: TextSource::Inline(username), password };
    }
    Ok(())
}

/// What stands in the file counts more than the path of another one.
fn pem(
    key: &str,
    data: Option<String>,
    path: Option<String>,
    folder: &Path,
) -> Result<Option<TextSource>, String> {
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        let text = STANDARD.decode(data.trim()).ok().and_then(|it| String::from_utf8(it).ok());
        let text = text.ok_or_else(|| format!("`{key}-data` is no PEM in base64"))?;
        return Ok(Some(TextSource::Inline(text)));
    }
    let path = path.filter(|path| !path.is_empty());
    Ok(path.map(|path| TextSource::File(join(folder, &path))))
}

fn join(folder: &Path, path: &str) -> String {
    folder.join(path).display().to_string()
}

#[cfg(test)]
mod tests;
