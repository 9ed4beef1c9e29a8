//! The paths that a Rust source names, in `use` and inline, macros included, comments not.

use std::iter::Peekable;
use std::vec::IntoIter;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as written, with `self` and `super` resolved: `crate::plan::Plan` is
/// `["crate", "plan", "Plan"]`, a lone word is one segment.
#[derive(Debug, PartialEq)]
pub(super) struct Name {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
}

impl Name {
    /// Whether the path begins with these segments, separated by `::`.
    pub(super) fn is_in(&self, path: &str) -> bool {
        let mut segments = self.segments.iter();
        path.split("::")
            .all(|segment| segments.next().is_some_and(|own| own == segment))
    }

    /// The module right below the crate's root, for a path within the crate.
    pub(super) fn module(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [root, module, ..] if root == "crate" => Some(module),
            _ => None,
        }
    }
}

/// Every path in a source. What lies above `src/` in `path` is the crate's, what is below are its
/// modules.
pub(super) fn names(path: &str, text: &str) -> Vec<Name> {
    let tokens: TokenStream = text
        .parse()
        .unwrap_or_else(|error| panic!("{path} is no Rust source: {error}"));
    let mut reader = Reader {
        module: module_of(path),
        names: Vec::new(),
    };
    reader.read(tokens, &[]);
    reader.names
}

/// `src/plan/bind.rs` is the module `plan::bind`, `src/plan/mod.rs` is `plan`.
fn module_of(path: &str) -> Vec<String> {
    let below = path.rsplit_once("src/").map_or(path, |(_, below)| below);
    let below = below.trim_end_matches(".rs");
    below
        .split('/')
        .filter(|part| !["lib", "main", "mod"].contains(part))
        .map(str::to_owned)
        .collect()
}

struct Reader {
    module: Vec<String>,
    names: Vec<Name>,
}

type Tokens = Peekable<IntoIter<TokenTree>>;

impl Reader {
    /// Reads tokens in which every path begins with `prefix`: those of a brace in a `use`.
    fn read(&mut self, tokens: TokenStream, prefix: &[String]) {
        let mut tokens: Tokens = tokens
            .into_iter()
            .collect::<Vec<_>>()
            .into_iter()
            .peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.read(group.stream(), &[]),
                TokenTree::Ident(word) if word == "as" => {
                    tokens.next();
                }
                TokenTree::Ident(word) if word == "mod" => self.read_module(&mut tokens),
                TokenTree::Ident(word) => {
                    let line = word.span().start().line;
                    let mut segments = prefix.to_vec();
                    segments.push(word.to_string());
                    self.read_path(segments, line, &mut tokens);
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn read_module(&mut self, tokens: &mut Tokens) {
        let Some(TokenTree::Ident(name)) = tokens.next() else {
            return;
        };
        if let Some(TokenTree::Group(body)) = tokens.peek() {
            let body = body.stream();
            tokens.next();
            self.module.push(name.to_string());
            self.read(body, &[]);
            self.module.pop();
        }
    }

    /// Goes on with a path after its first segment.
    fn read_path(&mut self, mut segments: Vec<String>, line: usize, tokens: &mut Tokens) {
        while take_separator(tokens) {
            match tokens.peek() {
                Some(TokenTree::Ident(word)) => {
                    segments.push(word.to_string());
                    tokens.next();
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let inner = group.stream();
                    tokens.next();
                    return self.read(inner, &segments);
                }
                _ => break,
            }
        }
        let segments = self.resolve(segments);
        self.names.push(Name { segments, line });
    }

    fn resolve(&self, segments: Vec<String>) -> Vec<String> {
        let up = segments
            .iter()
            .take_while(|segment| *segment == "super")
            .count();
        let relative = usize::from(segments.first().is_some_and(|first| first == "self"));
        if up + relative == 0 {
            return segments;
        }
        let stay = self.module.len().saturating_sub(up);
        ["crate".to_owned()]
            .into_iter()
            .chain(self.module[..stay].iter().cloned())
            .chain(segments.into_iter().skip(up + relative))
            .collect()
    }
}

/// Takes `::`, if it is next.
fn take_separator(tokens: &mut Tokens) -> bool {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let mut ahead = tokens.clone();
    if is_colon(ahead.next().as_ref()) && is_colon(ahead.next().as_ref()) {
        *tokens = ahead;
        return true;
    }
    false
}

fn written(path: &str, text: &str) -> Vec<String> {
    let names = names(path, text);
    names.iter().map(|name| name.segments.join("::")).collect()
}

#[test]
fn a_brace_in_a_use_is_as_many_paths() {
    assert_eq!(
        written("src/a.rs", "use crate::{b::{self, C as D}, e::*};"),
        ["use", "crate::b::self", "crate::b::C", "crate::e"]
    );
}

#[test]
fn self_and_super_are_resolved_through_files_and_inline_modules() {
    let text = "use super::x; use self::y; mod tests { use super::super::z; }";
    assert_eq!(
        written("src/a/b.rs", text),
        [
            "use",
            "crate::a::x",
            "use",
            "crate::a::b::y",
            "use",
            "crate::a::z"
        ]
    );
    assert_eq!(written("src/a/mod.rs", "super::b::c()"), ["crate::b::c"]);
}

#[test]
fn comments_and_strings_name_nothing_and_macros_do() {
    let text = "// crate::a\n/// crate::b\nfn f() { vec![crate::c::D, \"crate::e\"] }";
    assert_eq!(
        written("src/x.rs", text),
        ["doc", "fn", "f", "vec", "crate::c::D"]
    );
}
