use super::{FILE_BYTES_MAX, secret, secret_line, text};
use crate::ErrorKind;
use config::{SecretSource, TextSource};
use std::fs::File;
use sys::OsVfs;

#[test]
fn files_of_secrets_and_certificates_are_read_up_to_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file").to_str().unwrap().to_owned();
    let file = File::create(&path).unwrap();
    for (bytes, fits) in [(FILE_BYTES_MAX, true), (FILE_BYTES_MAX + 1, false)] {
        // A hole: it costs no disk.
        file.set_len(bytes).unwrap();
        let key = secret(&OsVfs, &SecretSource::File(path.clone()), "private key");
        let certificate = text(&OsVfs, &TextSource::File(path.clone()), "certificate");
        for (what, read) in [("private key", key), ("certificate", certificate)] {
            match read {
                Ok(read) => assert_eq!((read.len() as u64, true), (bytes, fits), "{what}"),
                Err(error) => {
                    assert_eq!((error.kind(), false), (ErrorKind::Config, fits), "{what}");
                    let expected = format!("cannot read {what} from {path:?}: ");
                    assert!(error.describe().starts_with(&expected), "{}", error.describe());
                }
            }
        }
    }
}

#[test]
fn a_secret_that_is_no_text_is_refused_unshown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, b"hidden\xff").unwrap();
    let source = SecretSource::File(path.to_str().unwrap().to_owned());
    let error = secret_line(&OsVfs, &source, "password").unwrap_err();
    assert_eq!(
        (error.kind(), error.describe().as_str()),
        (ErrorKind::Config, "password is not UTF-8")
    );
}
