//! `FT.SPELLCHECK`: the words of a query that no document has, and what may be meant.

use crate::engine::{Call, Core, Effect};
use crate::exec::deadline::Deadline;
use crate::exec::spelling::{self, Lexicon};
use crate::plan::spelling::words;
use crate::query::{Params, parse};
use crate::reply::spellcheck::{Misspelled, write_misspelled};
use crate::request::error::Error;
use crate::request::spellcheck::Spellcheck;

pub(super) fn spellcheck(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Spellcheck::parse(arguments)?;
    let timeout_ms = core.settings().timeout_ms;
    let registry = core.database(call.database);
    let index = registry.get(&request.index)?;
    let query = parse(&request.query, &Params::new(&[]))?;
    let words = words(&query, index)?;
    let lexicon = Lexicon::new(&request, registry.dictionaries())?;
    let deadline = Deadline::after_ms(timeout_ms);
    let found = spelling::check(&words, request.distance, index, &lexicon, &deadline)?;
    let shown: Vec<Misspelled<'_>> = found
        .iter()
        .map(|misspelled| Misspelled {
            word: &misspelled.word,
            suggestions: misspelled
                .suggestions
                .iter()
                .map(|suggestion| (suggestion.score, suggestion.word.as_slice()))
                .collect(),
        })
        .collect();
    write_misspelled(&shown, call.sink);
    Ok(Effect::None)
}
