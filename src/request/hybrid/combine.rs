//! `COMBINE`: how the rankings of the legs become one.

use super::leg::{MOST_WEIGHT, once, take_name};
use super::{Asked, Leg};
use crate::request::args::{Args, keyword};
use crate::request::error::{HybridError, Refusal};

/// `CONSTANT` of a fusion by ranks that does not say (spec, section 5).
const DEFAULT_CONSTANT: f64 = 60.0;
/// `WINDOW` of a fusion that does not say.
const DEFAULT_WINDOW: usize = 20;
/// `WINDOW` at most: as many as a search may be asked for.
const MOST_WINDOW: usize = 1_000_000;
/// `ALPHA` and `BETA` of a `LINEAR` fusion that says neither.
const DEFAULT_ALPHA_BETA: [f64; 2] = [0.3, 0.7];

/// How rankings become one.
#[derive(Clone, Debug, PartialEq)]
pub struct Combine {
    /// By what.
    pub fusion: Fusion,
    /// `WINDOW`: documents of each leg at most, its best.
    pub window: usize,
    /// `YIELD_SCORE_AS`: the property that holds the score; none is `__score`.
    pub score_name: Option<Vec<u8>>,
    /// `ALPHA` and `BETA`: the weights of `SEARCH` and `VSIM`.
    alpha_beta: Option<[f64; 2]>,
}

/// By what rankings become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fusion {
    /// `RRF`: the ranks.
    Ranks {
        /// `CONSTANT`: how little the first ranks count more than the later ones.
        constant: f64,
    },
    /// `LINEAR`: the scores as they are.
    Scores,
    /// `RELATIVE_SCORE`: the scores, from the lowest to the highest of each leg.
    RelativeScores,
    /// `DBSF`: the scores, within three standard deviations around the mean of each leg.
    Distribution,
}

impl Default for Combine {
    fn default() -> Self {
        Self {
            fusion: Fusion::Ranks {
                constant: DEFAULT_CONSTANT,
            },
            window: DEFAULT_WINDOW,
            score_name: None,
            alpha_beta: None,
        }
    }
}

impl Combine {
    /// `COMBINE method [n options]`
    pub(super) fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let names = ["RRF", "LINEAR", "RELATIVE_SCORE", "DBSF"];
        let method = args.choice("COMBINE", &names, &[])?;
        let mut given = Given::default();
        if args.peek().is_some_and(is_whole) {
            let list = args.list(method, 0)?;
            let mut options = args.over(list);
            while let Some(word) = options.peek() {
                options.skip();
                given.option(word, &mut options, method)?;
            }
        }
        if args.take("YIELD_SCORE_AS") {
            let again = given.score_name.replace(take_name(args)?).is_some();
            once(again, b"YIELD_SCORE_AS", method)?;
        }
        let fusion = match method {
            "RRF" => Fusion::Ranks {
                constant: given.constant.unwrap_or(DEFAULT_CONSTANT),
            },
            "LINEAR" => Fusion::Scores,
            "RELATIVE_SCORE" => Fusion::RelativeScores,
            _ => Fusion::Distribution,
        };
        Ok(Self {
            fusion,
            window: given.window.unwrap_or(DEFAULT_WINDOW),
            score_name: given.score_name,
            alpha_beta: match (given.alpha, given.beta) {
                (None, None) => None,
                (Some(alpha), Some(beta)) => Some([alpha, beta]),
                (Some(_), None) => return Err(Refusal::needs("ALPHA", "BETA")),
                (None, Some(_)) => return Err(Refusal::needs("BETA", "ALPHA")),
            },
        })
    }

    /// Gives the legs the weights of `ALPHA` and `BETA`, or those that a `LINEAR` fusion of one
    /// `SEARCH` and one `VSIM` has unless it is told.
    pub(super) fn weigh(&self, legs: &mut [Leg]) -> Result<(), Refusal> {
        let is_weighed = legs.iter().any(|leg| leg.is_weighed);
        let is_words = |leg: &Leg| matches!(leg.asked, Asked::Words(_));
        let is_pair = match &*legs {
            [a, b] => is_words(a) != is_words(b),
            _ => false,
        };
        let weights = match self.alpha_beta {
            Some(_) if is_weighed => return Err(Refusal::contradiction("WEIGHT", "ALPHA")),
            Some(_) if !is_pair => return Err(Refusal::Hybrid(HybridError::AlphaOfMany)),
            Some(weights) => weights,
            None if self.fusion == Fusion::Scores && is_pair && !is_weighed => DEFAULT_ALPHA_BETA,
            None => return Ok(()),
        };
        for leg in legs {
            leg.weight = if is_words(leg) {
                weights[0]
            } else {
                weights[1]
            };
        }
        Ok(())
    }
}

/// Options as they were given.
#[derive(Default)]
struct Given {
    constant: Option<f64>,
    window: Option<usize>,
    alpha: Option<f64>,
    beta: Option<f64>,
    score_name: Option<Vec<u8>>,
}

impl Given {
    fn option(&mut self, given: &[u8], args: &mut Args<'_>, method: &str) -> Result<(), Refusal> {
        let name = keyword(given).unwrap_or_default();
        let is_by_rank = method == "RRF";
        let seen = match name.as_str() {
            "CONSTANT" if is_by_rank => {
                let constant = args.number("CONSTANT", 0.0, f64::MAX)?;
                self.constant.replace(constant).is_some()
            }
            "WINDOW" => {
                let window = args.whole("WINDOW", 1, MOST_WINDOW)?;
                self.window.replace(window).is_some()
            }
            "ALPHA" if !is_by_rank => {
                let alpha = args.number("ALPHA", 0.0, MOST_WEIGHT)?;
                self.alpha.replace(alpha).is_some()
            }
            "BETA" if !is_by_rank => {
                let beta = args.number("BETA", 0.0, MOST_WEIGHT)?;
                self.beta.replace(beta).is_some()
            }
            "YIELD_SCORE_AS" => self.score_name.replace(take_name(args)?).is_some(),
            "CONSTANT" => {
                return Err(Refusal::misplaced_option(
                    "CONSTANT",
                    "RRF, which fuses ranks",
                ));
            }
            "ALPHA" | "BETA" => {
                return Err(Refusal::misplaced_option(
                    &name,
                    "fusions of scores; WEIGHT of a leg weighs its ranks",
                ));
            }
            _ => {
                let place = format!("COMBINE {method}");
                return Err(Refusal::unknown_argument(given, &place));
            }
        };
        once(seen, given, method)
    }
}

fn is_whole(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(u8::is_ascii_digit)
}
