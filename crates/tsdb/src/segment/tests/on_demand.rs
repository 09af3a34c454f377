//! Pages of series that come when they are needed: which ones do, and what becomes of damage that
//! shows late, of a cache that holds less than the index, and of many readers at once.

use super::*;

fn open_with(disk: &SimVfs, cache_bytes: usize) -> Segment {
    Segment::open(disk, &path(), 1, &Arc::new(BlockCache::new(cache_bytes))).unwrap()
}

/// Three metrics of 4000 series each on several pages: every second series has one name more, so
/// that none is written by its differences.
fn written(disk: &SimVfs) -> Vec<(Labels, SampleBuf)> {
    let series = (0..12_000_u32).map(|n| {
        let mut pairs: Vec<_> =
            ('a'..='f').map(|name| (name.to_string(), "x".to_owned())).collect();
        pairs.push(("__name__".to_owned(), format!("metric_{}", n / 4000)));
        pairs.push(("n".to_owned(), format!("{n:06}")));
        pairs.extend((n % 2 == 1).then(|| ("z".to_owned(), "x".to_owned())));
        let mut samples = SampleBuf::default();
        samples.push(i64::from(n % 3), f64::from(n));
        (Labels::from_pairs(pairs), samples)
    });
    let series: Vec<_> = series.collect();
    assert!(write(disk, &series).numbers(PageKind::Series).count() >= 4, "several pages");
    series
}

fn of_metric(index: &SegmentIndex, metric: &str) -> Vec<u32> {
    resolve(index, &[Matcher::equal("__name__", metric)])
}

fn places(index: &OpenIndex) -> Vec<usize> {
    (0..index.pages.len()).filter(|place| index.pages[*place].is_some()).collect()
}

#[test]
fn a_question_brings_the_pages_of_its_series_and_no_others() {
    let disk = vfs();
    let series = written(&disk);
    let segment = open_with(&disk, 16 << 20);
    let mut index = OpenIndex::new(segment.index().unwrap());
    let alone = segment.cache.bytes();
    let last = index.index().directory().len() - 1;
    index.bring(&segment, &[]).unwrap();
    assert_eq!((places(&index), segment.cache.bytes()), (vec![], alone));
    index.bring(&segment, &[11_999]).unwrap();
    assert_eq!(places(&index), [last]);
    assert_eq!(index.labels(11_999), series[11_999].0);
    let one_page = segment.cache.bytes() - alone;
    assert!(one_page > 4 << 10, "{one_page} bytes");
    index.bring(&segment, &[0, 11_999]).unwrap();
    assert_eq!(places(&index), [0, last]);
    let found = of_metric(index.index(), "metric_1");
    assert_eq!(found, (4000..8000).collect::<Vec<_>>());
    index.bring(&segment, &found).unwrap();
    for ordinal in found {
        assert_eq!(index.labels(ordinal), series[ordinal as usize].0, "INV-16");
    }
    assert!(segment.cache.bytes() > alone + one_page);
}

/// The index was whole when it was read first; then a page of series rots.
#[test]
fn inv_16_damage_that_shows_late_makes_the_segment_unusable() {
    let disk = vfs();
    let series = written(&disk);
    for cache_bytes in [0, 16 << 20] {
        let segment = open_with(&disk, cache_bytes);
        let mut early = OpenIndex::new(segment.index().unwrap());
        early.bring(&segment, &[0, 11_999]).unwrap();
        let number = segment.numbers(PageKind::Series).nth(1).unwrap();
        let (offset, len) = segment.place_of_page(number).unwrap();
        let flip = || disk.flip_bit(&path(), offset + u64::from(len / 2), 3).unwrap();
        flip();
        let index = segment.index();
        if cache_bytes == 0 {
            assert_eq!(index.err().unwrap().kind(), DbErrorKind::Corrupt, "read as a whole again");
        } else {
            let mut index = OpenIndex::new(index.unwrap());
            index.bring(&segment, &[0, 11_999]).unwrap();
            assert!(!segment.is_unusable(), "what is asked for is whole");
            let second = index.index().directory().range(1).start;
            let second = u32::try_from(second).unwrap();
            let error = index.bring(&segment, &[0, second, 11_999]).unwrap_err();
            assert_eq!(error.kind(), DbErrorKind::Corrupt);
        }
        assert!(segment.is_unusable(), "INV-16");
        assert_eq!(segment.damaged_pages(), [number]);
        for ordinal in [0, 11_999] {
            assert_eq!(early.labels(ordinal), series[ordinal as usize].0, "INV-20: it was brought");
        }
        flip();
    }
}

