//! The steps of an aggregation to a pipeline: names bound to slots, expressions compiled, and each
//! value read from its document right before the first step that needs it.

mod layout;
mod reduce;

use std::sync::Arc;

use nuthatch_indexes::text::FieldMask;

use self::layout::{Layout, Terms};
pub use self::layout::{Output, Property};
pub use self::reduce::{Calculation, Figure, Groups, Summary};
use super::{Plan, VectorRange};
use crate::catalog::index::Index;
use crate::catalog::schema::FieldId;
use crate::expr::{Expression, Parameters, Program, parse};
use crate::request::aggregate::{self as request, DEFAULT_SORTED};
use crate::request::error::{Error, Refusal};

/// What becomes of rows of documents.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// In order.
    pub steps: Vec<Step>,
    /// What is shown of a row at the end.
    pub output: Output,
    /// How many rows of documents are enough, where no more can matter.
    pub enough: Option<usize>,
    /// Which documents are the first in an order, where no others can matter.
    pub first: Option<FirstBy>,
}

/// The first documents by a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstBy {
    /// The field.
    pub field: FieldId,
    /// The highest come first.
    pub descending: bool,
    /// How many.
    pub most: usize,
}

/// Documents that are put in order before they become rows, at most: what is gained is not to make rows
/// of the others.
const MOST_FIRST: usize = 1 << 16;

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// Values of documents.
    Fetch(Vec<Fetch>),
    /// Whole documents.
    FetchDocuments,
    /// A computed value.
    Apply {
        /// Where it goes.
        slot: usize,
        /// How it is computed.
        program: Program,
    },
    /// Only rows for which a program is true.
    Filter(Program),
    /// One row a group, with its keys in the first slots and its summaries behind.
    Group(Groups),
    /// The first rows in an order.
    Sort {
        /// Slots, and whether the highest come first.
        keys: Vec<(usize, bool)>,
        /// How many rows.
        most: usize,
    },
    /// Some rows only.
    Limit {
        /// Rows passed over.
        offset: usize,
        /// Rows after them.
        count: usize,
    },
}

/// A value of a document and where it goes.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The slot.
    pub slot: usize,
    /// Where it comes from.
    pub source: Source,
}

/// Where a value of a document comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The document's key.
    Key,
    /// The number of an indexed field.
    Number(FieldId),
    /// The sort key of a field.
    Column(FieldId),
    /// A field of the hash, as a number if it is one of a `NUMERIC` field.
    Field {
        /// The field's name.
        name: Vec<u8>,
        /// It is a number.
        is_number: bool,
    },
    /// The distance of one of [`Plan::yields`].
    Yielded(usize),
    /// The distance from a vector, however far.
    Distance(Arc<VectorRange>),
    /// Those of some terms that the document has, in a list.
    MatchedTerms {
        /// The terms of the query.
        terms: Arc<[(Vec<u8>, FieldMask)]>,
        /// How many the list has at most.
        most: usize,
    },
}

impl Source {
    /// Whether it is read from the keyspace.
    #[must_use]
    pub const fn is_in_keyspace(&self) -> bool {
        matches!(self, Self::Field { .. })
    }
}

/// Plans what becomes of the rows that a plan finds. Rows come with the values of `given`, names in
/// the order of their slots, from 0 on.
///
/// # Errors
/// A refusal when a step names what there is not, or an expression cannot be read.
pub fn pipeline(
    steps: &[request::Step],
    params: &[(Vec<u8>, Vec<u8>)],
    given: &[Vec<u8>],
    plan: &Plan,
    index: &Index,
) -> Result<Pipeline, Error> {
    let mut binder = Binder {
        layout: Layout::new(given, index, Terms::of(plan)),
        params: Parameters::new(params),
        steps: Vec::new(),
    };
    for (position, yielded) in plan.yields.iter().enumerate() {
        binder
            .layout
            .fetch(yielded.name.clone(), Source::Yielded(position));
    }
    let mut rest = steps;
    while let Some((step, after)) = rest.split_first() {
        binder.step(step, after.first())?;
        rest = after;
    }
    binder.flush();
    let (enough, first) = (enough(&binder.steps), first(&binder.steps));
    Ok(Pipeline {
        enough,
        first,
        output: binder.layout.output(),
        steps: binder.steps,
    })
}

/// Rows that a `LIMIT` lets through which nothing stands before that could drop one.
fn enough(steps: &[Step]) -> Option<usize> {
    for step in steps {
        match step {
            Step::Apply { .. } => {}
            Step::Fetch(values) if !values.iter().any(|it| it.source.is_in_keyspace()) => {}
            Step::Limit { offset, count } if *count > 0 => return offset.checked_add(*count),
            Step::Fetch(_)
            | Step::FetchDocuments
            | Step::Filter(_)
            | Step::Group(_)
            | Step::Sort { .. }
            | Step::Limit { .. } => return None,
        }
    }
    None
}

