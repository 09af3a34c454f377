//! Clients against servers on loopback, most of them badly behaved.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod http;
mod idle;
mod kept;
mod private;
mod server;
mod tls;

use config::HttpClientConfig;
use net::{AddressPolicy, Client, ClientOptions, Error, Exchange, PrivateConnection, Request};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Long enough for anything that is meant to succeed.
const PATIENCE: Duration = Duration::from_secs(30);

fn client(config: HttpClientConfig) -> Client {
    client_under(AddressPolicy::default(), config)
}

fn client_under(policy: AddressPolicy, config: HttpClientConfig) -> Client {
    let options = ClientOptions { policy: Arc::new(policy), vfs: Arc::new(sys::OsVfs) };
    Client::new(config, options)
}

fn get(url: &str) -> Request {
    Request::get(Url::parse(url).unwrap(), PATIENCE)
}

async fn fetch(client: &Client, request: Request) -> Result<(Exchange, String), Error> {
    let mut body = Vec::new();
    let exchange = client.send(request, &mut body).await?;
    Ok((exchange, String::from_utf8(body).unwrap()))
}

async fn fetch_over(
    own: &mut PrivateConnection,
    client: &Client,
    request: Request,
) -> Result<(Exchange, String), Error> {
    let mut body = Vec::new();
    let exchange = client.send_over(own, request, &mut body).await?;
    Ok((exchange, String::from_utf8(body).unwrap()))
}
