//! Segments against a map of what was written; damage of every page; sharing of columns and blocks.

mod on_demand;

use super::*;
use crate::encoding::Effort;
use crate::encoding::tests::random_histogram;
use crate::postings::{Postings, resolve};
use model::{Labels, MatchOp, Matcher};
use sys::sim::{OpKind, SimRng, SimVfs};

const ALL: (i64, i64) = (i64::MIN, i64::MAX);

fn path() -> PathBuf {
    PathBuf::from("/s/0000000000000001.seg")
}

fn vfs() -> SimVfs {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(Path::new("/s")).unwrap();
    vfs
}

fn write(vfs: &SimVfs, series: &[(Labels, SampleBuf)]) -> Segment {
    write_with(vfs, series, Effort::Quick)
}

fn write_with(vfs: &SimVfs, series: &[(Labels, SampleBuf)], effort: Effort) -> Segment {
    let mut writer = SegmentWriter::create(vfs, &path(), effort).unwrap();
    for (labels, samples) in series {
        writer.add_series(labels, samples).unwrap();
    }
    let (summary, len) = writer.finish().unwrap();
    let segment = open(vfs).unwrap();
    assert_eq!((segment.summary, segment.bytes), (summary, len));
    segment
}

fn open(vfs: &SimVfs) -> DbResult<Segment> {
    Segment::open(vfs, &path(), 1, &Arc::new(BlockCache::new(1 << 20)))
}

fn same(a: &SampleBuf, b: &SampleBuf) -> bool {
    let bits = |s: &SampleBuf| s.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    let known = |s: &SampleBuf| s.starts.iter().any(|s| *s != 0);
    let histograms =
        a.histograms.iter().zip(&b.histograms).all(|(a, b)| a.0 == b.0 && a.1.bits_eq(&b.1));
    a.timestamps == b.timestamps
        && (known(a) == known(b) && (!known(a) || a.starts == b.starts))
        && a.histograms.len() == b.histograms.len()
        && histograms
        && bits(a) == bits(b)
}

fn random_series(random: &mut SimRng, count: usize, rows: i64) -> Vec<(Labels, SampleBuf)> {
    let mut series = Vec::new();
    for n in 0..count {
        let labels = Labels::from_pairs([
            ("__name__", format!("metric_{}", n % 7)),
            ("Zone", format!("z{}", n % 2)),
            ("instance", format!("host-{}", n / 7)),
        ]);
        let labels = if n % 11 == 0 { labels.without(|name| name == "__name__") } else { labels };
        let mut samples = SampleBuf::default();
        let kind = random.below(5);
        for row in 0..rows {
            if kind == 0 && random.below(3) == 0 {
                continue;
            }
            let at = 1_000_000 + row * 15_000;
            if kind == 1 && row / 40 % 2 == 1 {
                samples.push_histogram(at, Arc::new(random_histogram(random, false)));
            } else {
                samples.push(at, (row * 3) as f64);
            }
            if kind == 2 {
                samples.starts.push(if row < 5 { 0 } else { 500_000 });
            }
        }
        series.push((labels, samples));
    }
    series.sort_by(|a, b| series_order(&a.0, &b.0));
    series
}

impl Segment {
    /// The samples of a series within `range`.
    fn read(
        &self,
        index: &SegmentIndex,
        ordinal: u32,
        range: (i64, i64),
        into: &mut SampleBuf,
    ) -> Losses {
        let place = index.directory().place(ordinal);
        let Ok(table) = self.series(index, place) else { return Losses { blocks: u64::MAX } };
        self.read_of((index, &table), ordinal, range, into)
    }

    fn read_of(
        &self,
        (index, table): (&SegmentIndex, &SeriesTable),
        ordinal: u32,
        range: (i64, i64),
        into: &mut SampleBuf,
    ) -> Losses {
        let deleted = &Deleted::default();
        let part = SeriesPart { source: 0, index, table, ordinal, range, deleted };
        self.read_part(&part, &mut Scratch::default(), into)
    }

