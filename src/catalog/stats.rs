//! What an index holds, in numbers.

use roaring::RoaringBitmap;

use super::index::{FieldIndex, Index};

/// The numbers behind `FT.INFO`. Sizes are in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Documents.
    pub documents: usize,
    /// The highest document id ever in use.
    pub max_doc_id: usize,
    /// Distinct words.
    pub terms: usize,
    /// Postings of words.
    pub postings: usize,
    /// Positions in those postings.
    pub positions: u64,
    /// Blocks of postings.
    pub blocks: usize,
    /// Words, postings and positions.
    pub text_bytes: usize,
    /// Numeric and geo fields.
    pub numeric_bytes: usize,
    /// Shape fields.
    pub shape_bytes: usize,
    /// Tag fields.
    pub tag_bytes: usize,
    /// Vector fields.
    pub vector_bytes: usize,
    /// Keys, document ids, payloads and which documents lack a field.
    pub doc_table_bytes: usize,
    /// Sort keys.
    pub sortable_bytes: usize,
}

impl Stats {
    /// Takes stock of an index.
    #[must_use]
    pub fn of(index: &Index) -> Self {
        let text = index.text();
        let mut stats = Self {
            documents: index.documents().len(),
            max_doc_id: index.documents().max_id(),
            terms: text.term_count(),
            postings: text.posting_count(),
            positions: text.token_count(),
            blocks: text.block_count(),
            text_bytes: text.memory_bytes(),
            doc_table_bytes: index.documents().memory_bytes(),
            ..Self::default()
        };
        for (id, _) in index.schema().iter() {
            match index.field(id) {
                FieldIndex::Text(_) | FieldIndex::None => {}
                FieldIndex::Tag(tags) => stats.tag_bytes += tags.memory_bytes(),
                FieldIndex::Numeric(numbers) => stats.numeric_bytes += numbers.memory_bytes(),
                FieldIndex::Geo(points) => stats.numeric_bytes += points.memory_bytes(),
                FieldIndex::Shape(shapes) => stats.shape_bytes += shapes.memory_bytes(),
                FieldIndex::Vector(vectors) => stats.vector_bytes += vectors.memory_bytes(),
            }
            stats.sortable_bytes += index.column(id).map_or(0, |column| column.memory_bytes());
            stats.doc_table_bytes += index.missing(id).map_or(0, RoaringBitmap::serialized_size);
        }
        stats
    }

    /// All of it together.
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.text_bytes
            + self.numeric_bytes
            + self.shape_bytes
            + self.tag_bytes
            + self.vector_bytes
            + self.doc_table_bytes
            + self.sortable_bytes
    }
}
