//! The files of the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the repository is.
pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Paths, from the root, of the files that are tracked or could be: not the ignored ones.
pub(super) fn paths() -> Vec<String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git lists the files of the repository");
    assert!(listed.status.success(), "git ls-files failed: {listed:?}");
    let mut paths: Vec<String> = String::from_utf8(listed.stdout)
        .expect("paths are UTF-8")
        .split_terminator('\0')
        .filter(|path| root().join(path).is_file())
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    assert!(
        paths.len() > 20,
        "the list of files is too short: {paths:?}"
    );
    paths
}

/// Path and text of every text file.
pub(super) fn texts() -> Vec<(String, String)> {
    paths()
        .into_iter()
        .filter_map(|path| {
            let bytes = std::fs::read(root().join(&path)).expect("a listed file can be read");
            Some((path, String::from_utf8(bytes).ok()?))
        })
        .collect()
}

/// Whether a path ends in an extension.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}

/// Asserts that a rule holds for every text file.
pub(super) fn assert_kept(violations: impl Fn(&str, &str) -> Vec<String>) {
    let found: Vec<String> = texts()
        .iter()
        .flat_map(|(path, text)| violations(path, text))
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}
