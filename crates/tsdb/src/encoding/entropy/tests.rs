//! Residuals of every distribution come back, whole and in front; bytes that cannot be are damage.
#![expect(
    clippy::cast_possible_truncation,
    reason = "random numbers are bounded where they are made"
)]

use super::*;
use sys::sim::SimRng;

fn decoded(bytes: &[u8], counts: (usize, usize), width: u32) -> Decoded<Vec<u64>> {
    let (mut cursor, mut out) = (Cursor::new(bytes), Vec::new());
    decode(&mut cursor, counts, width, &mut out)?;
    cursor.finish()?;
    Ok(out.into_iter().map(i64::cast_unsigned).collect())
}

/// Bytes a column takes, if it is coded.
fn len(residuals: &[u64], width: u32) -> Option<usize> {
    let bytes = encode(residuals, width, 9 * residuals.len())?;
    let count = residuals.len();
    assert_eq!(decoded(&bytes, (count, count), width).unwrap(), residuals, "INV-10");
    for wanted in [0, 1, 2, count / 2, count - 1] {
        let front = decoded(&bytes, (count, wanted), width).unwrap();
        assert_eq!(front, residuals[..wanted], "INV-10: the front of it");
    }
    Some(bytes.len())
}

/// The sum of several draws: about normal.
fn draw(random: &mut SimRng, bound: u64) -> u64 {
    (0..6).map(|_| random.below(bound)).sum()
}

#[test]
fn inv_10_residuals_of_every_distribution_come_back() {
    let mut random = SimRng::new(51);
    let mut coded = 0;
    for round in 0..3000 {
        let width = 1 + (random.below(64) & 63) as u32;
        let top = u64::MAX >> (64 - width);
        let count = 1 + random.below(700) as usize;
        let narrow = random.below(64);
        let residuals: Vec<u64> = (0..count)
            .map(|_| match (round % 4, random.below(9)) {
                (0, _) => random.next_u64() & top,
                (1, 0..8) => top >> narrow.min(63),
                (2, _) => draw(&mut random, 1 << narrow.min(40)) & top,
                (_, 1) => top,
                (_, 2) => random.next_u64() & top,
                (_, n) => n & top,
            })
            .collect();
        coded += usize::from(len(&residuals, width).is_some());
    }
    assert!(coded > 1000, "{coded}");
}

#[test]
fn residuals_take_about_their_entropy() {
    let mut random = SimRng::new(52);
    let normal: Vec<u64> = (0..480).map(|_| draw(&mut random, 10)).collect();
    // A deviation of 7 is 4.9 bits.
    assert!(len(&normal, 6).unwrap() < 480 * 53 / 80, "{:?}", len(&normal, 6));
    let rare: Vec<u64> = (0..480).map(|_| u64::from(random.below(30) == 0)).collect();
    assert!(len(&rare, 1).unwrap() < 25, "{:?}", len(&rare, 1));
    let idle: Vec<u64> =
        (0..480).map(|_| if random.below(2) == 0 { 777 } else { random.below(1 << 12) }).collect();
    assert!(len(&idle, 12).unwrap() < 480 * 75 / 80, "{:?}", len(&idle, 12));
}

#[test]
fn what_gains_nothing_is_not_coded() {
    let mut random = SimRng::new(53);
    let noise: Vec<u64> = (0..480).map(|_| random.below(256)).collect();
    assert_eq!(encode(&noise, 8, 480), None);
    assert_eq!(encode(&[1; 500], 0, 10), None, "no bits at all");
    assert_eq!(encode(&[1, 2, 3], 2, 100), None, "a few values");
}

#[test]
fn every_bin_has_a_state() {
    let mut random = SimRng::new(54);
    for _ in 0..2000 {
        let count = 1 + random.below(BINS_MAX as u64);
        let mut bins: Vec<Bin> = (0..count)
            .map(|base| {
                let weight = 1 + (random.below(15) & 15) as u8;
                Bin { base, extra: 0, weight, share: 0 }
            })
            .collect();
        share_states(&mut bins);
        assert_eq!(bins.iter().map(|bin| bin.share).sum::<u32>(), 256);
        assert!(bins.iter().all(|bin| bin.share > 0));
    }
}

#[test]
fn coded_residuals_that_cannot_be() {
    let what = |bytes: &[u8], width: u32| {
        let decoded = decoded(bytes, (2, 2), width);
        decoded.err().map_or("nothing", |damage| damage.what)
    };
    let fits = "coded residuals do not fit their count";
    let cases: [(&[u8], u32, &str); 9] = [
        (&[0b0_0010, 2, 0, 0], 0, "nothing"),
        (&[0b0_0010, 3, 0, 0, 0], 0, fits),
        (&[0b0_0010, 2, 0, 0], 48, fits),
        (&[0b0_0010, 1, 0], 0, "coded residuals without a state"),
        (&[0b0_0010, 2, 0], 0, "bytes end early"),
        (&[0b0_0010, 2, 0, 0], 49, "too many bins, or too wide ones"),
        (&[0b1], 0, "half of a value"),
        (&[0], 3, "no bins"),
        (&[0b11], 1, "half of a value"),
    ];
    for (bytes, width, wrong) in cases {
        assert_eq!(what(bytes, width), wrong, "{bytes:?} {width}");
    }
    assert_eq!(what(&[0xff; 8], 64), "bins end early");
}

#[test]
fn changed_bytes_are_errors_or_other_residuals_and_never_panics() {
    let mut random = SimRng::new(55);
    let residuals: Vec<u64> = (0..90).map(|_| draw(&mut random, 40)).collect();
    let good = encode(&residuals, 8, 720).unwrap();
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(3) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at] = (random.next_u64() & 0xff) as u8,
                _ => bytes.truncate(at.max(1)),
            }
        }
        let width = if random.below(4) == 0 { (random.below(65) & 127) as u32 } else { 8 };
        let (mut cursor, mut out) = (Cursor::new(&bytes), Vec::new());
        if decode(&mut cursor, (90, 90), width, &mut out).is_ok() {
            assert_eq!(out.len(), 90);
        }
    }
}
