//! Frames of files that cannot be: each field of header, footer and directory is checked by itself.

use super::*;
use sys::sim::SimVfs;

const FILE: &str = "/0000000000000001.seg";

/// The bytes of a file with one page of four bytes: header to 16, page to 20, directory, footer.
fn file() -> Vec<u8> {
    let vfs = SimVfs::new(1);
    let mut writer = PageWriter::create(&vfs, Path::new(FILE), SEGMENT_VERSION).unwrap();
    writer.put(PageKind::Summary, b"page").unwrap();
    writer.finish().unwrap();
    vfs.read(Path::new(FILE), 1000).unwrap()
}

/// What opening and reading a changed file complains about; both checksums around are made right.
fn complaint(change: impl Fn(&mut Vec<u8>)) -> String {
    let mut bytes = file();
    change(&mut bytes);
    let vfs = SimVfs::new(1);
    vfs.replace(Path::new(FILE), &bytes).unwrap();
    let read = PageReader::open(&vfs, Path::new(FILE)).and_then(|(reader, _)| reader.read(0));
    read.err().map_or_else(|| "none".into(), |error| error.to_string())
}

fn seal_footer(bytes: &mut [u8]) {
    let footer = bytes.len() - FOOTER_LEN;
    let crc = crc32c::crc32c(&bytes[footer..footer + 20]).to_le_bytes();
    bytes[footer + 20..footer + 24].copy_from_slice(&crc);
}

#[test]
fn every_field_of_the_frame_is_checked() {
    assert_eq!(complaint(|_| ()), "none");
    let check = |what: &str, change: fn(&mut Vec<u8>)| {
        let found = complaint(change);
        assert!(found.contains(what), "{found:?} found, {what:?} expected");
    };
    check("header damaged", |bytes| {
        bytes[0] ^= 1;
        let crc = crc32c::crc32c(&bytes[..12]).to_le_bytes();
        bytes[12..16].copy_from_slice(&crc);
    });
    check("header damaged", |bytes| bytes[12] ^= 1);
    check("footer damaged", |bytes| *bytes.last_mut().unwrap() ^= 1);
    check("footer damaged", |bytes| {
        let footer = bytes.len() - FOOTER_LEN;
        bytes[footer + 12] ^= 1;
    });
    check("newer flyball", |bytes| {
        let footer = bytes.len() - FOOTER_LEN;
        bytes[footer + 16] = 3;
        seal_footer(bytes);
    });
    check("version 0 found", |bytes| {
        let footer = bytes.len() - FOOTER_LEN;
        bytes[footer + 16] = 0;
        seal_footer(bytes);
    });
    check("directory does not end at the footer", |bytes| {
        let footer = bytes.len() - FOOTER_LEN;
        bytes[footer] += 1;
        seal_footer(bytes);
    });
    check("directory has a wrong checksum", |bytes| bytes[20] ^= 1);
    check("wrong checksum of a page", |bytes| bytes[16] ^= 1);
}

#[test]
fn directories_that_cannot_be() {
    let limit = "count above its limit";
    let outside = "page outside of the file";
    let cases: [(&[u8], &str); 7] = [
        (&[1, 1, 16, 4, 0, 0, 0, 0], "nothing"),
        (&[9], limit),
        (&[1, 99, 16, 4, 0, 0, 0, 0], "unknown kind of page"),
        (&[1, 1, 15, 4, 0, 0, 0, 0], outside),
        (&[1, 1, 17, 4, 0, 0, 0, 0], outside),
        (&[1, 1, 16, 0x81, 0x80, 0x80, 8, 0, 0, 0, 0], limit),
        (&[1, 1, 16, 4, 0, 0, 0, 0, 0], "bytes left over"),
    ];
    for (bytes, what) in cases {
        let found = decode_directory(bytes, 20).err().map_or("nothing", |damage| damage.what);
        assert_eq!(found, what, "{bytes:?}");
    }
}

#[test]
fn a_directory_is_bounded_and_ends_at_the_footer() {
    let longest = 64 << 20;
    assert!(is_directory_place(16, longest, 16 + u64::from(longest)));
    assert!(!is_directory_place(16, longest + 1, 17 + u64::from(longest)));
    assert!(!is_directory_place(16, 8, 23));
    assert!(!is_directory_place(16, 8, 25));
    assert!(!is_directory_place(u64::MAX, 1, 0), "an end beyond all numbers");
}
