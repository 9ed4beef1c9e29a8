//! The refusals of `FT.HYBRID`.

use std::fmt;

use super::{Refusal, shown};

/// What is wrong with a hybrid search that no other refusal says.
#[derive(Clone, Debug, PartialEq)]
pub enum HybridError {
    /// Fewer searches than there is anything to combine of.
    TooFewLegs,
    /// More searches than one command may make.
    TooManyLegs {
        /// How many it may make.
        most: usize,
    },
    /// Another number of searches than the command says that it has.
    LegCount {
        /// What it says.
        announced: usize,
        /// How many there are.
        given: usize,
    },
    /// `ALPHA` and `BETA` of other legs than one `SEARCH` and one `VSIM`.
    AlphaOfMany,
    /// A `VSIM` with more than one of `KNN` and `RANGE`.
    TwoMethods,
    /// `POLICY ADHOC` with an option of the other policy.
    AdHocBatches,
    /// A vector clause in a query that may have none.
    VectorClause {
        /// Where, e.g. `SEARCH` or `FILTER of VSIM`.
        place: String,
    },
    /// What is wrong with one of the queries of the command.
    In {
        /// Which, e.g. `FILTER of VSIM`.
        place: String,
        /// What is wrong with it.
        refusal: Box<Refusal>,
    },
}

impl Refusal {
    /// A `VSIM` whose vector is no parameter.
    #[must_use]
    pub fn no_vector_parameter(given: &[u8]) -> Self {
        Self::bad_value(
            "VSIM",
            format!(
                "the vector must be a parameter, as in `$vector`, not `{}`",
                shown(given)
            ),
        )
    }

    /// The same, of one of the queries of a command.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        Self::Hybrid(HybridError::In {
            place: place.to_owned(),
            refusal: Box::new(self),
        })
    }
}

impl fmt::Display for HybridError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BAD: &str = "SEARCH_PARSE_ARGS Bad arguments for";
        match self {
            Self::TooFewLegs => write!(
                f,
                "{BAD} FT.HYBRID: needs two searches or more: SEARCH query, VSIM @field $vector"
            ),
            Self::TooManyLegs { most } => {
                write!(f, "{BAD} FT.HYBRID: takes at most {most} searches")
            }
            Self::LegCount { announced, given } => write!(
                f,
                "{BAD} FT.HYBRID: announces {announced} searches, but {given} follow"
            ),
            Self::AlphaOfMany => write!(
                f,
                "{BAD} ALPHA: is for one SEARCH and one VSIM; WEIGHT weighs each of other searches"
            ),
            Self::TwoMethods => write!(f, "{BAD} VSIM: takes one KNN or one RANGE"),
            Self::AdHocBatches => write!(
                f,
                "{BAD} POLICY: ADHOC takes neither BATCH_SIZE nor EF_RUNTIME"
            ),
            Self::VectorClause { place } => write!(
                f,
                "{BAD} {place}: must have no vector clause; VSIM looks for vectors"
            ),
            Self::In { place, refusal } => write!(f, "{refusal} (in {place})"),
        }
    }
}
