//! SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL uses it, without channel binding.
//! Pure but for the nonce, which comes in; passwords are taken as they are, without `SASLprep`.

use crate::{Fault, Reason};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::{digest, hmac, pbkdf2};
use std::num::NonZeroU32;

/// Most rounds of hashing that a server may ask for: half a second of work.
const ROUNDS_MAX: u32 = 1_000_000;
/// Header of the exchange without channel binding, and its form in the last message.
const HEADER: &str = "n,,";
const HEADER_ENCODED: &str = "biws";

/// An exchange after its first message.
pub(super) struct Exchange {
    first: String,
    nonce: String,
}

/// What the server must prove in the end.
pub(super) struct Proof(String);

fn broken(what: &str) -> Fault {
    Fault::new(Reason::Protocol, format!("authenticate: {what}"))
}

impl Exchange {
    /// Begins with random bytes.
    pub(super) fn new(random: &[u8; 18]) -> Self {
        let nonce = BASE64.encode(random);
        Self { first: format!("n=,r={nonce}"), nonce }
    }

    /// The first message.
    pub(super) fn first(&self) -> String {
        format!("{HEADER}{}", self.first)
    }

    /// The answer to the server's first message, and what the server must prove.
    pub(super) fn answer(&self, server: &str, password: &str) -> Result<(String, Proof), Fault> {
        let field = |name: char| {
            let mut fields = server.split(',');
            fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
        };
        let nonce = field('r').filter(|nonce| nonce.starts_with(&self.nonce));
        let nonce = nonce.ok_or_else(|| broken("the server does not repeat the nonce"))?;
        let salt = field('s').and_then(|salt| BASE64.decode(salt).ok());
        let salt = salt.ok_or_else(|| broken("the server sends no salt"))?;
        let rounds = field('i').and_then(|rounds| rounds.parse::<NonZeroU32>().ok());
        let rounds = rounds.filter(|rounds| rounds.get() <= ROUNDS_MAX);
        let rounds = rounds.ok_or_else(|| broken("the server's number of rounds is unusable"))?;
        let mut salted = [0; digest::SHA256_OUTPUT_LEN];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), &mut salted);
        let last = format!("c={HEADER_ENCODED},r={nonce}");
        let signed = format!("{},{server},{last}", self.first);
        let client_key = mac(&salted, b"Client Key");
        let stored = digest::digest(&digest::SHA256, client_key.as_ref());
        let signature = mac(stored.as_ref(), signed.as_bytes());
        let proof: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        let server_key = mac(&salted, b"Server Key");
        let expected = mac(server_key.as_ref(), signed.as_bytes());
        let answer = format!("{last},p={}", BASE64.encode(proof));
        Ok((answer, Proof(BASE64.encode(expected.as_ref()))))
    }
}

impl Proof {
    /// Does the server know the password, too?
    pub(super) fn check(&self, server: &str) -> Result<(), Fault> {
        let given = server.split(',').find_map(|field| field.strip_prefix("v="));
        if given == Some(self.0.as_str()) {
            return Ok(());
        }
        Err(Fault::new(Reason::Auth, "authenticate: the server does not know the password"))
    }
}

fn mac(key: &[u8], text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
}

#[cfg(test)]
mod tests {
    use super::{Exchange, Proof};
    use crate::Reason;

    /// RFC 7677, 3, but for the user's name, which PostgreSQL wants empty.
    #[test]
    fn an_exchange_is_that_of_the_standard() {
        let exchange = Exchange {
            first: "n=user,r=rOprNGfwEbeRWgbNEkqO".into(),
            nonce: "rOprNGfwEbeRWgbNEkqO".into(),
        };
        let server = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                      s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let (answer, proof) = exchange.answer(server, "pencil").unwrap();
        assert_eq!(
            answer,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(proof.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
        assert_eq!(proof.check("v=6rri").unwrap_err().reason, Reason::Auth);
        assert_eq!(Proof(String::new()).check("e=other").unwrap_err().reason, Reason::Auth);
    }

    #[test]
    fn what_a_server_may_not_ask_for() {
        let exchange = Exchange::new(&[7; 18]);
        let nonce = exchange.first().split_once("r=").unwrap().1.to_owned();
        for server in [
            "r=other,s=QQ==,i=4096".to_owned(),
            format!("r={nonce}x,i=4096"),
            format!("r={nonce}x,s=!,i=4096"),
            format!("r={nonce}x,s=QQ==,i=0"),
            format!("r={nonce}x,s=QQ==,i=1000001"),
            String::new(),
        ] {
            let fault = exchange.answer(&server, "p").err().map(|fault| fault.reason);
            assert_eq!(fault, Some(Reason::Protocol), "{server}");
        }
    }
}
