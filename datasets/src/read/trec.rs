//! Test collections of information retrieval: documents, questions and who answers what.

use std::path::Path;

use super::text;
use crate::{Document, Error, Judgement, Place, Query};

/// Reads documents in the format of the SMART system (Cranfield): `.I` and an id, then the fields
/// `.T` title, `.A` authors, `.B` bibliography and `.W` text. Authors become tags; the bibliography
/// is left out. A document that is split by a second `.W` is joined again.
///
/// # Errors
/// When the file cannot be read, or a line stands before the first document or field.
pub fn smart_documents(path: &Path) -> Result<Vec<Document>, Error> {
    let content = text(path)?;
    let mut documents: Vec<Document> = Vec::new();
    let mut field = None;
    for (i, line) in content.lines().enumerate() {
        let fail = |reason| Error::new(path, Place::Line(i + 1), reason);
        if let Some(id) = line.strip_prefix(".I ") {
            documents.push(Document {
                id: id.trim().to_owned(),
                ..Document::default()
            });
            field = None;
            continue;
        }
        let document = documents
            .last_mut()
            .ok_or_else(|| fail("text before the first .I"))?;
        match line.trim_end() {
            name @ (".T" | ".A" | ".B" | ".W") => field = name.bytes().last(),
            words => {
                match field.ok_or_else(|| fail("text before the first field of a document"))? {
                    b'T' => append(&mut document.title, words),
                    b'W' => append(&mut document.body, words),
                    b'A' => document
                        .tags
                        .extend((!words.is_empty()).then(|| words.to_owned())),
                    _ => {}
                }
            }
        }
    }
    Ok(documents)
}

/// Reads questions from `<top><num>…</num><title>…</title></top>`, in the order of the file.
///
/// Their ids are their positions, from 1: Cranfield's judgements count that way, while its `<num>`
/// still has the numbers of a larger collection (1, 2, 4, 8, …, 365).
///
/// # Errors
/// When the file cannot be read, or a question has no title.
pub fn topics(path: &Path) -> Result<Vec<Query>, Error> {
    let content = text(path)?;
    let mut queries = Vec::new();
    let mut line = 1;
    for (i, topic) in content.split("<top>").enumerate() {
        if i > 0 {
            let title = between(topic, "<title>", "</title>");
            let title = title
                .ok_or_else(|| Error::new(path, Place::Line(line), "a <top> without a <title>"))?;
            queries.push(Query {
                id: i.to_string(),
                text: unescaped(title),
            });
        }
        line += topic.matches('\n').count();
    }
    Ok(queries)
}

/// Reads lines of an id, a tab and a text (NFCorpus).
///
/// # Errors
/// When the file cannot be read, or a line has no tab.
pub fn tab_separated(path: &Path) -> Result<Vec<(String, String)>, Error> {
    let content = text(path)?;
    let pair = |(i, line): (usize, &str)| match line.split_once('\t') {
        Some((id, text)) => Ok((id.to_owned(), text.to_owned())),
        None => Err(Error::new(
            path,
            Place::Line(i + 1),
            "no tab between an id and a text",
        )),
    };
    content.lines().enumerate().map(pair).collect()
}

/// Reads `qrels`: lines of query, an ignored column, document and grade, parted by white space.
///
/// # Errors
/// When the file cannot be read, or a line is not of that form.
pub fn judgements(path: &Path) -> Result<Vec<Judgement>, Error> {
    let content = text(path)?;
    let judgement = |(i, line): (usize, &str)| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        match columns[..] {
            [query, _, document, grade] => grade.parse().ok().map(|grade| Judgement {
                query: query.to_owned(),
                document: document.to_owned(),
                grade,
            }),
            _ => None,
        }
        .ok_or_else(|| Error::new(path, Place::Line(i + 1), "not `query 0 document grade`"))
    };
    content
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(judgement)
        .collect()
}

fn append(text: &mut String, words: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(words.trim());
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

/// One line of text, with XML's five named entities resolved.
fn unescaped(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    line.replace("&apos;", "'").replace("&amp;", "&")
}