    fn labels(&self, index: &SegmentIndex, ordinal: u32) -> Labels {
        let place = index.directory().place(ordinal);
        index.labels(&self.series(index, place).unwrap(), ordinal)
    }
}

#[test]
fn inv_16_what_was_written_is_read_for_any_range() {
    let mut random = SimRng::new(21);
    let series = random_series(&mut random, 120, 1300);
    for effort in [Effort::Quick, Effort::Cold] {
        reads_the_same(&write_with(&vfs(), &series, effort), &series, &mut random);
    }
}

fn reads_the_same(segment: &Segment, series: &[(Labels, SampleBuf)], random: &mut SimRng) {
    let index = segment.index().unwrap();
    assert_eq!(index.directory().series() as usize, series.len());
    for (ordinal, (labels, samples)) in (0_u32..).zip(series) {
        assert_eq!(segment.labels(&index, ordinal), *labels);
        let mut found = SampleBuf::default();
        assert_eq!(segment.read(&index, ordinal, ALL, &mut found), Losses::default());
        assert!(same(&found, samples), "INV-16: {labels}");
        let from = random.below(25_000_000).cast_signed();
        let range = (from, from + random.below(4_000_000).cast_signed());
        let mut found = SampleBuf::default();
        segment.read(&index, ordinal, range, &mut found);
        let want: Vec<i64> =
            samples.timestamps.iter().copied().filter(|t| *t >= range.0 && *t <= range.1).collect();
        assert_eq!(found.timestamps, want, "INV-16: {labels}");
    }
}

/// A hostile sender chooses the size of histograms; a page has a bound.
#[test]
fn blocks_of_the_largest_histograms_fit_their_pages() {
    let mut random = SimRng::new(29);
    let mut samples = SampleBuf::default();
    for row in 0..70_i64 {
        let buckets: Vec<f64> =
            (0..16_384).map(|_| f64::from_bits(random.next_u64() >> 2)).collect();
        let spans = vec![model::Span { offset: 0, length: 16_384 }];
        let histogram = model::Histogram {
            positive_spans: spans.clone(),
            positive_buckets: buckets.clone(),
            negative_spans: spans,
            negative_buckets: buckets,
            ..model::Histogram::default()
        };
        samples.push_histogram(row, Arc::new(histogram));
    }
    let series = [(Labels::from_pairs([("a", "b")]), samples)];
    let segment = write(&vfs(), &series);
    let mut found = SampleBuf::default();
    let losses = segment.read(&segment.index().unwrap(), 0, ALL, &mut found);
    assert_eq!(losses, Losses::default());
    assert!(same(&found, &series[0].1));
}

#[test]
fn inv_12_postings_find_what_a_full_scan_finds() {
    let series = random_series(&mut SimRng::new(22), 90, 30);
    let segment = write(&vfs(), &series);
    let index = segment.index().unwrap();
    for (op, name, value) in [
        (MatchOp::Equal, "__name__", "metric_3"),
        (MatchOp::Equal, "__name__", ""),
        (MatchOp::NotEqual, "Zone", "z1"),
        (MatchOp::Regex, "instance", "host-1.*"),
        (MatchOp::NotRegex, "instance", "host-1|host-2"),
        (MatchOp::Equal, "absent", "x"),
    ] {
        let matcher = Matcher::new(op, name, value).unwrap();
        let want: Vec<u32> = (0_u32..)
            .zip(&series)
            .filter(|(_, (labels, _))| matcher.matches_labels(labels))
            .map(|(ordinal, _)| ordinal)
            .collect();
        assert_eq!(resolve(&*index, &[matcher]), want, "INV-12: {name} {value}");
    }
    assert_eq!(index.all().len(), series.len());
    assert_eq!(index.label_names(), ["Zone", "__name__", "instance"]);
    assert_eq!(index.label_values("Zone"), [("z0", 45), ("z1", 45)]);
}

