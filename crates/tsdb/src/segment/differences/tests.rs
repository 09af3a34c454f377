//! Segments of data at rest: buckets that refer to buckets, read in any order and after damage.
//! `packed.seg` was written by the first version that packs; it is read by every later one.

use crate::cache::BlockCache;
use crate::encoding::Effort;
use crate::encoding::floats::Place;
use crate::reading::Scratch;
use crate::segment::{
    Losses, PageKind, Segment, SegmentIndex, SegmentWriter, SeriesPart, block, series_order,
};
use crate::tombstone::Deleted;
use model::{Labels, SampleBuf, stale_marker};
use std::path::Path;
use std::sync::Arc;
use sys::Vfs;
use sys::sim::{SimRng, SimVfs};

const PATH: &str = "/s/0000000000000001.seg";
const ALL: (i64, i64) = (i64::MIN, i64::MAX);
const BOUNDS: [&str; 8] = ["0.1", "0.5", "1", "2.5", "5", "10", "25", "+Inf"];

type Series = Vec<(Labels, SampleBuf)>;

/// Histograms of several paths with resets, gaps, staleness markers and odd patterns; their count
/// equals the highest bucket.
fn histograms(random: &mut SimRng, paths: usize, rows: usize) -> Series {
    let mut series = Series::new();
    for path in 0..paths {
        let mut counts = [0_u64; BOUNDS.len()];
        let mut columns = vec![SampleBuf::default(); BOUNDS.len()];
        for row in 0..rows {
            if path % 3 == 1 && row / 50 % 4 == 3 {
                continue;
            }
            if random.below(400) == 0 {
                counts.fill(0);
            }
            let at = 1_790_000_000_000 + i64::try_from(row).unwrap() * 15_000;
            let mut sum = 0;
            for (count, column) in counts.iter_mut().zip(&mut columns) {
                sum += random.below(7);
                *count += sum;
                column.push(
                    at,
                    match random.below(500) {
                        0 => stale_marker(),
                        1 => -0.0,
                        2 => f64::from_bits(0x7ff8_0000_0000_0000 | random.next_u64() >> 13),
                        _ => *count as f64,
                    },
                );
            }
        }
        let path = format!("/{path:02}");
        for (bound, column) in BOUNDS.into_iter().zip(&columns) {
            let labels = [("__name__", "took_bucket"), ("le", bound), ("path", &path)];
            series.push((Labels::from_pairs(labels), column.clone()));
        }
        let labels = [("__name__", "took_count"), ("path", &path)];
        series.push((Labels::from_pairs(labels), columns[BOUNDS.len() - 1].clone()));
    }
    series.sort_by(|a, b| series_order(&a.0, &b.0));
    series
}

fn vfs() -> SimVfs {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(Path::new("/s")).unwrap();
    vfs
}

fn write(vfs: &SimVfs, series: &Series, effort: Effort) -> Segment {
    let mut writer = SegmentWriter::create(vfs, Path::new(PATH), effort).unwrap();
    for (labels, samples) in series {
        writer.add_series(labels, samples).unwrap();
    }
    writer.finish().unwrap();
    open(vfs)
}

fn open(vfs: &SimVfs) -> Segment {
    Segment::open(vfs, Path::new(PATH), 1, &Arc::new(BlockCache::new(1 << 20))).unwrap()
}

fn read(
    segment: &Segment,
    index: &SegmentIndex,
    (ordinal, range): (u32, (i64, i64)),
    scratch: &mut Scratch,
) -> (SampleBuf, Losses) {
    let table = &*segment.series(index, index.directory().place(ordinal)).unwrap();
    let deleted = &Deleted::default();
    let part = SeriesPart { source: 0, index, table, ordinal, range, deleted };
    let mut found = SampleBuf::default();
    scratch.begin();
    let losses = segment.read_part(&part, scratch, &mut found);
    (found, losses)
}

fn same(a: &SampleBuf, b: &SampleBuf) -> bool {
    let bits = |s: &SampleBuf| s.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    a.timestamps == b.timestamps && bits(a) == bits(b)
}

/// Blocks that refer to others, and the longest chain.
fn references(segment: &Segment, index: &SegmentIndex) -> (usize, usize) {
    let (mut number, mut longest) = (0, 0);
    for ordinal in 0..index.directory().series() {
        let table = segment.series(index, index.directory().place(ordinal)).unwrap();
        for entry in table.blocks(ordinal as usize) {
            let rows = index.times[entry.times as usize].rows as usize;
            let rows = table.presence(entry).count(rows);
            let mut next = Some(Place { page: entry.page, offset: entry.offset, len: entry.len });
            let mut chain = 0;
            while let Some(place) = next {
                chain += 1;
                let page = segment.page(place.page, None).unwrap();
                let bytes = segment.slice(&page, place.offset, place.len).unwrap();
                next = block::below(bytes, rows).unwrap();
            }
            number += usize::from(chain > 1);
            longest = longest.max(chain);
        }
    }
    (number, longest)
}

