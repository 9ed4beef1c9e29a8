//! Ranking functions from before BM25 took the length of documents into account, as cache servers
//! compute them (spec, section 6.5).

/// How soon further occurrences stop to matter: the single-precision number next to 1.2, for
/// clients compare scores digit by digit.
const K1: f64 = 1.2_f32 as f64;

/// How much length counts, from 0, not at all, to 1.
const B: f64 = 0.5;

/// The weight of a term that `containing` of `documents` documents hold: a whole number of bits.
#[must_use]
pub fn idf(documents: u64, containing: u64) -> f64 {
    let containing = containing.max(1);
    let documents = documents.max(containing);
    (1.0 + (documents as f64 + 1.0) / containing as f64)
        .log2()
        .floor()
}

/// What a term with this [`idf`] adds to a document's score under BM25 of old, where every document
/// has the average length.
#[must_use]
pub fn bm25_score(idf: f64, frequency: f64, average_length: f64) -> f64 {
    if frequency > 0.0 {
        idf * frequency / (frequency + K1 * (1.0 - B + B * average_length))
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::{bm25_score, idf};

    #[test]
    fn weights_are_whole_bits() {
        // log2(1 + 3 / 2), log2(1 + 9 / 1), log2(1 + 4 / 3)
        assert_eq!([idf(2, 2), idf(8, 1), idf(3, 3)], [1.0, 3.0, 1.0]);
        assert_eq!(idf(0, 0), 1.0);
        assert_eq!(idf(1, 5), idf(5, 5));
    }

    #[test]
    fn a_score_equals_what_clients_expect() {
        assert_eq!(bm25_score(1.0, 2.0, 10.5), 0.224_719_094_200_697_97);
        assert_eq!(bm25_score(1.0, 0.0, 0.0), 0.0);
    }
}
