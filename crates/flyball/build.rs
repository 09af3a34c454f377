//! Facts of the build that the binary reports: commit, compiler, target.
//! Nothing here may fail a build: outside a checkout the commit is `unknown`.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for path in ["HEAD", "logs/HEAD"] {
        if let Some(path) = answer("git", &["rev-parse", "--git-path", path]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let unknown = || "unknown".to_owned();
    let revision = answer("git", &["rev-parse", "HEAD"]).unwrap_or_else(unknown);
    let branch = answer("git", &["branch", "--show-current"]).unwrap_or_else(unknown);
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let compiler = answer(&rustc, &["--version"]).unwrap_or_else(unknown);
    println!("cargo::rustc-env=FLYBALL_REVISION={revision}");
    println!("cargo::rustc-env=FLYBALL_BRANCH={branch}");
    println!("cargo::rustc-env=FLYBALL_COMPILER={compiler}");
    println!("cargo::rustc-env=FLYBALL_TARGET={}", std::env::var("TARGET").unwrap_or_default());
}

fn answer(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