#[test]
fn inv_16_packed_segments_are_shorter_and_read_the_same_in_any_order() {
    let mut random = SimRng::new(71);
    let series = histograms(&mut random, 7, 1100);
    let plain = write(&vfs(), &series, Effort::Quick).bytes;
    let packed = write(&vfs(), &series, Effort::Cold);
    assert!(packed.bytes * 10 < plain * 9, "{} of {plain} bytes", packed.bytes);
    let index = packed.index().unwrap();
    let (number, longest) = references(&packed, &index);
    assert!(number > 60 && longest == 5, "{number} references, chains of {longest}");
    let mut scratches = [Scratch::default(), Scratch::of_merge()];
    let ordinals = 0..u32::try_from(series.len()).unwrap();
    let mixed = ordinals.clone().map(|n| n * 31 % ordinals.end).chain(ordinals.clone());
    for (round, ordinal) in mixed.enumerate() {
        let (labels, samples) = &series[ordinal as usize];
        let (found, losses) = read(&packed, &index, (ordinal, ALL), &mut scratches[round % 2]);
        assert!(losses.blocks == 0 && same(&found, samples), "INV-16: {labels}");
        let from = 1_790_000_000_000 + random.below(17_000_000).cast_signed();
        let range = (from, from + random.below(4_000_000).cast_signed());
        let (found, _) = read(&packed, &index, (ordinal, range), &mut Scratch::default());
        let inside = samples.timestamps.iter().filter(|t| **t >= range.0 && **t <= range.1);
        assert_eq!(found.timestamps, inside.copied().collect::<Vec<_>>(), "INV-16: {labels}");
        let at = samples.timestamps.partition_point(|t| *t < range.0);
        let values = found.values.iter().zip(&samples.values[at..]);
        assert!(values.clone().all(|(a, b)| a.to_bits() == b.to_bits()), "INV-16: {labels}");
    }
    assert_eq!(packed.verify().unwrap(), (vec![], 0));
}

#[test]
fn staleness_markers_are_found_without_the_other_values() {
    let series = histograms(&mut SimRng::new(72), 3, 600);
    let segment = write(&vfs(), &series, Effort::Cold);
    let index = segment.index().unwrap();
    let mut scratch = Scratch::of_presence();
    for (ordinal, (labels, samples)) in (0..).zip(&series) {
        let (found, losses) = read(&segment, &index, (ordinal, ALL), &mut scratch);
        assert_eq!((losses.blocks, &found.timestamps), (0, &samples.timestamps), "{labels}");
        let stale =
            |s: &SampleBuf| s.values.iter().map(|v| model::is_stale(*v)).collect::<Vec<_>>();
        assert_eq!(stale(&found), stale(samples), "{labels}");
    }
}

/// Every bound is one more block of a chain.
#[test]
fn a_histogram_of_very_many_buckets_has_chains_of_bounded_length() {
    let mut random = SimRng::new(73);
    let mut series = Series::new();
    let mut columns = vec![SampleBuf::default(); 100];
    let mut counts = [0; 100];
    for row in 0..300 {
        let mut sum = 0;
        for (count, column) in counts.iter_mut().zip(&mut columns) {
            sum += random.below(5);
            *count += sum;
            column.push(row * 1000, *count as f64);
        }
    }
    for (bound, column) in (100..).zip(columns) {
        let bound = format!("{bound}");
        series.push((Labels::from_pairs([("__name__", "b"), ("le", &bound)]), column));
    }
    let segment = write(&vfs(), &series, Effort::Cold);
    let index = segment.index().unwrap();
    let (number, longest) = references(&segment, &index);
    assert_eq!(longest, super::CHAIN_MAX);
    assert!(number >= 95, "{number}");
    for (ordinal, (labels, samples)) in (0..100).zip(&series).rev() {
        let (found, losses) = read(&segment, &index, (ordinal, ALL), &mut Scratch::default());
        assert!(losses.blocks == 0 && same(&found, samples), "{labels}");
    }
}

#[test]
fn inv_16_damage_costs_what_lies_there_and_what_refers_to_it() {
    let series = histograms(&mut SimRng::new(74), 40, 700);
    let disk = vfs();
    let segment = write(&disk, &series, Effort::Cold);
    let number = segment.numbers(PageKind::Blocks).nth(1).unwrap();
    let (offset, len) = segment.place_of_page(number).unwrap();
    disk.flip_bit(Path::new(PATH), offset + u64::from(len) / 2, 3).unwrap();
    let segment = open(&disk);
    let index = segment.index().unwrap();
    let (mut lost, mut whole) = (0, 0);
    for (ordinal, (labels, samples)) in (0_u32..).zip(&series) {
        let (found, losses) = read(&segment, &index, (ordinal, ALL), &mut Scratch::default());
        lost += losses.blocks;
        if losses.blocks == 0 {
            assert!(same(&found, samples), "INV-16: {labels}");
            whole += 1;
        }
    }
    assert!(lost > 0 && whole > series.len() / 8, "{lost} lost, {whole} whole");
    assert_eq!(segment.verify().unwrap(), (vec![number], lost));
}

