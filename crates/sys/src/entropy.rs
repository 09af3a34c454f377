//! Randomness as an argument: jitter, identifiers, spread of work.

use std::io;

/// Gives random bits.
pub trait Entropy: Send + Sync {
    /// The next 64 random bits.
    fn next_u64(&self) -> u64;

    /// A number in `0..bound` (0 when `bound` is 0), without modulo bias worth caring about.
    fn below(&self, bound: u64) -> u64 {
        let product = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(product >> 64).expect("the high half of a 128-bit product fits 64 bits")
    }
}

/// The operating system's generator (getrandom(2)).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl SystemEntropy {
    /// Checks once that the generator answers, so that later calls cannot fail.
    pub fn new() -> io::Result<Self> {
        random_u64().map(|_| Self)
    }
}

impl Entropy for SystemEntropy {
    fn next_u64(&self) -> u64 {
        random_u64().expect("getrandom answered when the process started")
    }
}

fn random_u64() -> io::Result<u64> {
    let mut bytes = [0_u8; 8];
    let filled = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    assert_eq!(filled, bytes.len(), "getrandom fills requests below 256 bytes");
    Ok(u64::from_ne_bytes(bytes))
}
