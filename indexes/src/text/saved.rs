//! Text as it is saved: postings as they are coded, and the terms of each document. Stems and sounds are
//! found again from the terms.
//!
//! ```text
//! terms │ (term, number, blocks, (postings, impacts, bytes)…, postings and bytes of the tail)…
//! fields │ tokens… │ documents │ (document, language, length, most frequent, terms)…
//! ```
//!
//! Terms ascend. Their numbers are in the order of those they had, without gaps.

use std::io;

use super::block::Block;
use super::codec::{put_varint, take_varint};
use super::columns::Columns;
use super::field::TextField;
use super::impacts::Impacts;
use super::index::{Document, TextIndex, terms_of};
use super::language::Language;
use super::postings::PostingList;
use super::tail::Tail;
use super::terms::{TermId, Terms};
use crate::doc::DocId;
use crate::saved::{Reader, Writer};
use crate::varint::invalid;

/// More than any index holds, and far from where a count would overflow.
const MOST_TOKENS: u64 = 1 << 48;

impl TextIndex {
    /// Writes every term and every document.
    pub fn save(&self, to: &mut Writer<'_>) {
        let numbers = self.save_terms(to);
        let fields = self.tokens.iter().rposition(|&count| count > 0);
        let fields = fields.map_or(0, |last| last + 1);
        to.count(fields);
        self.tokens[..fields]
            .iter()
            .for_each(|count| to.number(*count));
        to.count(self.document_count);
        let (mut before, mut terms) = (None, Vec::new());
        for (at, document) in self.documents.iter().enumerate() {
            if let (Some(document), Some(doc)) = (document, DocId::from_index(at)) {
                to.doc_after(before, doc);
                before = Some(doc);
                to.bytes(&[document.language.number()]);
                to.bytes(&self.lengths.get(doc).to_le_bytes());
                to.bytes(&self.most_frequent.get(doc).to_le_bytes());
                match &numbers {
                    None => to.text(&document.terms),
                    Some(numbers) => {
                        renumber(&document.terms, numbers, &mut terms);
                        to.text(&terms);
                    }
                }
            }
        }
    }

    /// Writes the terms, and returns their new numbers if they are others.
    fn save_terms(&self, to: &mut Writer<'_>) -> Option<Vec<u32>> {
        let numbers = (self.terms.bound() > self.terms.len()).then(|| self.numbers());
        to.count(self.terms.len());
        for term in self.terms.iter() {
            to.text(self.terms.name(term));
            let number = numbers.as_ref().map_or(term.get(), |numbers| {
                let number = numbers.get(term.get() as usize);
                number.copied().unwrap_or_default()
            });
            to.number(u64::from(number));
            let list = self.terms.postings(term);
            to.count(list.blocks().len());
            for block in list.blocks() {
                to.count(block.len());
                to.bytes(&block.impacts().to_bytes());
                to.text(block.bytes());
            }
            to.count(list.tail().len());
            to.text(list.tail().bytes());
        }
        numbers
    }

    /// By the number of a term: how many terms have lower ones.
    fn numbers(&self) -> Vec<u32> {
        let mut numbers = vec![0; self.terms.bound()];
        for term in self.terms.iter() {
            numbers[term.get() as usize] = 1;
        }
        let mut before = 0;
        for number in &mut numbers {
            before += std::mem::replace(number, before);
        }
        numbers
    }

    /// Fills an index of nothing with what [`TextIndex::save`] wrote of one with the same fields.
    ///
    /// # Errors
    /// As of [`Reader::number`]; what is in the index is of no use then.
    pub fn load(&mut self, from: &mut Reader<'_>) -> io::Result<()> {
        let mut pairs = 0;
        self.terms = self.load_terms(from, &mut pairs)?;
        let fields = from.count()?;
        if fields > TextField::COUNT {
            return Err(invalid("there are too many fields"));
        }
        for tokens in &mut self.tokens[..fields] {
            *tokens = from.number()?;
            if *tokens > MOST_TOKENS {
                return Err(invalid("a field has too many tokens"));
            }
        }
        let count = from.count()?;
        self.documents.resize_with(from.slots(), || None);
        self.bound = self.documents.len();
        let mut before = None;
        for _ in 0..count {
            let doc = from.doc_after(before)?;
            before = Some(doc);
            let document = self.load_document(doc, from, &mut pairs)?;
            self.documents[doc.index()] = Some(document);
        }
        self.document_count = count;
        if pairs != 0 {
            return Err(invalid("terms and documents do not agree"));
        }
        self.relate_loaded();
        Ok(())
    }