/// A block that refers to itself, to one behind it, to nothing or to one of another kind.
#[test]
fn inv_16_references_that_cannot_be_are_left_out() {
    let rows = 60;
    let values: Vec<f64> = (0..60).map(|i| f64::from(i * i * i % 10_007)).collect();
    let times: Vec<i64> = (0..60).collect();
    let mut root = Vec::new();
    let integers = block::encode_above(&times, &values, None, &mut root).unwrap();
    let mut constant = Vec::new();
    block::encode_above(&times, &vec![1.0; rows], None, &mut constant);
    let refer = |place: Place| {
        let upper: Vec<f64> = values.iter().zip(0..).map(|(v, i)| v + f64::from(i % 3)).collect();
        let mut bytes = Vec::new();
        block::encode_above(&times, &upper, Some((&integers, place)), &mut bytes);
        assert_eq!(block::below(&bytes, rows).unwrap(), Some(place));
        bytes
    };
    let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
    let (first, second) = (len(&root), len(&root) + len(&constant));
    let place = |offset: u32, len: u32| Place { page: 0, offset, len };
    for (below, right) in [
        (place(0, first), true),
        (place(0, first - 1), false),
        (place(first, len(&constant)), false),
        (place(second, 30), false),
        (place(60_000, 30), false),
        (Place { page: 9, offset: 0, len: 9 }, false),
    ] {
        let last = refer(below);
        let page = [&root[..], &constant, &last].concat();
        let disk = vfs();
        let mut writer = crate::segment::PageWriter::create(
            &disk,
            Path::new(PATH),
            crate::segment::pages::SEGMENT_VERSION,
        )
        .unwrap();
        writer.put(PageKind::Blocks, &page).unwrap();
        let mut summary = Vec::new();
        crate::segment::Summary::default().encode(&mut summary);
        writer.put(PageKind::Summary, &summary).unwrap();
        writer.finish().unwrap();
        let found =
            open(&disk).integers(0, place(second, len(&last)), rows, &mut Scratch::default());
        assert_eq!(found.is_ok(), right, "INV-16: {below:?}: {found:?}");
    }
}

/// Lines as `packed.txt` has them: labels, then timestamps and patterns.
fn lines(segment: &Segment) -> String {
    let index = segment.index().unwrap();
    let mut scratch = Scratch::default();
    let mut lines = Vec::new();
    for ordinal in 0..index.directory().series() {
        let (found, losses) = read(segment, &index, (ordinal, ALL), &mut scratch);
        assert_eq!(losses.blocks, 0);
        let mut sum = 0_u64;
        for (at, value) in found.timestamps.iter().zip(&found.values) {
            sum = sum.rotate_left(7) ^ at.cast_unsigned() ^ value.to_bits();
        }
        let place = index.directory().place(ordinal);
        let labels = index.labels(&segment.series(&index, place).unwrap(), ordinal);
        lines.push(format!("{labels} {} samples {sum:016x}\n", found.len()));
    }
    lines.concat()
}

#[test]
fn packed_segments_of_version_1_are_read() {
    if std::env::var_os("FLYBALL_WRITE_FIXTURES").is_some() {
        let disk = vfs();
        let mut series = histograms(&mut SimRng::new(75), 2, 500);
        let mut random = SimRng::new(76);
        let mut ratio = SampleBuf::default();
        (0..500).for_each(|row| ratio.push(row, random.below(1 << 53) as f64 / 1e16));
        series.push((Labels::from_pairs([("__name__", "used_ratio")]), ratio));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/segment/differences");
        let segment = write(&disk, &series, Effort::Cold);
        std::fs::write(folder.join("packed.txt"), lines(&segment)).unwrap();
        disk.edit(Path::new(PATH), |bytes| {
            std::fs::write(folder.join("packed.seg"), &*bytes).unwrap();
        })
        .unwrap();
    }
    let disk = vfs();
    disk.replace(Path::new(PATH), include_bytes!("packed.seg")).unwrap();
    let segment = open(&disk);
    let index = segment.index().unwrap();
    assert!(references(&segment, &index).0 > 5);
    assert_eq!(lines(&segment), include_str!("packed.txt"));
    assert_eq!(segment.verify().unwrap(), (vec![], 0));
}
