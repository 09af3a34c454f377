//! Builds the page in `web/` with npm and Vite, inside `OUT_DIR` so that the sources stay as they
//! are. `FLYBALL_UI=off` leaves it out, `required` fails without it, `auto` (the default) falls
//! back to the small page in `assets/` and says so.

use std::ffi::OsStr;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the build reads of `web/`.
const SOURCES: &[&str] = &[
    "index.html",
    "package.json",
    "package-lock.json",
    "public",
    "src",
    "tsconfig.json",
    "vite.config.ts",
];

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-env-changed=FLYBALL_UI");
    println!("cargo:rerun-if-changed=build.rs");
    for source in SOURCES {
        println!("cargo:rerun-if-changed=web/{source}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let page = Page { web: out.join("web"), dist: out.join("dist") };
    // What an earlier build left must never be taken for the result of this one.
    remove(&page.dist)?;
    let wish = env::var("FLYBALL_UI").unwrap_or_default();
    let built = match wish.as_str() {
        "off" => Err("FLYBALL_UI=off".to_owned()),
        "" | "auto" | "required" => page.build(),
        other => return Err(format!("FLYBALL_UI={other}: expected auto, required or off")),
    };
    if let Err(why) = &built {
        if wish == "required" {
            return Err(format!("the page cannot be built: {why}"));
        }
        if wish != "off" {
            let why = why.replace('\n', " ");
            println!("cargo:warning=the small page is embedded instead of the whole one: {why}");
            println!("cargo:warning=install Node 20.19 or later with npm, or set FLYBALL_UI=off");
        }
    }
    let files = if built.is_ok() { page.files()? } else { Vec::new() };
    write(&out.join("built.rs"), &listing(&files))
}

/// Where the page is built.
struct Page {
    web: PathBuf,
    dist: PathBuf,
}

impl Page {
    fn build(&self) -> Result<(), String> {
        self.copy_sources()?;
        self.install()?;
        let vite = self.web.join("node_modules/vite/bin/vite.js");
        let mut command = Command::new("node");
        command.arg(vite).args(["build", "--emptyOutDir", "--outDir"]).arg(&self.dist);
        self.run(&mut command)
    }

    fn copy_sources(&self) -> Result<(), String> {
        fs::create_dir_all(&self.web)
            .map_err(|error| format!("{}: {error}", self.web.display()))?;
        for source in SOURCES {
            let to = self.web.join(source);
            remove(&to)?;
            copy(&Path::new("web").join(source), &to)?;
        }
        Ok(())
    }

    /// Installs the packages of the lock file, unless they are there already.
    fn install(&self) -> Result<(), String> {
        let lock = read(&self.web.join("package-lock.json"))?;
        let stamp = self.web.join("node_modules/.installed");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
            return Ok(());
        }
        let mut command = Command::new("npm");
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]);
        self.run(&mut command)?;
        write(&stamp, &lock)
    }

    fn run(&self, command: &mut Command) -> Result<(), String> {
        // Set to `production`, it would leave out the packages that build.
        let shown = format!("{command:?}");
        let output = command.current_dir(&self.web).env_remove("NODE_ENV").output();
        let output = output.map_err(|error| format!("{shown}: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(format!("{shown} ended with {}: {said}", output.status))
    }

    /// Paths of the built files below `dist`, in order.
    fn files(&self) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let mut folders = vec![self.dist.clone()];
        while let Some(folder) = folders.pop() {
            for path in entries(&folder)? {
                let name = path.strip_prefix(&self.dist).map_err(|error| error.to_string())?;
                // `.vite` holds the list of chunks, which only tests read.
                if path.is_dir() && name != Path::new(".vite") {
                    folders.push(path);
                } else if path.is_file() {
                    found.push(name.to_str().ok_or("a file name is not UTF-8")?.to_owned());
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Rust that embeds the files, each with its compressed forms.
fn listing(files: &[String]) -> String {
    let bytes =
        |name: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/dist/{name}\"))");
    let mut out = String::from("&[\n");
    for name in files.iter().filter(|name| !is_compressed(name)) {
        let form = |ending: &str| {
            let compressed = format!("{name}.{ending}");
            let known = files.contains(&compressed);
            if known { format!("Some({})", bytes(&compressed)) } else { "None".to_owned() }
        };
        let (gzip, brotli) = (form("gz"), form("br"));
        let plain = bytes(name);
        writeln!(out, "File {{ path: {name:?}, bytes: {plain}, gzip: {gzip}, brotli: {brotli} }},")
            .expect("a String takes every text");
    }
    out + "]\n"
}

fn is_compressed(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "gz" || ending == "br")
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if from.file_name() == Some(OsStr::new("node_modules")) {
        return Ok(());
    }
    if !from.is_dir() {
        let copied = fs::copy(from, to);
        return copied.map(drop).map_err(|error| format!("{}: {error}", from.display()));
    }
    fs::create_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    for path in entries(from)? {
        let name = path.file_name().ok_or("an entry of a folder has a name")?;
        copy(&path, &to.join(name))?;
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    let listed = fs::read_dir(folder).map_err(failed)?;
    listed.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

fn remove(path: &Path) -> Result<(), String> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