#[test]
fn neighbours_share_timestamps_and_equal_blocks() {
    let mut series = Vec::new();
    let mut random = SimRng::new(23);
    let noise: Vec<f64> = (0..480).map(|_| f64::from_bits(random.next_u64() >> 12)).collect();
    for n in 0..200 {
        let labels = Labels::from_pairs([("__name__", "m"), ("n", &format!("{n:03}"))]);
        let mut samples = SampleBuf::default();
        for (i, value) in (0_i64..).zip(&noise) {
            samples.push(i * 15_000 + random_late(i), *value);
        }
        series.push((labels, samples));
    }
    let segment = write(&vfs(), &series);
    let index = segment.index().unwrap();
    assert_eq!(index.times.len(), 1);
    assert!(segment.bytes < 12_000, "200 equal series of 3.8 kB: {} bytes", segment.bytes);
}

fn random_late(row: i64) -> i64 {
    if row % 20 == 0 { row % 9 } else { 0 }
}

#[test]
fn an_index_costs_few_bytes_a_series() {
    let mut series = Vec::new();
    for metric in 0..100 {
        for instance in 0..100 {
            let labels = Labels::from_pairs([
                ("__name__", format!("some_metric_{metric:03}_total")),
                ("cluster", "production".to_owned()),
                ("instance", format!("10.0.{instance}.7:9100")),
                ("job", "node".to_owned()),
                ("pod", format!("web-{instance:02}-5d8f")),
            ]);
            let mut samples = SampleBuf::default();
            samples.push(1, 1.0);
            series.push((labels, samples));
        }
    }
    series.sort_by(|a, b| series_order(&a.0, &b.0));
    let segment = write(&vfs(), &series);
    let per_series = segment.bytes as f64 / series.len() as f64;
    assert!(per_series < 32.0, "{per_series} bytes a series, 10 of them the block");
}

#[test]
fn inv_16_a_damaged_page_costs_its_blocks_and_no_others() {
    let series = random_series(&mut SimRng::new(24), 300, 700);
    let disk = vfs();
    let segment = write(&disk, &series);
    let blocks: Vec<_> = (0_u32..).zip(segment.reader.pages()).map(|(n, p)| (n, *p)).collect();
    let (number, page) = *blocks.iter().find(|(_, p)| p.kind == PageKind::Blocks).unwrap();
    disk.flip_bit(&path(), page.offset + u64::from(page.len) / 2, 3).unwrap();
    let segment = open(&disk).unwrap();
    let index = segment.index().unwrap();
    let (mut lost, mut whole) = (0, 0);
    for (ordinal, (labels, samples)) in (0_u32..).zip(&series) {
        let mut found = SampleBuf::default();
        let losses = segment.read(&index, ordinal, ALL, &mut found);
        lost += losses.blocks;
        if losses.blocks == 0 {
            assert!(same(&found, samples), "INV-16: {labels}");
            whole += 1;
        }
    }
    assert!(lost > 0 && whole > series.len() / 2, "{lost} lost, {whole} whole");
    assert_eq!(segment.damaged_pages(), [number]);
    let (pages, blocks) = segment.verify().unwrap();
    assert_eq!((pages, blocks), (vec![number], lost));
}

#[test]
fn damage_anywhere_is_an_error_or_costs_blocks_and_never_panics() {
    let series = random_series(&mut SimRng::new(25), 40, 200);
    let disk = vfs();
    let len = write_with(&disk, &series, Effort::Cold).bytes;
    let mut random = SimRng::new(26);
    for round in 0..600 {
        let at = random.below(len);
        let bit = (random.below(8) & 7) as u8;
        disk.flip_bit(&path(), at, bit).unwrap();
        if let Ok(segment) = open(&disk)
            && let Ok(index) = segment.index()
        {
            for (ordinal, (_, samples)) in (0_u32..).zip(&series) {
                let mut found = SampleBuf::default();
                let losses = segment.read(&index, ordinal, ALL, &mut found);
                assert!(
                    losses.blocks > 0 || same(&found, samples),
                    "INV-16: round {round} at {at}"
                );
            }
        }
        disk.flip_bit(&path(), at, bit).unwrap();
    }
    let truncated = random.below(len);
    disk.edit(&path(), |bytes| bytes.truncate(usize::try_from(truncated).unwrap())).unwrap();
    assert!(open(&disk).is_err());
}

