//! Links in the documents lead somewhere.

use std::path::{Component, Path, PathBuf};

use super::tree::{has_extension, root, texts};

/// Links of a Markdown text to files of the repository that `exists` does not know.
fn link_violations(path: &str, text: &str, exists: &dyn Fn(&Path) -> bool) -> Vec<String> {
    if !has_extension(path, "md") {
        return Vec::new();
    }
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    targets(text)
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .filter_map(|target| {
            let file = target.split('#').next().unwrap_or(target);
            let broken = !file.is_empty() && !exists(&normal(&folder.join(file)));
            broken.then(|| format!("{path}: a link to `{target}`, which is not there"))
        })
        .collect()
}

/// What stands between the parentheses of `[text](target)`, without a title.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| {
        let target = rest.split_once(')')?.0;
        target.split_whitespace().next()
    })
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                normal.push(component);
            }
        }
    }
    normal
}

#[test]
fn links_lead_somewhere() {
    let found: Vec<String> = texts()
        .iter()
        .flat_map(|(path, text)| link_violations(path, text, &|file| root().join(file).exists()))
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_broken_link_is_found() {
    let exists = |file: &Path| file == Path::new("src/lib.rs");
    let text = "[a](../src/lib.rs#L1) [b](https://example.org/x) [c](#part) [d](src/lib.rs \"t\")";
    assert_eq!(
        link_violations("docs/a.md", text, &exists),
        ["docs/a.md: a link to `src/lib.rs`, which is not there"]
    );
}
