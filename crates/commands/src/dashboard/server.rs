//! The server that dashboards are kept on, asked by its own API.

use crate::ask::{http_client, server_url};
use crate::cli::DashboardServer;
use crate::console::io_words;
use ::dashboards::Dashboard;
use http::{HeaderValue, Method, header};
use net::{AddressPolicy, Client, ClientOptions, Request};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use sys::OsVfs;
use url::Url;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A server.
pub(super) struct Server {
    url: Url,
    client: Client,
}

impl Server {
    pub(super) fn new(args: &DashboardServer) -> Result<Self, String> {
        let config = args.http_config_file.as_deref().map(http_client).transpose()?;
        let options =
            ClientOptions { policy: Arc::new(AddressPolicy::default()), vfs: Arc::new(OsVfs) };
        let client = Client::new(config.unwrap_or_default(), options);
        Ok(Self { url: server_url(&args.url)?, client })
    }

    /// Identity of the folder with a title, made when there is none.
    pub(super) fn folder(&self, title: &str) -> Result<String, String> {
        let body = self.send(Method::POST, &["folders"], Some(&json!({"title": title})))?;
        let folder: Value = parse(&body)?;
        Ok(folder["uid"].as_str().unwrap_or_default().to_owned())
    }

    /// Keeps a dashboard; says where.
    pub(super) fn import(
        &self,
        dashboard: &Dashboard,
        folder: Option<&str>,
        overwrite: bool,
    ) -> Result<String, String> {
        let body = json!({
            "dashboard": dashboard.json(),
            "folder": folder,
            "overwrite": overwrite,
        });
        let answer: Value =
            parse(&self.send(Method::POST, &["dashboards", "import"], Some(&body))?)?;
        let uid = answer["uid"].as_str().unwrap_or_default();
        let base = self.url.as_str().trim_end_matches('/');
        Ok(format!("{base}/d/{uid}"))
    }

    /// A dashboard as a file.
    pub(super) fn export(&self, uid: &str) -> Result<Vec<u8>, String> {
        self.send(Method::GET, &["dashboards", uid, "export"], None)
    }

    fn send(&self, method: Method, path: &[&str], body: Option<&Value>) -> Result<Vec<u8>, String> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "flyball", "v1"]).extend(path);
        }
        let shown = url.to_string();
        let mut request = Request::get(url, TIMEOUT);
        request.method = method;
        if let Some(body) = body {
            request.body = body.to_string().into();
            let json = HeaderValue::from_static("application/json");
            request.headers.insert(header::CONTENT_TYPE, json);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("cannot ask: {}", io_words(&error)))?;
        let mut answer = Vec::new();
        let exchange = runtime.block_on(self.client.send(request, &mut answer));
        let exchange = exchange.map_err(|error| format!("{shown}: {}", error.describe()))?;
        if exchange.status.is_success() {
            return Ok(answer);
        }
        let reason = serde_json::from_slice::<Value>(&answer).ok();
        let reason = reason.and_then(|error| error["error"].as_str().map(str::to_owned));
        let status = exchange.status.as_u16();
        Err(format!("{shown} answers {status}: {}", reason.unwrap_or_default()))
    }
}

fn parse(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("the server's answer is no JSON: {error}"))
}
