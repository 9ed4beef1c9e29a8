//! `FT.TAGVALS`: the tags of a field.

use crate::catalog::index::FieldIndex;
use crate::engine::{Call, Core, Effect};
use crate::request::create::FieldKind;
use crate::request::error::{Error, Refusal};
use crate::request::tag_values::TagValues;

pub(super) fn tag_values(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = TagValues::parse(arguments)?;
    let index = core.database(call.database).get(&request.index)?;
    let schema = index.schema();
    let found = schema.find(&request.field);
    let is_tag = |id| matches!(schema.field(id).kind, FieldKind::Tag(_));
    let Some(id) = found.filter(|id| is_tag(*id)) else {
        return Err(Refusal::wrong_field("FT.TAGVALS", &request.field, "TAG").into());
    };
    match index.field(id) {
        FieldIndex::Tag(tags) => {
            call.sink.set(tags.cardinality());
            tags.values().for_each(|(tag, _)| call.sink.bulk(tag));
        }
        // `NOINDEX`: no tag is kept.
        FieldIndex::Text(_)
        | FieldIndex::Numeric(_)
        | FieldIndex::Geo(_)
        | FieldIndex::Shape(_)
        | FieldIndex::Vector(_)
        | FieldIndex::None => call.sink.set(0),
    }
    Ok(Effect::None)
}
