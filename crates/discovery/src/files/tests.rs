use super::{FILE_BYTES_MAX, FILES_MAX, FileSet};
use config::FileSdConfig;
use std::path::Path;
use std::time::Duration;
use sys::Vfs;
use sys::sim::SimVfs;

const GOOD: &str = r#"[{"targets": ["a:1", "b:2"], "labels": {"env": "prod"}}]"#;

fn world() -> SimVfs {
    let vfs = SimVfs::new(1);
    vfs.create_dir_all(Path::new("/sd")).unwrap();
    vfs
}

fn set(patterns: &[&str]) -> FileSet {
    let files = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    FileSet::new(&FileSdConfig { files, refresh_interval: Duration::from_mins(5) })
}

fn write(vfs: &SimVfs, path: &str, text: &str) {
    vfs.replace(Path::new(path), text.as_bytes()).unwrap();
}

fn shown(set: &FileSet) -> Vec<String> {
    let group = |group: &crate::Group| {
        let targets: Vec<_> = group.targets.iter().map(ToString::to_string).collect();
        format!("{} {} {}", group.source, targets.join(" "), group.labels)
    };
    set.groups().map(group).collect()
}

#[test]
fn groups_carry_their_file_and_position() {
    let vfs = world();
    let mut set = set(&["/sd/*.json"]);
    assert!(!set.refresh(&vfs), "nothing there");
    write(&vfs, "/sd/x.json", GOOD);
    write(&vfs, "/sd/y.txt", GOOD);
    assert!(set.refresh(&vfs));
    assert_eq!(
        shown(&set),
        [
            r#"/sd/x.json:0 {__address__="a:1"} {__address__="b:2"} {__meta_filepath="/sd/x.json", env="prod"}"#
        ]
    );
    assert!(!set.refresh(&vfs), "nothing changed");
}

#[test]
fn a_bad_file_keeps_its_targets_and_is_reported_until_it_is_good() {
    let vfs = world();
    let mut set = set(&["/sd/x.json"]);
    write(&vfs, "/sd/x.json", GOOD);
    set.refresh(&vfs);
    let before = shown(&set);
    write(&vfs, "/sd/x.json", "[{");
    assert!(set.refresh(&vfs), "the fault is news");
    assert_eq!(shown(&set), before);
    assert_eq!(set.faults()[0].source, "/sd/x.json");
    assert!(!set.refresh(&vfs));
    vfs.replace(Path::new("/sd/x.json"), b"\xff").unwrap();
    assert!(set.refresh(&vfs), "another fault");
    assert!(set.faults()[0].message.contains("byte 0xff found, expected UTF-8"));
    write(&vfs, "/sd/x.json", GOOD);
    assert!(set.refresh(&vfs));
    assert!(set.faults().is_empty());
    assert_eq!(shown(&set), before);
}

#[test]
fn a_file_that_is_gone_takes_its_targets_with_it() {
    let vfs = world();
    let mut set = set(&["/sd/*.json", "/sd/x.*", "/missing/*.json"]);
    write(&vfs, "/sd/x.json", GOOD);
    set.refresh(&vfs);
    assert_eq!(shown(&set).len(), 1, "two patterns, one file");
    vfs.remove_file(Path::new("/sd/x.json")).unwrap();
    assert!(set.refresh(&vfs));
    assert!(shown(&set).is_empty());
    assert!(set.faults().is_empty());
}

#[test]
fn an_empty_list_is_good() {
    let vfs = world();
    let mut set = set(&["/sd/x.json"]);
    write(&vfs, "/sd/x.json", GOOD);
    set.refresh(&vfs);
    write(&vfs, "/sd/x.json", "[]");
    assert!(set.refresh(&vfs));
    assert!(shown(&set).is_empty() && set.faults().is_empty());
}

#[test]
fn files_and_their_length_are_bounded() {
    let vfs = world();
    for file in 0..=FILES_MAX {
        write(&vfs, &format!("/sd/{file}.json"), "[]");
    }
    let mut many = set(&["/sd/*.json"]);
    assert!(many.refresh(&vfs));
    assert_eq!(many.faults().len(), 1);
    assert_eq!(many.faults()[0].message, "10001 files match, at most 10000 are read");
    vfs.remove_file(Path::new("/sd/10000.json")).unwrap();
    assert!(many.refresh(&vfs));
    assert!(many.faults().is_empty(), "as many as allowed");
    write(&vfs, "/sd/z.json", GOOD);
    many.refresh(&vfs);
    assert!(shown(&many).is_empty(), "the last in order is not read");
    let long = "x".repeat(usize::try_from(FILE_BYTES_MAX).unwrap() + 1);
    write(&vfs, "/sd/long.yml", &long);
    let mut one = set(&["/sd/long.yml"]);
    assert!(one.refresh(&vfs));
    assert!(one.faults()[0].message.starts_with("cannot read: "), "{}", one.faults()[0].message);
}

#[test]
fn files_come_in_the_order_of_their_names_and_once() {
    let vfs = world();
    for file in ["b", "a", "c"] {
        write(&vfs, &format!("/sd/{file}.json"), r#"[{"targets": ["x:1"]}]"#);
    }
    let mut set = set(&["/sd/[bc].json", "/sd/*.json"]);
    set.refresh(&vfs);
    let sources: Vec<&str> = set.groups().map(|group| group.source.as_str()).collect();
    assert_eq!(sources, ["/sd/a.json:0", "/sd/b.json:0", "/sd/c.json:0"]);
}

#[test]
fn a_directory_that_cannot_be_listed_is_a_fault_and_one_that_is_missing_is_none() {
    let vfs = world();
    write(&vfs, "/sd/file", "");
    let mut set = set(&["/sd/file/*.json", "/missing/*.json"]);
    assert!(set.refresh(&vfs));
    let faults: Vec<&str> = set.faults().iter().map(|fault| fault.source.as_str()).collect();
    assert_eq!(faults, ["/sd/file/*.json"]);
    assert!(set.faults()[0].message.starts_with("cannot list the directory: "));
}

#[test]
fn directories_are_no_files_and_a_bare_name_is_in_the_working_directory() {
    let vfs = world();
    vfs.create_dir_all(Path::new("/sd/dir.json")).unwrap();
    vfs.replace(Path::new("bare.json"), GOOD.as_bytes()).unwrap();
    let mut set = set(&["/sd/*.json", "*.json"]);
    assert!(set.refresh(&vfs));
    assert!(set.faults().is_empty(), "{:?}", set.faults());
    assert!(shown(&set)[0].starts_with("bare.json:0 "));
}

#[test]
fn a_file_without_targets_that_goes_is_no_news() {
    let vfs = world();
    let mut set = set(&["/sd/*.json"]);
    write(&vfs, "/sd/x.json", "[]");
    set.refresh(&vfs);
    vfs.remove_file(Path::new("/sd/x.json")).unwrap();
    assert!(!set.refresh(&vfs));
}