/// A page with the checksum of its bytes that is not the one the index was read with.
#[test]
fn inv_16_a_page_of_other_series_is_damage() {
    let disk = vfs();
    written(&disk);
    let segment = open_with(&disk, 16 << 20);
    let index = segment.index().unwrap();
    let pages: Vec<Vec<u8>> = segment
        .numbers(PageKind::Series)
        .map(|number| segment.reader.read(number).unwrap())
        .collect();
    assert!(index.series(1, &pages[1]).is_ok());
    let wrong = |place: usize, page: &[u8]| index.series(place, page).unwrap_err().what;
    assert_eq!(wrong(1, &pages[2]), "series pages do not follow each other");
    let mut shorter = Vec::new();
    put_varint(&mut shorter, 0);
    put_varint(&mut shorter, 0);
    assert_eq!(wrong(0, &shorter), "page of series changed its length");
}

#[test]
fn what_the_disk_cannot_read_now_does_not_make_the_segment_unusable() {
    let disk = vfs();
    let series = written(&disk);
    let segment = open_with(&disk, 0);
    let mut index = OpenIndex::new(segment.index().unwrap());
    disk.fail(OpKind::Read, 0, 1, 5);
    assert!(index.bring(&segment, &[7]).is_err() && !segment.is_unusable());
    index.bring(&segment, &[7]).unwrap();
    assert_eq!(index.labels(7), series[7].0);
}

#[test]
fn inv_16_a_cache_smaller_than_the_index_changes_no_answer() {
    let disk = vfs();
    let series = written(&disk);
    for cache_bytes in [0, 1000, 200_000, 700_000] {
        let segment = open_with(&disk, cache_bytes);
        for metric in ["metric_2", "metric_0", "metric_1", "metric_0", "metric_9"] {
            let mut index = OpenIndex::new(segment.index().unwrap());
            let found = of_metric(index.index(), metric);
            index.bring(&segment, &found).unwrap();
            let want = (0_u32..).zip(&series).filter(|(_, (l, _))| l.metric_name() == Some(metric));
            let want: Vec<_> =
                want.map(|(ordinal, (labels, _))| (ordinal, labels.clone())).collect();
            let labelled: Vec<_> = found.iter().map(|one| (*one, index.labels(*one))).collect();
            assert!(labelled == want, "INV-16: {metric} with {cache_bytes} bytes");
            let passed = segment.cache.bytes().saturating_sub(cache_bytes);
            assert!(passed < 200_000, "{passed} bytes above its bound, more than a page");
        }
    }
}

#[test]
fn many_readers_bring_pages_at_once() {
    let disk = vfs();
    let series = written(&disk);
    for cache_bytes in [0, 300_000, 16 << 20] {
        let segment = open_with(&disk, cache_bytes);
        std::thread::scope(|scope| {
            for reader in 0..4_u32 {
                let (segment, series) = (&segment, &series);
                scope.spawn(move || {
                    let mut index = OpenIndex::new(segment.index().unwrap());
                    for round in 0..10 {
                        let step = 500 + 37 * reader + round;
                        let ordinals: Vec<u32> = (reader..12_000).step_by(step as usize).collect();
                        index.bring(segment, &ordinals).unwrap();
                        for one in ordinals {
                            assert_eq!(index.labels(one), series[one as usize].0, "INV-16");
                        }
                    }
                });
            }
        });
    }
}

#[test]
fn inv_16_a_damaged_page_of_the_index_shows_before_anything_is_used() {
    for kind in [PageKind::Symbols, PageKind::TimeEntries, PageKind::Series, PageKind::Postings] {
        let disk = vfs();
        written(&disk);
        let segment = open_with(&disk, 16 << 20);
        let last = segment.numbers(kind).last().unwrap();
        let (offset, len) = segment.place_of_page(last).unwrap();
        disk.flip_bit(&path(), offset + u64::from(len / 2), 3).unwrap();
        let error = segment.index().err().unwrap();
        assert_eq!(error.kind(), DbErrorKind::Corrupt, "{kind:?}");
        assert!(segment.is_unusable(), "INV-16: {kind:?}");
        assert_eq!((segment.damaged_pages(), segment.cache.bytes()), (vec![last], 0), "{kind:?}");
    }
}
