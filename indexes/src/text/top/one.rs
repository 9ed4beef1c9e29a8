//! The best documents for one term.

use super::super::block::BLOCK;
use super::best::Best;
use super::walk::Walk;
use super::{Context, Stopped};

/// Offers the documents of those stretches that can hold one of the best; returns how many match, if
/// they are counted.
pub(super) fn search(
    walk: &mut Walk<'_>,
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let everywhere = walk.is_everywhere();
    let counted = context.count && !everywhere;
    let mut total = if everywhere {
        walk.postings.document_frequency()
    } else {
        0
    };
    let mut scores = [0.0; BLOCK];
    for stretch in 0..walk.postings.stretches() {
        context.step()?;
        let hopeless = walk.most_of(stretch) <= best.bar();
        if hopeless && !counted {
            continue;
        }
        walk.enter(stretch);
        let slots = 0..walk.postings.docs().len();
        if counted {
            let within = slots.clone().filter(|&at| walk.postings.is_within(at));
            total += within.count() as u64;
        }
        if hopeless {
            continue;
        }
        walk.about_all(slots.clone(), context, &mut scores);
        let mut bar = best.bar();
        for at in slots {
            if scores[at] <= bar || !walk.postings.is_within(at) {
                continue;
            }
            let doc = walk.postings.docs()[at];
            let score = walk.score_at(at, context.length(doc), context);
            context.offer(best, doc, score);
            bar = best.bar();
        }
    }
    Ok(total)
}
