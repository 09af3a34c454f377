//! Basic authentication against the users of web-config.yml.
//! bcrypt is slow on purpose, so successes are remembered under a key made from user, hash and
//! password with a secret of this process: another hash or password never finds the entry
//! (GHSA-4v48-4q5m-8vx4). Unknown users cost one bcrypt too, so names cannot be probed by time.

use crate::Principal;
use crate::app::Front;
use crate::reply::ApiError;
use crate::web::Active;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use parking_lot::Mutex;
use ring::hmac;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

/// Remembered successes; there are rarely more than users. When full, all are forgotten.
const CACHE_ENTRIES_MAX: usize = 1024;
/// bcrypt computations at a time: they use a whole processor for about 50 ms each.
const CONCURRENT_CHECKS_MAX: usize = 4;
/// Longest accepted user name plus password; bcrypt itself looks at 72 bytes.
const CREDENTIALS_BYTES_MAX: usize = 1024;

type CacheKey = [u8; 32];

/// Knows the users.
pub(crate) struct Authenticator {
    pub(super) users: BTreeMap<String, String>,
    /// A hash of nobody's password, as expensive as the real ones.
    pub(super) decoy: String,
    secret: hmac::Key,
    proven: Mutex<HashSet<CacheKey>>,
    checks: Arc<Semaphore>,
    /// bcrypt computations since the configuration was read.
    pub(super) computed: AtomicU64,
}

impl Authenticator {
    /// Users with bcrypt hashes; fails when a hash is malformed.
    pub(crate) fn new(users: BTreeMap<String, String>) -> Result<Self, String> {
        let mut cost = None;
        for (user, hash) in &users {
            let parts: bcrypt::HashParts = hash.parse().map_err(|error: bcrypt::BcryptError| {
                format!("basic_auth_users: hash of {user:?}: {error}")
            })?;
            cost = cost.max(Some(parts.get_cost()));
        }
        let secret = hmac::Key::generate(hmac::HMAC_SHA256, &ring::rand::SystemRandom::new())
            .map_err(|error| format!("cannot make a random secret: {error}"))?;
        Ok(Self {
            users,
            decoy: format!("$2b${:02}${}", cost.unwrap_or(bcrypt::DEFAULT_COST), ".".repeat(53)),
            secret,
            proven: Mutex::default(),
            checks: Arc::new(Semaphore::new(CONCURRENT_CHECKS_MAX)),
            computed: AtomicU64::new(0),
        })
    }

    /// Key of the cache: lengths in front, so that no two inputs share a text.
    pub(super) fn cache_key(&self, user: &str, hash: &str, password: &[u8]) -> CacheKey {
        let mut context = hmac::Context::with_key(&self.secret);
        for part in [user.as_bytes(), hash.as_bytes(), password] {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part);
        }
        let mut key = CacheKey::default();
        key.copy_from_slice(context.sign().as_ref());
        key
    }

    /// Is this the user's password?
    async fn proves(&self, user: &str, password: Vec<u8>) -> bool {
        let known = self.users.get(user);
        let hash = known.unwrap_or(&self.decoy).clone();
        let key = self.cache_key(user, &hash, &password);
        if known.is_some() && self.proven.lock().contains(&key) {
            return true;
        }
        let slot = Arc::clone(&self.checks).acquire_owned().await;
        let slot = slot.expect("the semaphore is never closed");
        self.computed.fetch_add(1, Ordering::Relaxed);
        let check = move || {
            let matches = bcrypt::verify(&password, &hash).unwrap_or(false);
            // Not before: a client that leaves does not stop the computation.
            drop(slot);
            matches
        };
        let matches = tokio::task::spawn_blocking(check).await.unwrap_or(false);
        if known.is_none() || !matches {
            return false;
        }
        let mut proven = self.proven.lock();
        if proven.len() >= CACHE_ENTRIES_MAX {
            proven.clear();
        }
        proven.insert(key);
        true
    }
}

/// User and password of `Authorization: Basic ...` (RFC 7617).
pub(crate) fn parse_credentials(headers: &HeaderMap) -> Option<(String, Vec<u8>)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > CREDENTIALS_BYTES_MAX * 2 {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    let user = String::from_utf8(decoded[..colon].to_vec()).ok()?;
    let short = decoded.len() <= CREDENTIALS_BYTES_MAX;
    short.then(|| (user, decoded[colon + 1..].to_vec()))
}

/// Finds out who asks and leaves the answer in the request's extensions.
pub(super) async fn check(front: &Front, request: &mut Request<Body>) -> Result<(), Box<Response>> {
    let active = front.web.active();
    let principal = identify(&active, request.headers()).await?;
    request.extensions_mut().insert(principal);
    Ok(())
}

async fn identify(active: &Arc<Active>, headers: &HeaderMap) -> Result<Principal, Box<Response>> {
    let authenticator = &active.authenticator;
    if authenticator.users.is_empty() {
        return Ok(Principal::Anonymous);
    }
    if let Some((user, password)) = parse_credentials(headers)
        && authenticator.proves(&user, password).await
    {
        return Ok(Principal::User(user.into()));
    }
    let refusal = ApiError::bad_data("authentication needed: send the name and password of a user")
        .with_status(StatusCode::UNAUTHORIZED);
    let mut response = refusal.into_response();
    let challenge = HeaderValue::from_static("Basic realm=\"flyball\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    Err(Box::new(response))
}
