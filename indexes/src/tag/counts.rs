//! How many documents have which tag, counted a batch of documents at a time.

use super::column::{CODES, TagColumn};
use super::{TagId, TagIndex};

/// Counts side by side for each tag of a field with few: the next document's tag is likely the same one,
/// and to count it in the same place would wait for the last.
const LANES: usize = 4;
/// A field with so many tags or more has one count for each: more lanes of them would leave the caches.
const MANY: usize = 4096;

/// Counts of a field's tags among some documents.
pub struct TagCounts<'a> {
    column: &'a TagColumn,
    counts: Counts,
}

enum Counts {
    Few(Vec<[u32; LANES]>),
    Many(Vec<[u32; 1]>),
}

impl<'a> TagCounts<'a> {
    pub(super) fn new(tags: &'a TagIndex) -> Self {
        let tags_at_most = tags.id_bound();
        Self {
            column: &tags.column,
            counts: if tags_at_most < MANY {
                Counts::Few(vec![[0; LANES]; tags_at_most])
            } else {
                Counts::Many(vec![[0]; tags_at_most])
            },
        }
    }

    /// Counts the tags of some documents, by number; ascending ones are found the quickest.
    pub fn add(&mut self, docs: &[u32]) {
        match &mut self.counts {
            Counts::Few(counts) => add(self.column, docs, counts),
            Counts::Many(counts) => add(self.column, docs, counts),
        }
    }

    /// The tags that any of the documents has, and how many have each.
    #[must_use]
    pub fn finish(self) -> Vec<(TagId, u64)> {
        match self.counts {
            Counts::Few(counts) => held(counts),
            Counts::Many(counts) => held(counts),
        }
    }
}

fn held<const N: usize>(counts: Vec<[u32; N]>) -> Vec<(TagId, u64)> {
    let sums = counts
        .into_iter()
        .map(|lanes| lanes.into_iter().map(u64::from).sum::<u64>());
    let held = sums.enumerate().filter(|(_, count)| *count > 0);
    held.filter_map(|(tag, count)| Some((TagId::of(tag)?, count)))
        .collect()
}

fn add<const N: usize>(column: &TagColumn, docs: &[u32], counts: &mut [[u32; N]]) {
    let (mut number, mut chunk): (usize, &[TagId]) = (usize::MAX, &[]);
    let (fours, rest) = docs.as_chunks::<LANES>();
    for four in fours {
        let places = four.map(place);
        let [first, _, _, last] = places;
        if first / CODES != number {
            number = first / CODES;
            chunk = column.chunk(number);
        }
        // As documents ascend, those between are in the same chunk.
        match <&[TagId; CODES]>::try_from(chunk) {
            Ok(chunk) if last / CODES == number && places.is_sorted() => {
                for (lane, place) in places.into_iter().enumerate() {
                    count(column, &chunk[place % CODES], lane % N, counts);
                }
            }
            Ok(_) | Err(_) => {
                for place in places {
                    count(column, column.code(place), 0, counts);
                }
            }
        }
    }
    for &doc in rest {
        count(column, column.code(place(doc)), 0, counts);
    }
}

/// The place of a document in the column: numbers of documents begin with 1.
#[inline]
fn place(doc: u32) -> usize {
    (doc as usize).wrapping_sub(1)
}

#[inline]
fn count<const N: usize>(column: &TagColumn, code: &TagId, lane: usize, counts: &mut [[u32; N]]) {
    // A code of no tag or of several is above all numbers of tags.
    if let Some(lanes) = counts.get_mut(code.index()) {
        lanes[lane] += 1;
        return;
    }
    for tag in column.tags_of(code) {
        if let Some(lanes) = counts.get_mut(tag.index()) {
            lanes[lane] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::doc::DocId;
    use crate::tag::TagOptions;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn each_tag_of_each_document_is_counted_once(
            kinds in prop_oneof![Just(3_u32), Just(40), Just(60_000)],
            held in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..3), 0..2_600),
            asked in prop::collection::btree_set(1_u32..3_000, 0..2_000),
            shuffled in any::<bool>(),
        ) {
            let mut tags = TagIndex::new(TagOptions::default());
            // Enough tags that each has one count only.
            if kinds > 50_000 {
                let all = (0..5_000).map(|tag| format!("x{tag}")).collect::<Vec<_>>().join(",");
                tags.insert(DocId::new(9_000).unwrap(), all.as_bytes());
            }
            let mut expected = BTreeMap::new();
            let mut docs: Vec<u32> = asked.into_iter().collect();
            for (number, held) in (1..).zip(held) {
                let names: Vec<String> = held.iter().map(|tag| (tag % kinds).to_string()).collect();
                tags.insert(DocId::new(number).unwrap(), names.join(",").as_bytes());
            }
            for doc in docs.iter().filter_map(|&doc| DocId::new(doc)) {
                for tag in tags.ids(doc) {
                    *expected.entry(tag.index()).or_insert(0_u64) += 1;
                }
            }
            if shuffled {
                docs.reverse();
            }
            let mut counts = TagCounts::new(&tags);
            for batch in docs.chunks(700) {
                counts.add(batch);
            }
            let found = counts.finish().into_iter().map(|(tag, count)| (tag.index(), count));
            prop_assert!(found.eq(expected));
        }
    }
}