    fn load_terms(&mut self, from: &mut Reader<'_>, pairs: &mut u64) -> io::Result<Terms> {
        let count = from.count()?;
        let mut terms = Vec::new();
        let mut columns = Columns::default();
        for _ in 0..count {
            let name: Box<[u8]> = from.text()?.into();
            let term = u32::try_from(from.number()?).map(TermId::new);
            let term = term.map_err(|_| invalid("there is no such term"))?;
            let mut last = 0;
            let mut visit = |doc| {
                *pairs = pairs.wrapping_add(pair(term, doc));
                let ascends = doc > std::mem::replace(&mut last, doc);
                ascends.then_some(())
            };
            let mut blocks = Vec::new();
            for _ in 0..from.count()? {
                let block = self.load_block(from, &mut columns)?;
                let visited = columns.docs.iter().try_for_each(|&doc| visit(doc));
                visited.ok_or_else(unordered)?;
                blocks.push(block);
            }
            let len = u8::try_from(from.count()?).map_err(|_| unordered())?;
            let offsets = self.coding.offsets;
            let tail = Tail::checked(from.text()?, len, offsets, &mut visit);
            let list = tail.and_then(|tail| PostingList::of(blocks, tail));
            let list = list.ok_or_else(unordered)?;
            self.posting_count += list.len();
            terms.push((term, name, list));
        }
        Terms::of_ascending(terms).ok_or_else(|| invalid("terms are out of order"))
    }

    fn load_block(&self, from: &mut Reader<'_>, columns: &mut Columns) -> io::Result<Block> {
        let len = u8::try_from(from.count()?).ok();
        let impacts = Impacts::of_bytes(from.array()?);
        let bytes = from.text()?;
        let len = len.filter(|&len| len > 0 && usize::from(len) <= super::block::BLOCK);
        let block = len.and_then(|len| Block::checked(bytes, len, impacts, &self.coding, columns));
        block.ok_or_else(unordered)
    }

    fn load_document(
        &mut self,
        doc: DocId,
        from: &mut Reader<'_>,
        pairs: &mut u64,
    ) -> io::Result<Document> {
        let &[language] = from.array()?;
        let language = Language::all().nth(usize::from(language));
        let language = language.ok_or_else(|| invalid("there is no such language"))?;
        let length = f32::from_le_bytes(*from.array()?);
        let most_frequent = f32::from_le_bytes(*from.array()?);
        if !(length >= 0.0 && most_frequent >= 0.0) {
            return Err(invalid("a length is none"));
        }
        self.lengths.set(doc, length);
        self.most_frequent.set(doc, most_frequent);
        let terms = from.text()?;
        let (mut gaps, mut last) = (terms, None);
        while !gaps.is_empty() {
            let gap = take_varint(&mut gaps).and_then(|gap| u32::try_from(gap).ok());
            let term = gap.filter(|&gap| gap > 0 || last.is_none());
            let term = term.and_then(|gap| gap.checked_add(last.unwrap_or(0)));
            let term = term.ok_or_else(|| invalid("there is no such term"))?;
            last = Some(term);
            *pairs = pairs.wrapping_sub(pair(TermId::new(term), doc.get()));
        }
        Ok(Document {
            terms: terms.into(),
            language,
        })
    }

    /// Finds stems and sounds of all terms.
    fn relate_loaded(&mut self) {
        let default = self.analyzer.language();
        for document in self.documents.iter().flatten() {
            if document.language == default {
                continue;
            }
            for term in terms_of(&document.terms) {
                let holders = self.terms.postings(term).len();
                self.stems.add(document.language, term, holders, || {
                    let name = self.terms.name(term);
                    self.analyzer.stem_in(document.language, name)
                });
            }
        }
        for term in self.terms.iter() {
            let name = self.terms.name(term);
            let holders = self.terms.postings(term).len();
            self.stems
                .add_loaded(term, holders, || self.analyzer.stem_in(default, name));
            if let Some(phonetics) = &mut self.phonetics {
                phonetics.add(term, name);
            }
        }
    }
}

fn unordered() -> io::Error {
    invalid("postings are none")
}

/// The gaps between numbers of terms, as they are from now on.
fn renumber(gaps: &[u8], numbers: &[u32], into: &mut Vec<u8>) {
    into.clear();
    let mut before = 0;
    for term in terms_of(gaps) {
        let number = numbers.get(term.get() as usize);
        let number = number.copied().unwrap_or_default();
        put_varint(into, u64::from(number - before));
        before = number;
    }
}

/// What a pair of a term and a document that holds it adds to a sum over all pairs, which is the same
/// whether they are met by term or by document.
#[inline]
fn pair(term: TermId, doc: u32) -> u64 {
    /// 2^64 by the golden ratio, and another odd number without a pattern.
    const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
    let both = u64::from(term.get()) << 32 | u64::from(doc);
    let mixed = both.wrapping_mul(FACTORS[0]);
    (mixed ^ mixed >> 32).wrapping_mul(FACTORS[1])
}

#[cfg(test)]
mod tests;