#[test]
fn an_index_from_damaged_sections_is_an_error_and_never_panics() {
    let series = random_series(&mut SimRng::new(27), 40, 20);
    let disk = vfs();
    let segment = write(&disk, &series);
    let section = |kind| -> Vec<Vec<u8>> {
        let pages = (0_u32..).zip(segment.reader.pages()).filter(|(_, page)| page.kind == kind);
        pages.map(|(number, _)| segment.reader.read(number).unwrap()).collect()
    };
    let sections = [PageKind::Symbols, PageKind::TimeEntries, PageKind::Series, PageKind::Postings]
        .map(|kind| section(kind).concat());
    let mut random = SimRng::new(28);
    for _ in 0..20_000 {
        let mut damaged = sections.clone();
        let which = usize::try_from(random.below(4)).unwrap();
        let section = &mut damaged[which];
        let at = usize::try_from(random.below(section.len() as u64)).unwrap();
        match random.below(3) {
            0 => section[at] ^= 1 << random.below(8),
            1 => section[at] = (random.next_u64() & 0xff) as u8,
            _ => section.truncate(at),
        }
        let [symbols, times, series, postings] = damaged;
        let mut directory = SeriesDirectory::default();
        if directory.push(0, &series).is_ok()
            && let Ok(index) = SegmentIndex::decode(&symbols, &times, directory, postings)
            && let Ok(table) = index.series(0, &series)
        {
            for ordinal in table.ordinals() {
                index.labels(&table, ordinal);
            }
        }
    }
}

#[test]
fn an_unfinished_segment_has_no_name() {
    let disk = vfs();
    let mut writer = SegmentWriter::create(&disk, &path(), Effort::Quick).unwrap();
    let mut samples = SampleBuf::default();
    samples.push(1, 1.0);
    writer.add_series(&Labels::from_pairs([("a", "b")]), &samples).unwrap();
    assert!(!disk.exists(&path()).unwrap());
    drop(writer);
    assert_eq!(disk.read_dir(Path::new("/s")).unwrap(), []);
}

#[test]
#[should_panic(expected = "INV-17")]
fn inv_17_series_out_of_order_stop_the_program() {
    let disk = vfs();
    let mut writer = SegmentWriter::create(&disk, &path(), Effort::Quick).unwrap();
    let mut samples = SampleBuf::default();
    samples.push(1, 1.0);
    for name in ["b", "a"] {
        writer.add_series(&Labels::from_pairs([("__name__", name)]), &samples).unwrap();
    }
}

#[test]
fn a_summary_with_bytes_left_over_is_damage() {
    let mut bytes = Vec::new();
    Summary::default().encode(&mut bytes);
    assert!(Summary::decode(&bytes).is_ok());
    bytes.push(0);
    assert!(Summary::decode(&bytes).is_err());
}

/// A series of two blocks, and its page.
fn two_blocks(disk: &SimVfs) -> (Segment, SegmentIndex, SeriesTable) {
    let mut samples = SampleBuf::default();
    (0..1000).for_each(|n| samples.push(i64::from(n), f64::from(n)));
    let segment = write(disk, &[(Labels::from_pairs([("a", "b")]), samples)]);
    let index = segment.load_index().unwrap();
    let table = segment.load_series(&index, 0).unwrap();
    assert_eq!(table.blocks(0).len(), 2);
    (segment, index, table)
}

