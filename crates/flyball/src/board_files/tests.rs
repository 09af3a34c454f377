use super::*;
use sys::sim::SimVfs;

const GOOD: &str = r#"{"title": "Load", "panels": []}"#;

#[test]
fn a_bad_file_costs_only_itself_and_changes_are_seen() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("boards");
    fs::create_dir_all(root.join("Team A")).unwrap();
    fs::create_dir_all(root.join("..data")).unwrap();
    fs::write(root.join("Team A/load.json"), GOOD).unwrap();
    fs::write(root.join("bad.json"), "{").unwrap();
    fs::write(root.join("..data/load.json"), GOOD).unwrap();
    fs::write(root.join("notes.txt"), "no dashboard").unwrap();
    let (library, _) = Library::open(Arc::new(SimVfs::new(1)), Path::new("/kept")).unwrap();
    let files = BoardFiles::new(Arc::new(library));
    files.configure(vec![root.display().to_string()]);
    let found = files.library.get("load", "").unwrap();
    assert_eq!(found.summary.folder, "team-a");
    let troubles = files.library.troubles();
    assert_eq!(troubles.len(), 1);
    assert!(troubles[0].message.starts_with("the dashboard is no JSON"), "{troubles:?}");

    fs::write(root.join("bad.json"), r#"{"title": "Good again", "panels": []}"#).unwrap();
    fs::remove_file(root.join("Team A/load.json")).unwrap();
    files.look(&mut files.state.lock().unwrap(), false);
    assert!(files.library.get("good-again", "").is_ok());
    assert!(files.library.get("load", "").is_err());
    assert_eq!(files.library.troubles(), []);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let found = files(&["/nowhere/boards".to_owned()]);
    assert_eq!(found[0].content, Err("cannot read the file: no such file or directory".to_owned()));
}
