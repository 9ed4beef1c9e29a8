//! The text index and the whole pipeline against tantivy: scores on random corpora, and how well
//! judged collections are ranked.

#[cfg(test)]
mod equal;
#[cfg(test)]
mod pipeline;
#[cfg(test)]
mod ranking;
