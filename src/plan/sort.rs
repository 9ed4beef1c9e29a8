//! How the hits of a search are ordered.

use super::{Knn, Order, Yield};
use crate::catalog::schema::Schema;
use crate::request::create::FieldKind;
use crate::request::error::{Error, Refusal, shown};
use crate::request::search::Sort;

/// The order asked for, else by distance, else by score.
pub(super) fn order(
    sort: Option<&Sort>,
    knn: Option<&Knn>,
    yields: &[Yield],
    schema: &Schema,
) -> Result<Order, Error> {
    let Some(sort) = sort else {
        return Ok(if knn.is_some() {
            Order::Distance { descending: false }
        } else {
            Order::Score
        });
    };
    let descending = sort.descending;
    if knn.is_some_and(|knn| knn.distance_name == sort.property) {
        return Ok(Order::Distance { descending });
    }
    let yielded = yields.iter().position(|it| it.name == sort.property);
    if let Some(range) = yielded {
        return Ok(Order::Yielded { range, descending });
    }
    let name = || shown(&sort.property);
    let field = schema
        .find(&sort.property)
        .ok_or_else(|| Refusal::NoSuchProperty { name: name() })?;
    if matches!(schema.field(field).kind, FieldKind::Vector(_)) {
        return Err(Refusal::BadValue {
            argument: "SORTBY".to_owned(),
            expected: format!(
                "`{}` is a VECTOR field; sort by its distance or by a NUMERIC, TAG or TEXT field",
                name()
            ),
        }
        .into());
    }
    Ok(Order::Field { field, descending })
}
