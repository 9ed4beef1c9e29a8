//! Every data set loads, from files or as a stand-in, and fits together.

use std::collections::BTreeSet;
use std::fs;

use nuthatch_datasets::{Dataset, Named, Origin};

fn fits_together(set: &Dataset) {
    let name = set.name;
    assert!(!set.documents.is_empty(), "{name}");
    let ids: BTreeSet<&str> = set
        .documents
        .iter()
        .map(|document| document.id.as_str())
        .collect();
    assert_eq!(ids.len(), set.documents.len(), "{name}: ids are unique");
    let queries: BTreeSet<&str> = set.queries.iter().map(|query| query.id.as_str()).collect();
    assert_eq!(
        queries.len(),
        set.queries.len(),
        "{name}: ids of queries are unique"
    );
    for (vectors, count) in [
        (&set.vectors, ids.len()),
        (&set.query_vectors, queries.len()),
    ] {
        if let Some(vectors) = vectors {
            assert_eq!(vectors.nrows(), count, "{name}");
            assert!(vectors.iter().all(|x| x.is_finite()), "{name}");
        }
    }
    for judgement in &set.judgements {
        assert!(
            queries.contains(judgement.query.as_str()),
            "{name}: {judgement:?}"
        );
        assert!(
            ids.contains(judgement.document.as_str()),
            "{name}: {judgement:?}"
        );
    }
}

fn shape(set: &Dataset) -> (usize, usize, Option<usize>, bool) {
    let dimensions = set.vectors.as_ref().map(|rows| rows.ncols());
    (
        set.documents.len(),
        set.queries.len(),
        dimensions,
        set.judgements.is_empty(),
    )
}

#[test]
fn the_checked_in_sample_is_read_and_its_queries_have_answers() {
    let sample = Named::Sample.load().unwrap();
    assert_eq!(sample.origin, Origin::File);
    fits_together(&sample);
    assert_eq!(shape(&sample), (3_000, 50, Some(384), true));
    assert!(
        sample
            .documents
            .iter()
            .all(|document| !document.tags.is_empty() && document.numbers["words"] >= 20.0)
    );
    let similar = sample
        .query_vectors
        .unwrap()
        .dot(&sample.vectors.unwrap().t());
    for row in similar.rows() {
        assert!(row.iter().any(|&cosine| cosine > 0.59));
    }
}

#[test]
fn every_data_set_has_a_stand_in_of_its_shape() {
    for name in Named::ALL {
        let stand_in = name.stand_in();
        assert_eq!((stand_in.name, stand_in.origin), (name, Origin::Generated));
        fits_together(&stand_in);
        let set = name.load().unwrap();
        if set.origin == Origin::File {
            fits_together(&set);
        }
        assert_eq!(shape(&set), shape(&stand_in), "{name}");
    }
}

#[test]
fn a_stand_in_is_the_same_every_time() {
    for name in [Named::Cranfield, Named::Sample] {
        assert_eq!(name.stand_in(), name.stand_in());
    }
}

#[test]
fn absent_files_give_a_stand_in_but_broken_ones_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let set = Named::Cranfield.load_from(Some(directory.path())).unwrap();
    assert_eq!(set.origin, Origin::Generated);
    assert_eq!(Named::Cranfield.load_from(None).unwrap(), set);
    fs::create_dir(directory.path().join("cranfield")).unwrap();
    let error = Named::Cranfield
        .load_from(Some(directory.path()))
        .unwrap_err();
    assert!(error.path.starts_with(directory.path()), "{error}");
}

#[test]
fn cranfields_judgements_belong_to_the_queries_by_position() {
    let set = Named::Cranfield.load().unwrap();
    if set.origin == Origin::Generated {
        eprintln!("skipped: the files of Cranfield are not here");
        return;
    }
    // Query 3 of the file has the number 4 there; document 5 is about such a slab.
    let third = &set.queries[2];
    assert!(third.text.contains("composite slabs"));
    let judged = |document: &str| {
        set.judgements
            .iter()
            .any(|j| j.query == third.id && j.document == document && j.grade > 0)
    };
    assert!(judged("5") && !judged("184"), "184 answers query 1");
    assert!(set.documents[4].title.contains("double-layer slab"));
}

#[test]
fn the_first_documents_keep_their_vectors_and_judgements() {
    let set = Named::Qqp.stand_in();
    let first = set.clone().first(1_000);
    fits_together(&first);
    assert_eq!(first.documents, set.documents[..1_000]);
    assert_eq!(first.vectors.as_ref().map(|rows| rows.nrows()), Some(1_000));
    assert!(!first.judgements.is_empty() && first.judgements.len() < set.judgements.len());
    assert_eq!(set.clone().first(1_000_000), set);
}

#[test]
fn names_are_read_back() {
    for name in Named::ALL {
        assert_eq!(name.to_string().parse(), Ok(name));
    }
    assert!("nothing".parse::<Named>().is_err());
}
