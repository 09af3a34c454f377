//! The files of the page: those in the binary, or with `--ui.dir` those of a folder, so that
//! somebody who works on the page sees a change without building the binary again.

use api::{PageAsset, PageFiles};
use bytes::Bytes;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Most bytes of a file of a folder.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// The page that a server shows.
pub(crate) fn page_files(folder: Option<&Path>) -> Arc<dyn PageFiles> {
    match folder {
        Some(folder) => Arc::new(Folder(folder.to_owned())),
        None => Arc::new(Embedded),
    }
}

struct Embedded;

impl PageFiles for Embedded {
    fn find(&self, path: &str) -> Option<PageAsset> {
        let asset = ui::asset(path)?;
        Some(PageAsset {
            bytes: Bytes::from_static(asset.bytes),
            gzip: asset.gzip.map(Bytes::from_static),
            brotli: asset.brotli.map(Bytes::from_static),
            content_type: asset.content_type,
            etag: asset.etag.clone(),
            is_immutable: asset.is_immutable,
        })
    }

    fn is_application(&self) -> bool {
        ui::IS_APPLICATION
    }
}

struct Folder(PathBuf);

impl PageFiles for Folder {
    fn find(&self, path: &str) -> Option<PageAsset> {
        let path = Path::new(path);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let file = self.0.join(path);
        let meta = fs::metadata(&file).ok().filter(fs::Metadata::is_file)?;
        if meta.len() > FILE_BYTES_MAX {
            tracing::warn!(file = %file.display(), "too large for a file of the page");
            return None;
        }
        let bytes = fs::read(&file).map_err(|error| {
            tracing::warn!(file = %file.display(), %error, "cannot read a file of the page");
        });
        let bytes = bytes.ok()?;
        let content_type = ui::content_type(file.to_str()?);
        let etag = ui::validator(&bytes);
        Some(PageAsset { bytes: bytes.into(), content_type, etag, ..PageAsset::default() })
    }

    fn is_application(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::page_files;

    #[test]
    fn a_folder_gives_its_files_and_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("dist");
        std::fs::create_dir_all(root.join("assets")).expect("made");
        std::fs::write(root.join("assets/a.js"), "let a;").expect("written");
        std::fs::write(folder.path().join("secret"), "x").expect("written");
        let page = page_files(Some(&root));
        let found = page.find("assets/a.js").expect("is there");
        assert_eq!(found.content_type, "text/javascript; charset=utf-8");
        assert_eq!(&found.bytes[..], b"let a;");
        assert!(!found.is_immutable, "it may change under its name");
        for absent in ["../secret", "assets", "", "/etc/hostname", "assets/../../secret", "b.js"] {
            assert!(page.find(absent).is_none(), "{absent}");
        }
    }
}