/// What a sort by one number keeps which nothing stands before that could drop a row.
fn first(steps: &[Step]) -> Option<FirstBy> {
    let mut numbers: Vec<(usize, FieldId)> = Vec::new();
    for step in steps {
        match step {
            Step::Fetch(values) if !values.iter().any(|it| it.source.is_in_keyspace()) => {
                for fetch in values {
                    numbers.retain(|(slot, _)| *slot != fetch.slot);
                    if let Source::Number(field) = fetch.source {
                        numbers.push((fetch.slot, field));
                    }
                }
            }
            Step::Sort { keys, most } => {
                let &[(slot, descending)] = keys.as_slice() else {
                    return None;
                };
                let (_, field) = numbers.into_iter().find(|(known, _)| *known == slot)?;
                return (*most <= MOST_FIRST).then_some(FirstBy {
                    field,
                    descending,
                    most: *most,
                });
            }
            Step::Fetch(_)
            | Step::FetchDocuments
            | Step::Apply { .. }
            | Step::Filter(_)
            | Step::Group(_)
            | Step::Limit { .. } => return None,
        }
    }
    None
}

struct Binder<'a> {
    layout: Layout<'a>,
    params: Parameters<'a>,
    steps: Vec<Step>,
}

impl Binder<'_> {
    fn step(&mut self, step: &request::Step, next: Option<&request::Step>) -> Result<(), Error> {
        let step = match step {
            request::Step::Load(loaded) => return self.load(loaded),
            request::Step::LoadAll => {
                self.layout.load_all()?;
                Step::FetchDocuments
            }
            request::Step::Apply { expression, name } => {
                let program = self.program(expression)?;
                let slot = self.layout.put(name);
                Step::Apply { slot, program }
            }
            request::Step::Filter { expression } => Step::Filter(self.program(expression)?),
            request::Step::Sort { keys, most } => {
                let keys = keys.iter().map(|key| {
                    let slot = self.layout.slot(&key.property)?;
                    Ok((slot, key.descending))
                });
                Step::Sort {
                    keys: keys.collect::<Result<_, Error>>()?,
                    most: sorted(*most, next),
                }
            }
            request::Step::Limit { offset, count } => Step::Limit {
                offset: *offset,
                count: *count,
            },
            request::Step::Group { keys, reducers } => {
                let groups = self.layout.group(keys, reducers)?;
                self.flush();
                self.layout.regroup(keys, reducers)?;
                Step::Group(groups)
            }
        };
        self.flush();
        self.steps.push(step);
        Ok(())
    }

    fn load(&mut self, loaded: &[request::Loaded]) -> Result<(), Error> {
        for property in loaded {
            match &property.alias {
                Some(alias) if self.layout.stays(&property.name) => {
                    self.copy(&property.name, alias)?;
                }
                Some(_) | None => self.layout.load(property)?,
            }
        }
        self.flush();
        Ok(())
    }

    /// Gives a value that is no document's another name.
    fn copy(&mut self, name: &[u8], alias: &[u8]) -> Result<(), Error> {
        let expression = Expression::Property(name.to_vec());
        let program = Program::compile(&expression, &mut self.layout)?;
        self.flush();
        let slot = self.layout.put(alias);
        self.steps.push(Step::Apply { slot, program });
        Ok(())
    }

    fn program(&mut self, expression: &[u8]) -> Result<Program, Error> {
        let expression = parse(expression, &self.params)?;
        Program::compile(&expression, &mut self.layout)
    }

    /// What has been found to be needed is fetched now.
    fn flush(&mut self) {
        let values = self.layout.take_fetches();
        if !values.is_empty() {
            self.steps.push(Step::Fetch(values));
        }
    }
}

/// How many rows a sort keeps: `MAX`, and no more than a `LIMIT` right behind it asks for; without
/// either ten (spec, section 1.5).
fn sorted(most: Option<usize>, next: Option<&request::Step>) -> usize {
    match next {
        Some(request::Step::Limit { offset, count }) => {
            let asked = offset.saturating_add(*count);
            most.map_or(asked, |most| most.min(asked))
        }
        Some(_) | None => most.unwrap_or(DEFAULT_SORTED),
    }
}

/// The refusal of a name that nothing has.
fn no_such_property(name: &[u8]) -> Error {
    let name = crate::request::error::shown(name);
    Refusal::NoSuchProperty { name }.into()
}