#[test]
fn inv_16_blocks_that_cannot_be_are_left_out() {
    let disk = vfs();
    let (segment, index, table) = two_blocks(&disk);
    let [one, two] = [table.blocks(0)[0], table.blocks(0)[1]];
    let behind = BlockEntry { len: two.len + 1_000_000, ..two };
    for (blocks, left) in [([two, one], 480), ([one, one], 480), ([one, behind], 480)] {
        let mut changed = SeriesTable::default();
        changed.push_unlabelled();
        for block in &blocks {
            changed.push_block(*block, Presence::All);
        }
        let mut found = SampleBuf::default();
        let losses = segment.read_of((&index, &changed), 0, ALL, &mut found);
        let expected = if blocks[0] == two { 1000 - left } else { left };
        assert_eq!((losses.blocks, found.len()), (1, expected), "INV-16: {blocks:?}");
        assert!(found.timestamps.is_sorted_by(|a, b| a < b));
    }
}

#[test]
fn what_the_disk_cannot_read_now_is_no_damage() {
    let disk = vfs();
    let (segment, index, table) = two_blocks(&disk);
    let fail = || disk.fail(OpKind::Read, 0, 1, 5);
    fail();
    assert!(segment.index().is_err() && !segment.is_unusable());
    fail();
    assert_eq!(segment.read_of((&index, &table), 0, ALL, &mut SampleBuf::default()).blocks, 1);
    assert_eq!(segment.damaged_pages(), []);
    fail();
    assert!(segment.verify().is_err());
    assert_eq!(segment.read_of((&index, &table), 0, ALL, &mut SampleBuf::default()).blocks, 0);
}

#[test]
fn a_file_that_became_shorter_is_damaged() {
    let disk = vfs();
    let (segment, index, table) = two_blocks(&disk);
    disk.edit(&path(), |bytes| bytes.truncate(17)).unwrap();
    assert_eq!(segment.read_of((&index, &table), 0, ALL, &mut SampleBuf::default()).blocks, 2);
    assert!(!segment.damaged_pages().is_empty());
}

/// A segment with one column and one block of floats, and an index of one series on them.
fn one_column(disk: &SimVfs, column: &[i64]) -> (Segment, SegmentIndex, SeriesTable) {
    let (mut times, mut block, mut summary) = (Vec::new(), Vec::new(), Vec::new());
    ints::encode(column, Effort::Quick, &mut times);
    let values = vec![1.0; column.len()];
    block::encode(column, samples::ColumnRef::Floats(&values), &[], Effort::Quick, &mut block);
    Summary { series: 1, ..Summary::default() }.encode(&mut summary);
    let mut pages = PageWriter::create(disk, &path(), pages::SEGMENT_VERSION).unwrap();
    pages.put(PageKind::Times, &times).unwrap();
    pages.put(PageKind::Blocks, &block).unwrap();
    pages.put(PageKind::Summary, &summary).unwrap();
    pages.finish().unwrap();
    let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
    let (rows, last) = (u32::try_from(column.len()).unwrap(), column[column.len() - 1]);
    let (mut index, mut table) = (SegmentIndex::default(), SeriesTable::default());
    index.times = vec![index::TimeEntry {
        page: 0,
        offset: 0,
        len: len(&times),
        rows,
        first: column[0],
        last,
    }];
    table.push_unlabelled();
    let entry = BlockEntry { times: 0, page: 1, offset: 0, len: len(&block), presence: 0 };
    table.push_block(entry, Presence::All);
    (open(disk).unwrap(), index, table)
}

#[test]
fn inv_3_a_column_that_does_not_increase_is_left_out() {
    for (column, lost) in [([5, 6, 9], 0), ([5, 5, 9], 1), ([5, 8, 7], 1)] {
        let disk = vfs();
        let (segment, index, table) = one_column(&disk, &column);
        let mut found = SampleBuf::default();
        let losses = segment.read_of((&index, &table), 0, ALL, &mut found);
        assert_eq!((losses.blocks, found.len()), (lost, if lost > 0 { 0 } else { 3 }), "INV-3");
    }
}

