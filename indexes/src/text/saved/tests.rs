//! Loaded text against the text that was saved.

use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::*;
use crate::docset::DocSet;
use crate::text::analysis::{Analyzer, AnalyzerOptions};
use crate::text::{FieldMask, FieldOptions};

/// Documents of a test.
const DOCS: u32 = 700;

fn new(offsets: bool) -> TextIndex {
    let heavy = FieldOptions {
        weight: 2.5,
        phonetic: true,
        ..FieldOptions::default()
    };
    let analyzer = Analyzer::new(AnalyzerOptions::default());
    TextIndex::with_offsets(analyzer, vec![FieldOptions::default(), heavy], offsets)
}

fn saved(index: &TextIndex) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    index.save(&mut writer);
    writer.finish().unwrap();
    bytes
}

fn load(offsets: bool, mut bytes: &[u8]) -> io::Result<TextIndex> {
    let all: RoaringBitmap = (1..=DOCS).collect();
    let mut reader = Reader::new(&mut bytes);
    reader.know(&all);
    let mut index = new(offsets);
    index.load(&mut reader)?;
    reader.finish()?;
    Ok(index)
}

/// A document's texts, some words of which many have; none to take it out.
type Write = (u32, Option<(String, String, u8)>);

fn writes(count: usize) -> impl Strategy<Value = Vec<Write>> {
    let texts = (
        "[a-d ]{0,12}",
        "(run|running|felix|phelix|\u{e9}t\u{e9} ){0,3}",
        0_u8..3,
    );
    let texts = prop::option::weighted(0.85, texts);
    prop::collection::vec((1..DOCS, texts), 0..count)
}

fn write(index: &mut TextIndex, writes: &[Write]) {
    let [first, second] = [0, 1].map(|field| TextField::new(field).unwrap());
    for (doc, texts) in writes {
        let doc = DocId::new(*doc).unwrap();
        match texts {
            Some((one, two, language)) => {
                let language = Language::all().nth(usize::from(*language) * 13).unwrap();
                let texts = [(first, one.as_bytes()), (second, two.as_bytes())];
                index.insert_in(language, doc, &texts);
            }
            None => _ = index.remove(doc),
        }
    }
}

/// Each document of a term with its frequency and places.
fn postings(index: &TextIndex, term: &[u8]) -> Vec<(DocId, u32, Vec<u32>)> {
    let mut all = Vec::new();
    if let Some(mut cursor) = index.postings(term, FieldMask::ALL) {
        while let Some(doc) = cursor.doc() {
            let frequency = cursor.frequency().to_bits();
            let mut places = Vec::new();
            cursor.places(&mut places);
            all.push((doc, frequency, places));
            cursor.advance();
        }
    }
    all
}

fn assert_same(one: &TextIndex, other: &TextIndex) {
    let terms = |index: &TextIndex| -> Vec<Vec<u8>> {
        let names = index.expand_prefix(b"", usize::MAX).0;
        names.into_iter().map(<[u8]>::to_vec).collect()
    };
    assert_eq!(terms(one), terms(other));
    for term in terms(one) {
        assert_eq!(postings(one, &term), postings(other, &term));
    }
    assert_eq!(one.tokens, other.tokens);
    assert_eq!(one.posting_count(), other.posting_count());
    assert_eq!(one.document_count(), other.document_count());
    for doc in (1..DOCS).filter_map(DocId::new) {
        assert_eq!(one.contains(doc), other.contains(doc));
        let numbers = |index: &TextIndex| {
            let most = index.document_max_frequency(doc);
            (index.document_length(doc).to_bits(), most.to_bits())
        };
        assert_eq!(numbers(one), numbers(other));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_loaded_index_is_the_same_and_changes_the_same(
        offsets in any::<bool>(), first in writes(1500), then in writes(300),
    ) {
        let mut index = new(offsets);
        write(&mut index, &first);
        let bytes = saved(&index);
        let mut loaded = load(offsets, &bytes).unwrap();
        prop_assert_eq!(saved(&loaded), bytes);
        for _ in 0..2 {
            loaded.check();
            assert_same(&loaded, &index);
            write(&mut index, &then);
            write(&mut loaded, &then);
        }
    }

    #[test]
    fn no_bytes_panic(
        offsets in any::<bool>(),
        first in writes(300),
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        cut in any::<bool>(),
    ) {
        let mut index = new(offsets);
        write(&mut index, &first);
        let mut bytes = saved(&index);
        for (place, byte) in changes {
            let place = place % bytes.len();
            if cut {
                bytes.truncate(place + 1);
            }
            bytes[place] = byte;
        }
        let _ = load(offsets, &bytes);
    }
}
