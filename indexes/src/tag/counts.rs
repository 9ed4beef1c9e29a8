//! How many documents have which tag, counted a batch of documents at a time.

use super::column::{CODES, Chunk, Code, TagColumn};
use super::{TagId, TagIndex};

/// Counts side by side for each code of a byte: of so few tags the next document's is likely the same one,
/// and to count it in the same place would wait for the last.
const LANES: usize = 4;
/// Codes of one byte.
const BYTES: usize = 256;
/// Codes of two bytes that are of a tag.
const SHORTS: usize = u16::NONE as usize;

/// Counts of a field's tags among some documents.
pub struct TagCounts<'a> {
    column: &'a TagColumn,
    /// Of documents whose code is a byte, by that; the last is of no tag.
    bytes: Box<[[u32; LANES]; BYTES]>,
    /// Of all others, by tag.
    counts: Vec<u32>,
}

impl<'a> TagCounts<'a> {
    pub(super) fn new(tags: &'a TagIndex) -> Self {
        Self {
            column: &tags.column,
            bytes: Box::new([[0; LANES]; BYTES]),
            counts: vec![0; tags.id_bound()],
        }
    }

    /// Counts the tags of some documents, by number; ascending ones are found the quickest.
    pub fn add(&mut self, docs: &[u32]) {
        let mut left = docs;
        while let Some(&first) = left.first() {
            let number = place(first) / CODES;
            let is_here = |doc: &&u32| place(**doc) / CODES == number;
            let (here, rest) = left.split_at(left.iter().take_while(is_here).count());
            left = rest;
            self.add_here(number, here);
        }
    }

    /// Counts documents of one chunk.
    fn add_here(&mut self, number: usize, docs: &[u32]) {
        match self.column.chunk(number) {
            Chunk::Empty => {}
            Chunk::Bytes(codes) => each(codes, docs, |code, lane| {
                self.bytes[usize::from(code)][lane] += 1;
            }),
            Chunk::Shorts(codes) => {
                // A tag of the number that stands for none here is in chunks of words alone.
                let tags = self.counts.len().min(SHORTS);
                let counts = &mut self.counts[..tags];
                each(codes, docs, |code, _| {
                    if let Some(count) = counts.get_mut(usize::from(code)) {
                        *count += 1;
                    }
                });
            }
            Chunk::Words(codes) => each(codes, docs, |code, _| {
                // A code of no tag or of several is above all numbers of tags.
                if let Some(count) = self.counts.get_mut(code as usize) {
                    *count += 1;
                    return;
                }
                for tag in self.column.tags_of(code) {
                    if let Some(count) = self.counts.get_mut(tag.index()) {
                        *count += 1;
                    }
                }
            }),
        }
    }

    /// The tags that any of the documents has, and how many have each.
    #[must_use]
    pub fn finish(self) -> Vec<(TagId, u64)> {
        let bytes = self.bytes[..BYTES - 1].iter();
        let bytes = bytes.map(|lanes| lanes.iter().copied().map(u64::from).sum());
        let bytes = bytes.chain(std::iter::repeat(0));
        let sums = self.counts.iter().zip(bytes);
        let sums = sums.map(|(count, bytes): (_, u64)| u64::from(*count) + bytes);
        let held = sums.enumerate().filter(|(_, count)| *count > 0);
        held.filter_map(|(tag, count)| Some((TagId::of(tag)?, count)))
            .collect()
    }
}

/// Calls with the code of each of some documents, and with a lane that is another one each time.
#[inline]
fn each<C: Code>(codes: &[C], docs: &[u32], mut visit: impl FnMut(C, usize)) {
    let Ok(codes) = <&[C; CODES]>::try_from(codes) else {
        for &doc in docs {
            visit(codes.get(place(doc) % CODES).copied().unwrap_or(C::NONE), 0);
        }
        return;
    };
    let (fours, rest) = docs.as_chunks::<LANES>();
    for four in fours {
        for (lane, doc) in four.iter().enumerate() {
            visit(codes[place(*doc) % CODES], lane);
        }
    }
    for &doc in rest {
        visit(codes[place(doc) % CODES], 0);
    }
}

/// The place of a document in the column: numbers of documents begin with 1.
#[inline]
fn place(doc: u32) -> usize {
    (doc as usize).wrapping_sub(1)
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
            kinds in prop::sample::select(vec![3_u32, 40, 600, 60_000]),
            // Where no document has several, codes are of a byte or two.
            held in prop::sample::select(vec![1_usize, 2]).prop_flat_map(|most| {
                prop::collection::vec(prop::collection::vec(any::<u32>(), 0..=most), 0..9_000)
            }),
            asked in prop::collection::btree_set(1_u32..9_500, 0..4_000),
            shuffled in any::<bool>(),
        ) {
            let mut tags = TagIndex::new(TagOptions::default());
            let mut expected = BTreeMap::new();
            let mut docs: Vec<u32> = asked.into_iter().collect();
            for (number, held) in (1..).zip(held) {
                let names: Vec<String> = held.iter().map(|tag| (tag % kinds).to_string()).collect();
                tags.insert(DocId::new(number).unwrap(), names.join(",").as_bytes());
            }
            // So many tags that one has the number which stands for none in codes of two bytes.
            if kinds > 50_000 {
                let all = (0..70_000).map(|tag| format!("x{tag}")).collect::<Vec<_>>().join(",");
                tags.insert(DocId::new(9_999).unwrap(), all.as_bytes());
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