/// A page that could not be written is an error of the segment, whatever is written after it.
#[test]
fn inv_16_no_failed_write_is_forgotten() {
    let mut random = SimRng::new(31);
    let mut samples = SampleBuf::default();
    for row in 0..3000_i64 {
        if row / 500 % 2 == 0 {
            samples.push(row, f64::from_bits(random.next_u64() >> 2));
        } else {
            samples.push_histogram(row, Arc::new(random_histogram(&mut random, false)));
        }
    }
    let labels = Labels::from_pairs([("a", "b")]);
    for pass in 0..1000 {
        let disk = vfs();
        disk.fail(OpKind::Write, pass, 1, 28);
        let written = SegmentWriter::create(&disk, &path(), Effort::Cold).and_then(|mut writer| {
            writer.add_series(&labels, &samples)?;
            writer.finish()
        });
        if written.is_ok() {
            let segment = open(&disk).unwrap();
            let mut found = SampleBuf::default();
            segment.read(&segment.index().unwrap(), 0, ALL, &mut found);
            assert!(same(&found, &samples), "INV-16: write {pass} failed, and nobody was told");
            assert!(pass > 5, "{pass}");
            return;
        }
    }
    panic!("the disk is good in the end");
}

/// Labels and samples of 15,000 series, in their order; they fill several pages.
fn many_series() -> Vec<(Labels, SampleBuf)> {
    let series = (0..15_000).map(|n| {
        let mut samples = SampleBuf::default();
        samples.push(n % 3, n as f64);
        let metric = format!("metric_{}", n / 5000);
        (Labels::from_pairs([("__name__", metric), ("n", format!("{n:06}"))]), samples)
    });
    series.collect()
}

#[test]
fn inv_17_series_come_page_by_page_in_their_order() {
    let disk = vfs();
    let series = many_series();
    let segment = write(&disk, &series);
    assert!(segment.numbers(PageKind::Series).count() > 1, "INV-17: over several pages");
    let mut pages = segment.series_pages().unwrap();
    let (mut scratch, deleted) = (Scratch::of_merge(), Deleted::default());
    for (ordinal, (labels, samples)) in (0_u32..).zip(&series) {
        assert_eq!(segment.labels_of(ordinal, &mut pages).unwrap().as_ref(), Some(labels));
        let (index, table) = pages.index();
        let part = SeriesPart { source: 0, index, table, ordinal, range: ALL, deleted: &deleted };
        let mut found = SampleBuf::default();
        scratch.begin();
        assert_eq!(segment.read_part(&part, &mut scratch, &mut found), Losses::default());
        assert!(same(&found, samples), "INV-17: {labels}");
    }
    assert_eq!(segment.labels_of(15_000, &mut pages).unwrap(), None);
    assert_eq!(segment.cache.bytes(), 0, "a merge leaves the common cache alone");
}

#[test]
fn inv_16_a_damaged_page_of_the_index_stops_a_merge_before_it_begins() {
    for kind in [PageKind::Symbols, PageKind::TimeEntries, PageKind::Series, PageKind::Postings] {
        let disk = vfs();
        let segment = write(&disk, &many_series());
        let last = segment.numbers(kind).last().unwrap();
        let (offset, len) = segment.place_of_page(last).unwrap();
        disk.flip_bit(&path(), offset + u64::from(len / 2), 3).unwrap();
        let error = segment.series_pages().err().unwrap();
        assert_eq!(error.kind(), DbErrorKind::Corrupt, "{kind:?}");
        assert!(segment.is_unusable(), "INV-16: {kind:?}");
        assert_eq!(segment.damaged_pages(), [last], "{kind:?}");
    }
}
