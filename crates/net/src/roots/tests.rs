use super::{BUNDLE_BYTES_MAX, BUNDLES, system};
use std::path::Path;
use sys::Vfs as _;
use sys::sim::SimVfs;

#[test]
fn a_bundle_beyond_its_bound_is_passed_over() {
    let pem = rcgen::generate_simple_self_signed(vec!["a".into()]).unwrap().cert.pem();
    let vfs = SimVfs::new(1);
    let path = Path::new(BUNDLES[0]);
    vfs.create_dir_all(path.parent().unwrap()).unwrap();
    vfs.create(path).unwrap();
    vfs.edit(path, |bytes| bytes.extend_from_slice(pem.as_bytes())).unwrap();
    assert_eq!(system(&vfs, None).unwrap().0.len(), 1);
    let beyond = usize::try_from(BUNDLE_BYTES_MAX).unwrap() + 1;
    vfs.edit(path, |bytes| bytes.resize(beyond, b'\n')).unwrap();
    assert_eq!(system(&vfs, None).unwrap().0.len(), webpki_roots::TLS_SERVER_ROOTS.len());
}

#[test]
fn a_bundle_that_was_asked_for_must_be_there_and_a_guessed_one_need_not() {
    let vfs = SimVfs::new(1);
    assert!(system(&vfs, Some("/named.pem")).is_err());
    assert_eq!(system(&vfs, Some("")).unwrap().0.len(), webpki_roots::TLS_SERVER_ROOTS.len());
    let pem = rcgen::generate_simple_self_signed(vec!["a".into()]).unwrap().cert.pem();
    for path in BUNDLES.map(Path::new) {
        vfs.create_dir_all(path.parent().unwrap()).unwrap();
    }
    vfs.replace(Path::new(BUNDLES[0]), b"# no certificate at all\n").unwrap();
    vfs.replace(Path::new(BUNDLES[1]), pem.as_bytes()).unwrap();
    assert_eq!(system(&vfs, None).unwrap().0.len(), 1, "an empty bundle is passed over");
}
