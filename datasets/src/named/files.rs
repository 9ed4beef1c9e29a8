//! How each data set's files become a [`Dataset`].

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use ndarray::{Array2, Axis};
use serde::Deserialize;
use serde_json::Value;

use super::Named;
use crate::read::{self, trec};
use crate::{Dataset, Document, Error, Judgement, Origin, Place, Query};

/// Every 51st word of GloVe is a query.
const GLOVE_STRIDE: usize = 51;

pub(super) fn load(name: Named, directory: &Path) -> Result<Dataset, Error> {
    let set = match name {
        Named::Sample => sample(directory),
        Named::MiniLm384 => minilm(directory),
        Named::Debian => passages(name, &directory.join("descriptions.jsonl.gz")),
        Named::Rfc => passages(name, &directory.join("passages.jsonl.gz")),
        Named::Cranfield => cranfield(directory),
        Named::NfCorpus => nfcorpus(directory),
        Named::Glove100 => glove(directory),
        Named::Movies => movies(&directory.join("vega_movies.json")),
        Named::Qqp => qqp(directory),
    }?;
    fits(
        directory,
        "documents",
        set.documents.len(),
        set.vectors.as_ref(),
    )?;
    fits(
        directory,
        "queries",
        set.queries.len(),
        set.query_vectors.as_ref(),
    )?;
    Ok(set)
}

fn fits(
    directory: &Path,
    what: &str,
    count: usize,
    vectors: Option<&Array2<f32>>,
) -> Result<(), Error> {
    match vectors.map(Array2::nrows) {
        Some(rows) if rows != count => Err(Error::new(
            directory,
            Place::Whole,
            format!("{count} {what}, but {rows} vectors for them"),
        )),
        _ => Ok(()),
    }
}

fn from_files(name: Named, documents: Vec<Document>) -> Dataset {
    Dataset {
        name,
        origin: Origin::File,
        documents,
        vectors: None,
        queries: Vec::new(),
        query_vectors: None,
        judgements: Vec::new(),
    }
}

#[derive(Deserialize)]
struct Package {
    name: String,
    title: String,
    body: String,
    tags: Vec<String>,
    words: f64,
    name_length: f64,
}

#[derive(Deserialize)]
struct Sentence {
    text: String,
}

fn sample(directory: &Path) -> Result<Dataset, Error> {
    let packages: Vec<Package> = read::json_lines(&directory.join("packages.jsonl.gz"))?;
    let documents = packages.into_iter().map(|package| Document {
        id: package.name,
        title: package.title,
        body: package.body,
        tags: package.tags,
        numbers: BTreeMap::from([
            ("words".to_owned(), package.words),
            ("name_length".to_owned(), package.name_length),
        ]),
    });
    let sentences: Vec<Sentence> = read::json_lines(&directory.join("queries.jsonl"))?;
    Ok(Dataset {
        vectors: Some(unit_rows(read::npy(&directory.join("embeddings.f16.npy"))?)),
        queries: numbered(sentences.into_iter().map(|sentence| sentence.text)),
        query_vectors: Some(unit_rows(read::npy(
            &directory.join("query_embeddings.f16.npy"),
        )?)),
        ..from_files(Named::Sample, documents.collect())
    })
}

fn minilm(directory: &Path) -> Result<Dataset, Error> {
    let document = |line: &str| {
        let (id, title) = line.split_once(": ").unwrap_or((line, ""));
        Document {
            id: id.to_owned(),
            title: title.to_owned(),
            ..Document::default()
        }
    };
    let documents = read::text(&directory.join("base.txt.gz"))?
        .lines()
        .map(document)
        .collect();
    let queries = read::text(&directory.join("query.txt.gz"))?;
    Ok(Dataset {
        vectors: Some(unit_rows(read::npy(&directory.join("base.f16.npy"))?)),
        queries: numbered(queries.lines().map(str::to_owned)),
        query_vectors: Some(unit_rows(read::npy(&directory.join("query.f16.npy"))?)),
        ..from_files(Named::MiniLm384, documents)
    })
}

#[derive(Deserialize)]
struct Passage {
    id: String,
    title: String,
    body: String,
}

/// Some of Debian's packages are described more than once; the first description counts.
fn passages(name: Named, path: &Path) -> Result<Dataset, Error> {
    let passages: Vec<Passage> = read::json_lines(path)?;
    let mut seen = HashSet::new();
    let first = passages
        .into_iter()
        .filter(|passage| seen.insert(passage.id.clone()));
    let document = |Passage { id, title, body }| Document {
        id,
        title,
        body,
        ..Document::default()
    };
    Ok(from_files(name, first.map(document).collect()))
}

