//! One search of a hybrid one: `SEARCH` by words, `VSIM` by a vector.

use crate::request::aggregate::property;
use crate::request::args::{Args, keyword};
use crate::request::error::{Error, HybridError, Refusal};
use crate::request::search::Search;
use crate::request::settings::Settings;

/// Neighbours of a `VSIM` that does not say how many (spec, section 5).
const DEFAULT_K: usize = 10;
/// `EF_RUNTIME`, as in a schema.
const MOST_EF: usize = 1_000_000;
/// A `WEIGHT`, as that of a clause.
pub(super) const MOST_WEIGHT: f64 = 1_000_000.0;

/// Options that the words of a leg take as those of `FT.SEARCH`, with the number of their values.
const WORD_OPTIONS: &[(&str, usize)] = &[
    ("VERBATIM", 0),
    ("NOSTOPWORDS", 0),
    ("INORDER", 0),
    ("SLOP", 1),
    ("LANGUAGE", 1),
    ("EXPANDER", 1),
    ("SCORER", 1),
    ("BM25STD_TANH_FACTOR", 1),
    ("PAYLOAD", 1),
];
/// The same, of options that take a count and as many values.
const WORD_LISTS: &[&str] = &["INFIELDS", "INKEYS"];

/// One search.
#[derive(Clone, Debug, PartialEq)]
pub struct Leg {
    /// What it looks for.
    pub asked: Asked,
    /// `FILTER`: the only documents there are for it.
    pub filter: Option<LegFilter>,
    /// `WEIGHT`, or what `COMBINE` says: what its part of a score is multiplied by.
    pub weight: f64,
    /// Whether `WEIGHT` says so.
    pub(super) is_weighed: bool,
    /// `YIELD_SCORE_AS`: the property that holds its score; none does not show it.
    pub score_name: Option<Vec<u8>>,
}

/// What a leg looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// `SEARCH`: what matches a query best, with the options of the query.
    Words(Box<Search>),
    /// `VSIM`: what is like a vector.
    Vector(Similar),
}

/// What is like a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar {
    /// The vector field.
    pub field: Vec<u8>,
    /// The parameter that holds the vector.
    pub parameter: Vec<u8>,
    /// How much of it.
    pub method: Method,
}

/// How much of what is like a vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// `KNN`
    Knn {
        /// `K`: how many.
        k: usize,
        /// `EF_RUNTIME`: candidates kept while searching, instead of the field's own.
        ef_runtime: Option<usize>,
    },
    /// `RANGE`
    Range {
        /// `RADIUS`: the largest distance.
        radius: f64,
        /// `EPSILON`: how far beyond it a walk of a graph goes, instead of the field's own.
        epsilon: Option<f64>,
    },
}

/// What restricts a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegFilter {
    /// A query, of which nothing scores.
    pub query: Vec<u8>,
    /// `POLICY`: how neighbours are found among what it lets through; none leaves it to the engine.
    pub policy: Option<Policy>,
    /// `BATCH_SIZE`: neighbours looked at between two looks at the filter.
    pub batch_size: Option<usize>,
}

/// How a filter and a search for neighbours are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// `ADHOC`: compare with everything that it lets through.
    AdHoc,
    /// `BATCHES`: look for neighbours and keep those that it lets through.
    Batches,
}

