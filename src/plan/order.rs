//! How the hits of a search are ordered, and where in that order a page begins.

use super::{Knn, Yield};
use crate::catalog::column::SortKey;
use crate::catalog::schema::{FieldId, Schema};
use crate::request::create::FieldKind;
use crate::request::error::{Error, Refusal, shown};
use crate::request::search::{After, AfterValue, Scorer, Search, Sort};

/// The property that is a document's score, unless a field has this name.
const SCORE: &[u8] = b"__score";

/// How hits are ordered.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// By the first, those equal in it by the second, and so on; one or more.
    pub keys: Vec<OrderKey>,
    /// Ties are in the order of the documents' keys, and a page begins behind a place; else ties
    /// are in the order of document ids.
    pub page: Option<Page>,
}

/// One thing to order by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderKey {
    /// Which.
    pub by: By,
    /// Highest first.
    pub descending: bool,
}

/// What hits are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The score.
    Score,
    /// The distance from the vector whose neighbours are asked for.
    Distance,
    /// The distance of a range, which of [`super::Plan::yields`]; documents outside of it last.
    Yielded(usize),
    /// A field's value; documents without one last.
    Field(FieldId),
}

/// A page of an order that is total whatever becomes of document ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The place behind which the page begins; none for the first page.
    pub after: Option<Place>,
}

/// A place in an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The value of each key of the order, none where a document has none.
    pub values: Vec<Option<SortKey>>,
    /// The document's key.
    pub id: Vec<u8>,
}

impl Order {
    /// By one thing alone.
    #[must_use]
    pub fn by(by: By, descending: bool) -> Self {
        Self {
            keys: vec![OrderKey { by, descending }],
            page: None,
        }
    }

    /// The best score first, and nothing else.
    #[must_use]
    pub fn is_by_score(&self) -> bool {
        self.page.is_none() && matches!(self.keys.as_slice(), [key] if key.is_best_score())
    }

    /// Whether a score is among the keys.
    #[must_use]
    pub fn needs_scores(&self) -> bool {
        self.keys.iter().any(|key| key.by == By::Score)
    }

    /// Whether anything but scores and the distance of neighbours is among the keys.
    #[must_use]
    pub fn needs_values(&self) -> bool {
        self.keys
            .iter()
            .any(|key| matches!(key.by, By::Yielded(_) | By::Field(_)))
    }
}

impl OrderKey {
    fn is_best_score(self) -> bool {
        self.by == By::Score && self.descending
    }
}

/// The order asked for, else by distance, else by score.
pub(super) fn order(
    search: &Search,
    knn: Option<&Knn>,
    yields: &[Yield],
    schema: &Schema,
) -> Result<Order, Error> {
    let mut order = match search.sort.as_slice() {
        [] if knn.is_some() => Order::by(By::Distance, false),
        [] => Order::by(By::Score, true),
        sorts => {
            let keys = sorts.iter().map(|sort| key(sort, knn, yields, schema));
            Order {
                keys: keys.collect::<Result<_, Error>>()?,
                page: None,
            }
        }
    };
    if let Some(after) = &search.after {
        // Shares of the highest score are known only at the end.
        if order.needs_scores() && search.scoring.scorer == Scorer::Bm25StdNorm {
            return Err(Refusal::contradiction("AFTER by score", "SCORER BM25STD.NORM").into());
        }
        order.page = Some(page(after, &order.keys, schema)?);
    }
    Ok(order)
}

fn key(
    sort: &Sort,
    knn: Option<&Knn>,
    yields: &[Yield],
    schema: &Schema,
) -> Result<OrderKey, Error> {
    let descending = sort.descending;
    let key = |by| OrderKey { by, descending };
    if knn.is_some_and(|knn| knn.distance_name == sort.property) {
        return Ok(key(By::Distance));
    }
    let yielded = yields.iter().position(|it| it.name == sort.property);
    if let Some(range) = yielded {
        return Ok(key(By::Yielded(range)));
    }
    let name = || shown(&sort.property);
    let Some(field) = schema.find(&sort.property) else {
        if sort.property == SCORE {
            return Ok(key(By::Score));
        }
        return Err(Refusal::NoSuchProperty { name: name() }.into());
    };
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
    if matches!(schema.field(field).kind, FieldKind::GeoShape(_)) {
        return Err(Refusal::unordered_field(&sort.property, "GEOSHAPE").into());
    }
    Ok(key(By::Field(field)))
}

/// The page behind the place that `AFTER` names.
fn page(after: &After, keys: &[OrderKey], schema: &Schema) -> Result<Page, Refusal> {
    let After::Place { values, id } = after else {
        return Ok(Page { after: None });
    };
    if values.len() != keys.len() {
        return Err(Refusal::wrong_place(keys.len(), values.len()));
    }
    let given = (1..).zip(values).zip(keys);
    let values = given.map(|((number, value), key)| value_of(number, value, *key, schema));
    Ok(Page {
        after: Some(Place {
            values: values.collect::<Result<_, _>>()?,
            id: id.clone(),
        }),
    })
}

/// A value of a place, which must be of the kind that its key has.
fn value_of(
    number: usize,
    value: &AfterValue,
    key: OrderKey,
    schema: &Schema,
) -> Result<Option<SortKey>, Refusal> {
    let is_number = match key.by {
        By::Score | By::Distance | By::Yielded(_) => true,
        By::Field(field) => schema.field(field).kind == FieldKind::Numeric,
    };
    match value {
        AfterValue::Missing => Ok(None),
        AfterValue::Number(value) if is_number => Ok(Some(SortKey::Number(*value))),
        AfterValue::Text(text) if !is_number => Ok(Some(SortKey::Text(text.as_slice().into()))),
        AfterValue::Number(_) | AfterValue::Text(_) => {
            Err(Refusal::wrong_place_value(number, is_number))
        }
    }
}