fn cranfield(directory: &Path) -> Result<Dataset, Error> {
    Ok(Dataset {
        queries: trec::topics(&directory.join("cran.qry.xml"))?,
        judgements: trec::judgements(&directory.join("cranqrel.trec.txt"))?,
        ..from_files(
            Named::Cranfield,
            trec::smart_documents(&directory.join("cran.all.1400"))?,
        )
    })
}

fn nfcorpus(directory: &Path) -> Result<Dataset, Error> {
    let documents = trec::tab_separated(&directory.join("test.docs"))?;
    let document = |(id, body)| Document {
        id,
        body,
        ..Document::default()
    };
    let queries = trec::tab_separated(&directory.join("test.titles.queries"))?;
    Ok(Dataset {
        queries: queries
            .into_iter()
            .map(|(id, text)| Query { id, text })
            .collect(),
        judgements: trec::judgements(&directory.join("test.3-2-1.qrel"))?,
        ..from_files(
            Named::NfCorpus,
            documents.into_iter().map(document).collect(),
        )
    })
}

fn glove(directory: &Path) -> Result<Dataset, Error> {
    let vectors = read::npz(&directory.join("wink_glove100_51k_f16.npz"), "vectors")?;
    let words = read::text(&directory.join("words.txt"))?;
    let words: Vec<&str> = words.lines().collect();
    fits(directory, "words", words.len(), Some(&vectors))?;
    let (asked, kept): (Vec<usize>, Vec<usize>) =
        (0..words.len()).partition(|row| row % GLOVE_STRIDE == GLOVE_STRIDE - 1);
    let document = |&row: &usize| Document {
        id: row.to_string(),
        title: words[row].to_owned(),
        ..Document::default()
    };
    Ok(Dataset {
        vectors: Some(vectors.select(Axis(0), &kept)),
        queries: numbered(asked.iter().map(|&row| words[row].to_owned())),
        query_vectors: Some(vectors.select(Axis(0), &asked)),
        ..from_files(Named::Glove100, kept.iter().map(document).collect())
    })
}

/// Texts of a film become tags and numbers become numbers, whichever the file has in a field.
fn movies(path: &Path) -> Result<Dataset, Error> {
    let films: Vec<BTreeMap<String, Value>> = read::json(path)?;
    let document = |(i, film): (usize, BTreeMap<String, Value>)| {
        let mut document = Document {
            id: format!("movie:{}", i + 1),
            ..Document::default()
        };
        for (field, value) in film {
            match (field.as_str(), value) {
                ("Title", Value::String(title)) => document.title = title,
                ("Title", Value::Number(title)) => document.title = title.to_string(),
                (
                    "MPAA Rating" | "Major Genre" | "Creative Type" | "Source",
                    Value::String(tag),
                ) => {
                    document.tags.push(tag);
                }
                (_, Value::Number(number)) => {
                    document
                        .numbers
                        .extend(number.as_f64().map(|number| (field, number)));
                }
                (
                    _,
                    Value::Null
                    | Value::Bool(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_),
                ) => {}
            }
        }
        document
    };
    Ok(from_files(
        Named::Movies,
        films.into_iter().enumerate().map(document).collect(),
    ))
}

#[derive(Deserialize)]
struct Pair {
    text_a: String,
    text_b: String,
    label: i32,
}

fn qqp(directory: &Path) -> Result<Dataset, Error> {
    let pairs: Vec<Pair> = read::json(&directory.join("visible.json"))?;
    let archive = directory.join("visible.npz");
    let judgement = |(i, pair): (usize, &Pair)| Judgement {
        query: (i + 1).to_string(),
        document: (i + 1).to_string(),
        grade: pair.label,
    };
    let judgements = pairs.iter().enumerate().map(judgement).collect();
    let (asked, known): (Vec<String>, Vec<String>) = pairs
        .into_iter()
        .map(|pair| (pair.text_a, pair.text_b))
        .unzip();
    let document = |Query { id, text }| Document {
        id,
        title: text,
        ..Document::default()
    };
    Ok(Dataset {
        vectors: Some(unit_rows(read::npz(&archive, "b")?)),
        queries: numbered(asked.into_iter()),
        query_vectors: Some(unit_rows(read::npz(&archive, "a")?)),
        judgements,
        ..from_files(
            Named::Qqp,
            numbered(known.into_iter())
                .into_iter()
                .map(document)
                .collect(),
        )
    })
}

fn numbered(texts: impl Iterator<Item = String>) -> Vec<Query> {
    texts
        .enumerate()
        .map(|(i, text)| Query {
            id: (i + 1).to_string(),
            text,
        })
        .collect()
}

/// Rounding to float16 has cost the rows their unit length.
fn unit_rows(mut rows: Array2<f32>) -> Array2<f32> {
    for mut row in rows.rows_mut() {
        let length = row.dot(&row).sqrt();
        if length > 0.0 {
            row /= length;
        }
    }
    rows
}
