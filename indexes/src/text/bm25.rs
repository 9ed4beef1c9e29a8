//! The ranking function BM25, as cache servers compute it.
//!
//! Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
//! the idf that cannot turn negative.

/// How soon further occurrences of a term stop to matter.
pub const K1: f64 = 1.2;

/// How much a document's length counts, from 0, not at all, to 1.
pub const B: f64 = 0.75;

/// The weight of a term that `containing` of `documents` documents hold.
///
/// A term that more documents hold than there are counts as held by all.
#[must_use]
pub fn idf(documents: u64, containing: u64) -> f64 {
    let lacking = documents.saturating_sub(containing) as f64;
    (1.0 + (lacking + 0.5) / (containing as f64 + 0.5)).ln()
}

/// What a term with this [`idf`] adds to the score of a document that holds it.
///
/// `frequency` is how often, by field weights; `length` the document's and `average_length` the
/// mean of all documents, in the same unit. Where nothing has a length, all lengths are average.
#[must_use]
pub fn term_score(idf: f64, frequency: f64, length: f64, average_length: f64) -> f64 {
    let relative_length = if average_length > 0.0 {
        length / average_length
    } else {
        1.0
    };
    idf * frequency * (K1 + 1.0) / (frequency + K1 * (1.0 - B + B * relative_length))
}

#[cfg(test)]
mod tests {
    use super::{idf, term_score};

    #[test]
    fn scores_equal_values_worked_out_by_hand() {
        // ln(1 + (10 - 3 + .5) / (3 + .5)) = ln(22/7)
        assert!((idf(10, 3) - (22.0_f64 / 7.0).ln()).abs() < 1e-15);
        // Of average length: f * 2.2 / (f + 1.2).
        assert!((term_score(1.0, 2.0, 8.0, 8.0) - 4.4 / 3.2).abs() < 1e-15);
        // Twice the average: 1.2 * (.25 + 1.5) = 2.1.
        assert!((term_score(2.0, 1.0, 16.0, 8.0) - 2.0 * 2.2 / 3.1).abs() < 1e-15);
    }

    #[test]
    fn a_term_in_every_document_still_counts_a_little() {
        assert!(idf(5, 5) > 0.0);
        assert_eq!(idf(3, 5), idf(5, 5));
    }

    #[test]
    fn fields_of_no_weight_score_nothing() {
        assert_eq!(term_score(1.0, 0.0, 0.0, 0.0), 0.0);
    }
}
