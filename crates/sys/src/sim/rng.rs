//! Seeded chance: `SimRng` for test drivers, `SimEntropy` where a core takes `Entropy`.
//! `SplitMix64` (Steele, Lea, Flood 2014): one addition and three mixes a number, any seed is good.

use crate::Entropy;
use std::sync::atomic::{AtomicU64, Ordering};

const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A seeded generator with one owner.
#[derive(Clone, Debug)]
pub struct SimRng {
    state: u64,
}

impl SimRng {
    /// A generator whose whole future follows from `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        mix(self.state)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(product >> 64).expect("the high half of a 128-bit product fits 64 bits")
    }

    /// An index in `0..bound`; 0 when `bound` is 0.
    pub fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).expect("below a usize")
    }

    /// Yes in `per_mille` of 1000 cases.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// Yes in half of the cases.
    pub fn coin(&mut self) -> bool {
        self.next_u64() & 1 == 1
    }

    /// A generator for a part of the work, independent of what this one gives later.
    pub fn fork(&mut self) -> Self {
        Self::new(self.next_u64())
    }
}

/// Seeded `Entropy`, shareable between threads (their interleaving then decides who gets what).
#[derive(Debug)]
pub struct SimEntropy {
    state: AtomicU64,
}

impl SimEntropy {
    /// Entropy whose sequence follows from `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }
}

impl Entropy for SimEntropy {
    fn next_u64(&self) -> u64 {
        let before = self.state.fetch_add(GOLDEN_GAMMA, Ordering::Relaxed);
        mix(before.wrapping_add(GOLDEN_GAMMA))
    }
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
