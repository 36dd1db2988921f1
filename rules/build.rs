//! Lists the shipped rule files, so that a new one is embedded without being named anywhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut files = Vec::new();
    for folder in ["packs", "policies", "dictionaries"] {
        let path = root.join(folder);
        // Cargo watches a folder with everything in it; one that is not there
        // yet makes it look each time, which is right until it is.
        println!("cargo::rerun-if-changed={}", path.display());
        if path.is_dir() {
            collect(&path, folder, &mut files)?;
        }
    }
    files.sort();
    let mut table = String::from("pub(crate) static FILES: &[(&str, &str)] = &[\n");
    for (name, path) in &files {
        let path = path.display().to_string();
        // Writing to a string cannot fail.
        let _ = writeln!(table, "    ({name:?}, include_str!({path:?})),");
    }
    table.push_str("];\n");
    fs::write(out.join("embedded.rs"), table)
}

fn collect(folder: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(own) = path.file_name().and_then(|own| own.to_str()) else {
            continue;
        };
        let name = format!("{name}/{own}");
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else if own.ends_with(".yaml") || own.ends_with(".txt") {
            files.push((name, path));
        }
    }
    Ok(())
}
