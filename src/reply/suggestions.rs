//! The reply of `FT.SUGGET` (spec, section 2.8).

use nuthatch_indexes::suggest::Completion;

use super::Sink;

/// Writes each completion: its text, then its score, then its payload or nothing, as asked for.
pub fn write_completions(
    completions: &[Completion<'_>],
    with_scores: bool,
    with_payloads: bool,
    sink: &mut dyn Sink,
) {
    let parts = 1 + usize::from(with_scores) + usize::from(with_payloads);
    sink.array(completions.len() * parts);
    for completion in completions {
        sink.bulk(completion.suggestion.text.as_bytes());
        if with_scores {
            sink.double(completion.score);
        }
        if with_payloads {
            match &completion.suggestion.payload {
                Some(payload) => sink.bulk(payload),
                None => sink.null(),
            }
        }
    }
}