impl Leg {
    /// Reads a leg if one begins here.
    pub(super) fn take<'a>(
        index: &'a [u8],
        args: &mut Args<'a>,
        settings: &Settings,
    ) -> Result<Option<Self>, Error> {
        if args.take("SEARCH") {
            Self::take_words(index, args, settings).map(Some)
        } else if args.take("VSIM") {
            Ok(Self::take_vector(args).map(Some)?)
        } else {
            Ok(None)
        }
    }

    fn of(asked: Asked) -> Self {
        Self {
            asked,
            filter: None,
            weight: 1.0,
            is_weighed: false,
            score_name: None,
        }
    }

    /// `SEARCH query [options]`
    fn take_words<'a>(
        index: &'a [u8],
        args: &mut Args<'a>,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let mut words: Vec<&[u8]> = vec![index, args.value("SEARCH")?];
        let mut leg = Self::of(Asked::Vector(Similar {
            field: Vec::new(),
            parameter: Vec::new(),
            method: Method::default(),
        }));
        while let Some(given) = args.peek() {
            let option = keyword(given).unwrap_or_default();
            if leg.take_option(&option, args)? {
                continue;
            }
            let values = WORD_OPTIONS.iter().find(|(name, _)| *name == option);
            if let Some((name, count)) = values {
                args.skip();
                words.push(given);
                for _ in 0..*count {
                    words.push(args.value(name)?);
                }
            } else if WORD_LISTS.contains(&option.as_str()) {
                args.skip();
                words.push(given);
                words.extend(args.peek());
                words.extend(args.list(&option, 1)?);
            } else {
                break;
            }
        }
        let is_for_vectors = |it: &LegFilter| it.policy.is_some() || it.batch_size.is_some();
        if leg.filter.as_ref().is_some_and(is_for_vectors) {
            return Err(Refusal::misplaced_option("POLICY and BATCH_SIZE", "KNN").into());
        }
        let search = Search::parse_as("FT.HYBRID", &words, settings)?;
        leg.asked = Asked::Words(Box::new(search));
        Ok(leg)
    }

    /// `VSIM @field $vector [KNN …|RANGE …] [options]`
    fn take_vector(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let field = property(args.value("VSIM")?);
        let vector = args.value("VSIM")?;
        let Some(parameter) = vector.strip_prefix(b"$").filter(|name| !name.is_empty()) else {
            return Err(Refusal::no_vector_parameter(vector));
        };
        let mut leg = Self::of(Asked::Vector(Similar {
            field,
            parameter: parameter.to_vec(),
            method: Method::default(),
        }));
        let mut method = None;
        while let Some(option) = args.peek_keyword() {
            let read = match option.as_str() {
                "KNN" => leg.take_knn(args)?,
                "RANGE" => leg.take_range(args)?,
                _ if leg.take_option(&option, args)? => continue,
                _ => break,
            };
            if method.replace(read).is_some() {
                return Err(Refusal::Hybrid(HybridError::TwoMethods));
            }
        }
        let method = method.unwrap_or_default();
        leg.check_filter(method)?;
        if let Asked::Vector(similar) = &mut leg.asked {
            similar.method = method;
        }
        Ok(leg)
    }

    /// Takes an option that every leg has; false if this is none. A second `FILTER` is a step.
    fn take_option(&mut self, option: &str, args: &mut Args<'_>) -> Result<bool, Refusal> {
        match option {
            "FILTER" if self.filter.is_none() => {
                args.skip();
                self.filter = Some(LegFilter::take(args)?);
            }
            "WEIGHT" => {
                args.skip();
                self.weight = args.number("WEIGHT", 0.0, MOST_WEIGHT)?;
                if std::mem::replace(&mut self.is_weighed, true) {
                    return Err(Refusal::duplicate("option", b"WEIGHT"));
                }
            }
            "YIELD_SCORE_AS" => self.take_score_name(args)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_score_name(&mut self, args: &mut Args<'_>) -> Result<(), Refusal> {
        args.skip();
        let name = take_name(args)?;
        if self.score_name.replace(name).is_some() {
            return Err(Refusal::duplicate("option", b"YIELD_SCORE_AS"));
        }
        Ok(())
    }

    fn take_knn(&mut self, args: &mut Args<'_>) -> Result<Method, Refusal> {
        args.skip();
        let list = args.list("KNN", 0)?;
        let mut options = args.over(list);
        let (mut k, mut ef_runtime, mut ratio) = (None, None, false);
        while let Some(given) = options.peek() {
            let name = keyword(given).unwrap_or_default();
            if name == "YIELD_SCORE_AS" {
                self.take_score_name(&mut options)?;
                continue;
            }
            options.skip();
            let seen = match name.as_str() {
                "K" => k.replace(options.whole("K", 1, usize::MAX)?).is_some(),
                "EF_RUNTIME" => {
                    let ef = options.whole("EF_RUNTIME", 1, MOST_EF)?;
                    ef_runtime.replace(ef).is_some()
                }
                // It says how a cluster shares the work.
                "SHARD_K_RATIO" => {
                    options.number("SHARD_K_RATIO", 0.0, 1.0)?;
                    std::mem::replace(&mut ratio, true)
                }
                _ => return Err(Refusal::unknown_argument(given, "KNN of VSIM")),
            };
            once(seen, given, "KNN")?;
        }
        Ok(Method::Knn {
            k: k.unwrap_or(DEFAULT_K),
            ef_runtime,
        })
    }

    fn take_range(&mut self, args: &mut Args<'_>) -> Result<Method, Refusal> {
        args.skip();
        let list = args.list("RANGE", 0)?;
        let mut options = args.over(list);
        let (mut radius, mut epsilon) = (None, None);
        while let Some(given) = options.peek() {
            let name = keyword(given).unwrap_or_default();
            if name == "YIELD_SCORE_AS" {
                self.take_score_name(&mut options)?;
                continue;
            }
            options.skip();
            let (slot, name) = match name.as_str() {
                "RADIUS" => (&mut radius, "RADIUS"),
                "EPSILON" => (&mut epsilon, "EPSILON"),
                _ => return Err(Refusal::unknown_argument(given, "RANGE of VSIM")),
            };
            // −0 is 0.
            let number = options.number(name, 0.0, f64::MAX)? + 0.0;
            once(slot.replace(number).is_some(), given, "RANGE")?;
        }
        let radius = radius.ok_or_else(|| Refusal::missing("RADIUS of RANGE"))?;
        Ok(Method::Range { radius, epsilon })
    }

    /// That a filter's options are for what the leg does.
    fn check_filter(&self, method: Method) -> Result<(), Refusal> {
        let Some(filter) = &self.filter else {
            return Ok(());
        };
        match method {
            Method::Range { .. } if filter.policy.is_some() || filter.batch_size.is_some() => Err(
                Refusal::misplaced_option("POLICY and BATCH_SIZE", "KNN, not of RANGE"),
            ),
            Method::Knn { ef_runtime, .. }
                if filter.policy == Some(Policy::AdHoc)
                    && (filter.batch_size.is_some() || ef_runtime.is_some()) =>
            {
                Err(Refusal::Hybrid(HybridError::AdHocBatches))
            }
            Method::Knn { .. } | Method::Range { .. } => Ok(()),
        }
    }
}

impl Default for Method {
    fn default() -> Self {
        Self::Knn {
            k: DEFAULT_K,
            ef_runtime: None,
        }
    }
}

impl LegFilter {
    /// `query`, or a count and as many words: `query [POLICY p] [BATCH_SIZE n]`.
    fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let first = args.peek().unwrap_or_default();
        let is_count = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
        if !is_count {
            return Ok(Self {
                query: args.value("FILTER")?.to_vec(),
                policy: None,
                batch_size: None,
            });
        }
        let list = args.list("FILTER", 1)?;
        let mut words = args.over(list);
        let mut filter = Self {
            query: words.value("FILTER")?.to_vec(),
            policy: None,
            batch_size: None,
        };
        while let Some(given) = words.peek() {
            words.skip();
            let seen = match keyword(given).unwrap_or_default().as_str() {
                "POLICY" => {
                    let name = words.choice("POLICY", &["ADHOC", "ADHOC_BF", "BATCHES"], &[])?;
                    let policy = match name {
                        "BATCHES" => Policy::Batches,
                        _ => Policy::AdHoc,
                    };
                    filter.policy.replace(policy).is_some()
                }
                "BATCH_SIZE" => {
                    let size = words.whole("BATCH_SIZE", 1, usize::MAX)?;
                    filter.batch_size.replace(size).is_some()
                }
                _ => return Err(Refusal::unknown_argument(given, "FILTER of a leg")),
            };
            once(seen, given, "FILTER")?;
        }
        Ok(filter)
    }
}

/// The name of a score.
pub(super) fn take_name(args: &mut Args<'_>) -> Result<Vec<u8>, Refusal> {
    let name = property(args.value("YIELD_SCORE_AS")?);
    if name.is_empty() {
        return Err(Refusal::empty("YIELD_SCORE_AS"));
    }
    Ok(name)
}

pub(super) fn once(seen: bool, given: &[u8], clause: &str) -> Result<(), Refusal> {
    if seen {
        return Err(Refusal::duplicate(&format!("option of {clause}"), given));
    }
    Ok(())
}
