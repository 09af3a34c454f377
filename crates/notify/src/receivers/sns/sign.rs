//! AWS Signature Version 4 for a POST with a body.
//! Source: AWS General Reference, "Signature Version 4 signing process".

use crate::DeliveryError;
use crate::post::secret_header;
use crate::text::hex;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::hmac;
use url::Url;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SIGNED_HEADERS: &str = "content-type;host;x-amz-date";

/// Who signs, and for what.
pub(super) struct Signer<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) access_key: &'a str,
    pub(super) secret_key: &'a str,
}

impl Signer<'_> {
    /// Adds `X-Amz-Date` and `Authorization` to the headers, which have a content type.
    pub(super) fn sign(
        &self,
        url: &Url,
        headers: &mut HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let scope = format!("{}/{}/{}/aws4_request", &time[..8], self.region, self.service);
        let canonical = canonical_request(url, headers, body, &time);
        let hashed = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{hashed}");
        let signature = hex(&self.signature(&time[..8], &to_sign));
        let authorization = format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={SIGNED_HEADERS}, \
             Signature={signature}",
            self.access_key
        );
        let date = HeaderValue::from_str(&time);
        headers.insert("x-amz-date", date.expect("digits and letters make a header"));
        headers.insert(AUTHORIZATION, secret_header(&authorization)?);
        Ok(())
    }

    fn signature(&self, date: &str, to_sign: &str) -> Vec<u8> {
        let first = format!("AWS4{}", self.secret_key).into_bytes();
        let parts = [date, self.region, self.service, "aws4_request", to_sign];
        parts.iter().fold(first, |key, part| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
            hmac::sign(&key, part.as_bytes()).as_ref().to_vec()
        })
    }
}

fn canonical_request(url: &Url, headers: &HeaderMap, body: &[u8], time: &str) -> String {
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default();
    let body = hex(digest(&SHA256, body).as_ref());
    format!(
        "POST\n{}\n{}\ncontent-type:{content_type}\nhost:{host}\nx-amz-date:{time}\n\n\
         {SIGNED_HEADERS}\n{body}",
        url.path(),
        url.query().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `post-x-www-form-urlencoded` of AWS' own test suite for Signature Version 4.
    #[test]
    fn the_signature_is_that_of_the_test_suite() {
        let signer = Signer {
            region: "us-east-1",
            service: "service",
            access_key: "AKIDEXAMPLE",
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        };
        let url = Url::parse("https://example.amazonaws.com/").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
        let now = "2015-08-30T12:36:00Z".parse().unwrap();
        signer.sign(&url, &mut headers, b"Param1=value1", now).unwrap();
        assert_eq!(headers["x-amz-date"], "20150830T123600Z");
        assert_eq!(
            headers[AUTHORIZATION],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }
}
