//! The tag index against a map from documents to sets of tags.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{TagIndex, TagOptions};
use crate::doc::DocId;

type Model = BTreeMap<u32, BTreeSet<Vec<u8>>>;

fn doc(number: u32) -> DocId {
    DocId::new(number).unwrap()
}

fn options() -> impl Strategy<Value = TagOptions> {
    let separators = prop::sample::select(vec![b',', b'|', b' ']);
    (separators, any::<[bool; 3]>()).prop_map(
        |(separator, [case_sensitive, index_empty, suffix_trie])| TagOptions {
            separator,
            case_sensitive,
            index_empty,
            suffix_trie,
        },
    )
}

/// Tags for ASCII input, the long way.
fn tags(raw: &str, options: TagOptions) -> BTreeSet<Vec<u8>> {
    raw.split(char::from(options.separator))
        .map(|part| part.trim_matches([' ', '\t']))
        .filter(|tag| options.index_empty || !tag.is_empty())
        .map(|tag| match options.case_sensitive {
            true => tag.as_bytes().to_vec(),
            false => tag.to_lowercase().into_bytes(),
        })
        .collect()
}

fn inverted(model: &Model) -> Vec<(Vec<u8>, Vec<u32>)> {
    let mut values: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
    for (id, tags) in model {
        for tag in tags {
            values.entry(tag.clone()).or_default().push(*id);
        }
    }
    values.into_iter().collect()
}

proptest! {
    #[test]
    fn tags_and_documents_equal_the_model_after_any_writes(
        options in options(),
        writes in prop::collection::vec(
            (1_u32..12, prop::option::weighted(0.7, "[abAB,| \t]{0,9}")), 0..50),
        limit in 0_usize..5,
    ) {
        let mut index = TagIndex::new(options);
        let mut model = Model::new();
        for (id, write) in writes {
            let had = model.remove(&id).is_some();
            match write {
                Some(raw) => {
                    index.insert(doc(id), raw.as_bytes());
                    let tags = tags(&raw, options);
                    if !tags.is_empty() {
                        model.insert(id, tags);
                    }
                }
                None => prop_assert_eq!(index.remove(doc(id)), had),
            }
            index.check();
        }
        let expected = inverted(&model);
        let owned = |(tag, docs): super::TagDocs<'_>| {
            (tag.to_vec(), docs.iter().map(DocId::get).collect())
        };
        let found: Vec<(Vec<u8>, Vec<u32>)> = index.normalised_values().map(owned).collect();
        prop_assert_eq!(&found, &expected);
        let counted = index.values().map(|(tag, count)| (index.normalise(tag), count));
        let counts = expected.iter().map(|(tag, docs)| (tag.clone(), docs.len() as u64));
        prop_assert!(counted.eq(counts));
        prop_assert_eq!(index.cardinality(), expected.len());
        prop_assert_eq!(index.len(), model.len());
        prop_assert_eq!(index.is_empty(), model.is_empty());
        for (tag, docs) in &expected {
            let found: Vec<u32> = index.docs(tag).unwrap().iter().map(DocId::get).collect();
            prop_assert_eq!(&found, docs);
            prop_assert_eq!(&index.normalise(tag), tag);
        }
        for id in 1..15 {
            let found: BTreeSet<Vec<u8>> = index.tags(doc(id)).map(<[u8]>::to_vec).collect();
            prop_assert_eq!(&found, &model.get(&id).cloned().unwrap_or_default());
            let written = index.tags_of(doc(id)).map(|tag| index.normalise(tag));
            prop_assert_eq!(&written.collect::<BTreeSet<_>>(), &found);
            prop_assert_eq!(index.ids(doc(id)).count(), found.len());
            for tag in index.ids(doc(id)) {
                prop_assert!(tag.index() < index.id_bound());
                prop_assert!(found.contains(index.name(tag)));
            }
        }
        for prefix in ["", "a", "ab", "B", "zz"] {
            let begins = |pair: &&(Vec<u8>, _)| pair.0.starts_with(prefix.as_bytes());
            let all: Vec<_> = expected.iter().filter(begins).cloned().collect();
            let (found, truncated) = index.expand_prefix(prefix.as_bytes(), limit);
            let found: Vec<(Vec<u8>, Vec<u32>)> = found.into_iter().map(owned).collect();
            prop_assert_eq!(truncated, all.len() > limit);
            prop_assert_eq!(&found[..], &all[..limit.min(all.len())]);
        }
    }

    #[test]
    fn any_bytes_are_tags_that_can_be_found_again(
        raw in prop::collection::vec(any::<u8>(), 0..40),
        options in options(),
    ) {
        let mut index = TagIndex::new(options);
        index.insert(doc(1), &raw);
        for part in raw.split(|byte| *byte == options.separator) {
            let tag = index.normalise(part);
            let found = index.docs(&tag).is_some_and(|docs| docs.contains(doc(1)));
            prop_assert_eq!(found, options.index_empty || !tag.is_empty());
        }
        index.remove(doc(1));
        index.check();
        prop_assert_eq!(index.cardinality(), 0);
    }
}

#[test]
fn inner_blanks_stay_and_case_folds_beyond_ascii() {
    let mut index = TagIndex::new(TagOptions::default());
    index.insert(doc(3), " New York ,ÅRHUS,, new york".as_bytes());
    let tags: BTreeSet<&[u8]> = index.tags(doc(3)).collect();
    assert_eq!(
        tags,
        BTreeSet::from(["new york".as_bytes(), "århus".as_bytes()])
    );
}

#[test]
fn a_tag_is_shown_as_it_was_first_written_while_it_is_in_use() {
    let mut index = TagIndex::new(TagOptions::default());
    index.insert(doc(1), b" New York , red");
    index.insert(doc(2), b"NEW YORK,Red,RED");
    let shown = |index: &TagIndex| -> Vec<(String, u64)> {
        let shown = index.values();
        shown
            .map(|(tag, count)| (String::from_utf8(tag.to_vec()).unwrap(), count))
            .collect()
    };
    let tag = |name: &str, count| (name.to_owned(), count);
    assert_eq!(shown(&index), [tag("New York", 2), tag("red", 2)]);
    assert!(index.tags_of(doc(2)).eq([&b"New York"[..], b"red"]));
    index.remove(doc(1));
    assert_eq!(shown(&index), [tag("New York", 1), tag("red", 1)]);
    index.insert(doc(2), b"Red");
    assert_eq!(shown(&index), [tag("Red", 1)]);
    index.insert(doc(3), b"new york");
    assert_eq!(shown(&index), [tag("new york", 1), tag("Red", 1)]);
}

#[test]
fn memory_counts_at_least_names_and_columns() {
    let mut index = TagIndex::new(TagOptions::default());
    for id in 1..=1000 {
        index.insert(
            doc(id),
            format!("a rather long and distinct tag number {id}").as_bytes(),
        );
    }
    assert!(index.memory_bytes() >= 1000 * (38 + 16 + 4 + 4));
}

#[test]
fn an_index_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<TagIndex>();
}

#[test]
fn patterns_stand_for_the_first_tags_that_fit() {
    let options = TagOptions {
        separator: b',',
        case_sensitive: false,
        index_empty: false,
        suffix_trie: false,
    };
    let mut index = TagIndex::new(options);
    index.insert(doc(1), "dark blue, red, röd".as_bytes());
    index.insert(doc(2), b"light blue,red");
    let names = |(found, more): (Vec<super::TagDocs<'_>>, bool)| {
        let names = found.into_iter().map(|(tag, docs)| {
            let tag = String::from_utf8(tag.to_vec()).unwrap();
            (tag, docs.len())
        });
        (names.collect::<Vec<_>>(), more)
    };
    let tag = |name: &str, docs| (name.to_owned(), docs);
    assert_eq!(
        names(index.expand_suffix(b"blue", 9, &|| false)),
        (vec![tag("dark blue", 1), tag("light blue", 1)], false)
    );
    assert_eq!(
        names(index.expand_infix(b"k b", 9, &|| false)),
        (vec![tag("dark blue", 1)], false)
    );
    assert_eq!(
        names(index.expand_wildcard(b"r?d", 1, &|| false)),
        (vec![tag("red", 2)], true)
    );
    assert_eq!(
        names(index.expand_infix(b"zz", 9, &|| false)),
        (vec![], false)
    );
}

proptest! {
    #[test]
    fn grams_find_what_a_look_at_each_tag_does(
        writes in prop::collection::vec((1_u32..12, prop::option::weighted(0.8, "[abc\u{e4}]{0,9}")), 0..40),
        pattern in "[abc\u{e4}]{0,4}",
        shape in "[abc\u{e4}?*]{0,7}",
        limit in 0_usize..5,
    ) {
        let of = |suffix_trie| TagIndex::new(TagOptions { suffix_trie, ..TagOptions::default() });
        let (mut plain, mut indexed) = (of(false), of(true));
        for (id, write) in writes {
            for index in [&mut plain, &mut indexed] {
                match &write {
                    Some(raw) => index.insert(doc(id), raw.as_bytes()),
                    None => _ = index.remove(doc(id)),
                }
            }
        }
        let go_on = || false;
        let names = |(found, more): (Vec<super::TagDocs<'_>>, bool)| {
            let tags = found.into_iter().map(|(tag, docs)| (tag.to_vec(), docs.len()));
            (tags.collect::<Vec<_>>(), more)
        };
        let (pattern, shape) = (pattern.as_bytes(), shape.as_bytes());
        prop_assert_eq!(
            names(indexed.expand_suffix(pattern, limit, &go_on)),
            names(plain.expand_suffix(pattern, limit, &go_on))
        );
        prop_assert_eq!(
            names(indexed.expand_infix(pattern, limit, &go_on)),
            names(plain.expand_infix(pattern, limit, &go_on))
        );
        prop_assert_eq!(
            names(indexed.expand_wildcard(shape, limit, &go_on)),
            names(plain.expand_wildcard(shape, limit, &go_on))
        );
    }
}

#[test]
fn a_look_at_each_tag_ends_when_it_is_told_to() {
    let mut index = TagIndex::new(TagOptions::default());
    for id in 1..=3_000 {
        index.insert(doc(id), format!("t{id:04}x").as_bytes());
    }
    let (found, more) = index.expand_suffix(b"x", 9_999, &|| true);
    assert_eq!((found.len(), more), (1_023, false));
}
