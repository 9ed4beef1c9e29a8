//! `FT.SEARCH`: a query and what to do with its hits.

mod facet;
mod filter;
mod order;
mod scoring;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

pub use self::facet::Facet;
pub use self::filter::NumberFilter;
pub use self::order::{After, AfterValue, Sort};
pub use self::scoring::{Scorer, Scoring};
use super::args::{Args, keyword};
use super::circle::GeoFilter;
use super::error::{Error, Refusal};
use super::highlight::{Highlight, Summarize};
use super::language::{Language, take_language};
use super::settings::Settings;

/// Hits that a search without `LIMIT` asks for.
const DEFAULT_HITS: usize = 10;
/// Options that may be given several times.
const REPEATABLE: [&str; 3] = ["FILTER", "FILTERJSON", "GEOFILTER"];
/// Options of a search that other engines have.
const UNSUPPORTED: &[&str] = &[
    "ALLSHARDS",
    "CONSISTENT",
    "INCONSISTENT",
    "LOCALONLY",
    "SOMESHARDS",
    "WITHRAWIDS",
];

/// The arguments of `FT.SEARCH`.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The index's name.
    pub index: Vec<u8>,
    /// The query string.
    pub query: Vec<u8>,
    /// `PARAMS`: names and values.
    pub params: Vec<(Vec<u8>, Vec<u8>)>,
    /// `NOCONTENT`: keys only. `RETURN 0` is the same.
    pub no_content: bool,
    /// `WITHSCORES`
    pub with_scores: bool,
    /// `WITHPAYLOADS`
    pub with_payloads: bool,
    /// `WITHSORTKEYS`
    pub with_sort_keys: bool,
    /// `EXPLAINSCORE`
    pub explain_score: bool,
    /// `SCORER` and what goes with it.
    pub scoring: Scoring,
    /// `VERBATIM`: no stems.
    pub verbatim: bool,
    /// `LANGUAGE` of the words of the query; none is that of the index.
    pub language: Option<Language>,
    /// `EXPANDER`: what words stand for, unless they are verbatim.
    pub expander: Expander,
    /// `NOSTOPWORDS`: stop words of the query are kept.
    pub keep_stop_words: bool,
    /// `SLOP`: other words between the words of a group, at most; none allows any number.
    pub slop: Option<u32>,
    /// `INORDER`: the words of a group come in its order.
    pub in_order: bool,
    /// `INFIELDS`: the only fields that words are looked for in; none looks in all.
    pub in_fields: Option<Vec<Vec<u8>>>,
    /// `INKEYS`: the only documents there are; none takes all.
    pub in_keys: Option<Vec<Vec<u8>>>,
    /// `FILTER`: ranges that numbers must lie in, all of them.
    pub filters: Vec<NumberFilter>,
    /// `GEOFILTER`: circles that points must lie in, all of them.
    pub circles: Vec<GeoFilter>,
    /// `RETURN`; none returns the whole document.
    pub returned: Option<Vec<Returned>>,
    /// `HIGHLIGHT`
    pub highlight: Option<Highlight>,
    /// `SUMMARIZE`
    pub summarize: Option<Summarize>,
    /// `SORTBY`; none sorts by distance, then score.
    pub sort: Vec<Sort>,
    /// `AFTER`: which page of a total order; none has ties in the order of insertion.
    pub after: Option<After>,
    /// `FACETS`: fields whose values are counted over all hits.
    pub facets: Vec<Facet>,
    /// `FILTERJSON`: filters that need no escaping, all of which must match.
    pub json_filters: Vec<Vec<u8>>,
    /// `WITHOUTCOUNT`: the total may be lower than the number of hits.
    pub without_count: bool,
    /// `LIMIT`: hits to skip.
    pub offset: usize,
    /// `LIMIT`: hits to return.
    pub count: usize,
    /// `TIMEOUT` in milliseconds; 0 is for ever.
    pub timeout_ms: u64,
    /// `DIALECT`, 1 to 4.
    pub dialect: u8,
    /// What applies where the search does not say.
    pub settings: Settings,
}

/// One property to return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The property: an attribute, a hash field, or the name of a distance.
    pub name: Vec<u8>,
    /// `AS`: the name to give it.
    pub alias: Option<Vec<u8>>,
}

/// `EXPANDER`: which other words a word of a query stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expander {
    /// `DEFAULT`: all that the index has.
    #[default]
    All,
    /// `SBSTEM`: those with the same stem.
    Stems,
    /// `SYNONYM`: its synonyms.
    Synonyms,
    /// `PHONETIC`: those that sound alike.
    Phonetics,
}

impl Search {
    /// Reads what follows `FT.SEARCH`.
    ///
    /// # Errors
    /// When it is not `index query [options]`, or asks for what this version lacks.
    pub fn parse(arguments: &[&[u8]]) -> Result<Self, Error> {
        Self::parse_with(arguments, &Settings::default())
    }

    /// As [`Search::parse`], under settings.
    ///
    /// # Errors
    /// The same.
    pub fn parse_with(arguments: &[&[u8]], settings: &Settings) -> Result<Self, Error> {
        Self::parse_as("FT.SEARCH", arguments, settings)
    }

    /// Reads what follows a command that takes what `FT.SEARCH` does.
    ///
    /// # Errors
    /// As [`Search::parse`].
    pub fn parse_as(
        command: &'static str,
        arguments: &[&[u8]],
        settings: &Settings,
    ) -> Result<Self, Error> {
        let [index, query, options @ ..] = arguments else {
            return Err(Refusal::Arity { command }.into());
        };
        let mut search = Self::all_default(index, query, settings);
        let mut args = Args::new(options);
        let mut seen = Vec::new();
        while let Some(given) = args.peek() {
            let option = keyword(given).unwrap_or_default();
            args.skip();
            if seen.contains(&option) && !REPEATABLE.contains(&option.as_str()) {
                return Err(Refusal::duplicate("option", given).into());
            }
            search.option(&option, given, &mut args)?;
            seen.push(option);
        }
        search.check(&seen)?;
        Ok(search)
    }

    fn all_default(index: &[u8], query: &[u8], settings: &Settings) -> Self {
        Self {
            index: index.to_vec(),
            query: query.to_vec(),
            params: Vec::new(),
            no_content: false,
            with_scores: false,
            with_payloads: false,
            with_sort_keys: false,
            explain_score: false,
            scoring: Scoring::by(settings),
            verbatim: false,
            language: None,
            expander: Expander::All,
            keep_stop_words: false,
            slop: None,
            in_order: false,
            in_fields: None,
            in_keys: None,
            filters: Vec::new(),
            circles: Vec::new(),
            returned: None,
            highlight: None,
            summarize: None,
            sort: Vec::new(),
            after: None,
            facets: Vec::new(),
            json_filters: Vec::new(),
            without_count: false,
            offset: 0,
            count: DEFAULT_HITS,
            timeout_ms: settings.timeout_ms,
            dialect: settings.dialect,
            settings: *settings,
        }
    }

    fn option(&mut self, option: &str, given: &[u8], args: &mut Args<'_>) -> Result<(), Refusal> {
        match option {
            "NOCONTENT" => self.no_content = true,
            "WITHSCORES" => self.with_scores = true,
            "WITHPAYLOADS" => self.with_payloads = true,
            "WITHSORTKEYS" => self.with_sort_keys = true,
            "EXPLAINSCORE" => self.explain_score = true,
            "VERBATIM" => self.verbatim = true,
            "NOSTOPWORDS" => self.keep_stop_words = true,
            "SLOP" => self.slop = take_slop(args)?,
            "INORDER" => self.in_order = true,
            "INFIELDS" => self.in_fields = Some(words(args.list("INFIELDS", 1)?)),
            "INKEYS" => self.in_keys = Some(words(args.list("INKEYS", 1)?)),
            "FILTER" => self.filters.push(NumberFilter::take(args)?),
            "GEOFILTER" => self.circles.push(GeoFilter::take(args)?),
            "RETURN" => self.take_return(args)?,
            "HIGHLIGHT" => self.highlight = Some(Highlight::take(args)?),
            "SUMMARIZE" => self.summarize = Some(Summarize::take(args)?),
            "SORTBY" => self.sort = Sort::take(args)?,
            "LIMIT" => self.take_limit(args)?,
            "PARAMS" => self.take_params(args)?,
            "TIMEOUT" => self.timeout_ms = args.whole("TIMEOUT", 0, u64::MAX)?,
            "DIALECT" => {
                self.dialect = args.whole("DIALECT", 1, 4).map_err(|_| Refusal::Dialect)?;
            }
            "AFTER" => self.after = Some(After::take(args)?),
            "FACETS" => self.facets = Facet::take(args)?,
            "FILTERJSON" => self.json_filters.push(args.value("FILTERJSON")?.to_vec()),
            // What it asks for is what happens anyway.
            "WITHCOUNT" => {}
            "WITHOUTCOUNT" => self.without_count = true,
            "FORMAT" => {
                args.choice("FORMAT", &["STRING"], &["EXPAND"])?;
            }
            "SCORER" => self.scoring.scorer = Scorer::take(args)?,
            "BM25STD_TANH_FACTOR" => self.scoring.take_tanh_factor(args)?,
            "PAYLOAD" => self.scoring.payload = Some(args.value("PAYLOAD")?.to_vec()),
            "LANGUAGE" => self.language = Some(take_language(args)?),
            "EXPANDER" => self.expander = take_expander(args)?,
            unsupported if UNSUPPORTED.contains(&unsupported) => {
                return Err(Refusal::unsupported(format!("{unsupported} of FT.SEARCH")));
            }
            _ => return Err(Refusal::unknown_argument(given, "FT.SEARCH")),
        }
        Ok(())
    }

    /// That the options go together.
    fn check(&self, given: &[String]) -> Result<(), Refusal> {
        let is_given = |option: &str| given.iter().any(|other| other == option);
        if self.explain_score && !self.with_scores {
            return Err(Refusal::needs("EXPLAINSCORE", "WITHSCORES"));
        }
        if is_given("BM25STD_TANH_FACTOR") && self.scoring.scorer != Scorer::Bm25StdTanh {
            return Err(Refusal::needs("BM25STD_TANH_FACTOR", "SCORER BM25STD.TANH"));
        }
        if self.without_count && is_given("WITHCOUNT") {
            return Err(Refusal::contradiction("WITHOUTCOUNT", "WITHCOUNT"));
        }
        if self.after.is_some() && self.offset > 0 {
            return Err(Refusal::offset_after_place());
        }
        Ok(())
    }

    /// The count of `RETURN` is of its words, `AS` and the names after it included.
    fn take_return(&mut self, args: &mut Args<'_>) -> Result<(), Refusal> {
        let words = args.list("RETURN", 0)?;
        if words.is_empty() {
            self.no_content = true;
            return Ok(());
        }
        let mut words = Args::new(words);
        let mut returned = Vec::new();
        while !words.is_empty() {
            let name = property(words.value("RETURN")?);
            let alias = if words.take("AS") {
                Some(words.value("AS in RETURN")?.to_vec())
            } else {
                None
            };
            returned.push(Returned { name, alias });
        }
        self.returned = Some(returned);
        Ok(())
    }

    fn take_limit(&mut self, args: &mut Args<'_>) -> Result<(), Refusal> {
        self.offset = args.whole("LIMIT", 0, usize::MAX)?;
        self.count = args.whole("LIMIT", 0, self.settings.max_search_results)?;
        if self.count == 0 && self.offset > 0 {
            return Err(Refusal::offset_of_nothing());
        }
        Ok(())
    }

    fn take_params(&mut self, args: &mut Args<'_>) -> Result<(), Refusal> {
        let mut names = HashSet::new();
        for [name, value] in args.pairs("PARAMS")? {
            if !names.insert(*name) {
                return Err(Refusal::duplicate("parameter", name));
            }
            self.params.push((name.to_vec(), value.to_vec()));
        }
        Ok(())
    }
}

fn take_expander(args: &mut Args<'_>) -> Result<Expander, Refusal> {
    let names = ["DEFAULT", "SBSTEM", "SYNONYM", "PHONETIC"];
    Ok(match args.choice("EXPANDER", &names, &[])? {
        "SBSTEM" => Expander::Stems,
        "SYNONYM" => Expander::Synonyms,
        "PHONETIC" => Expander::Phonetics,
        _ => Expander::All,
    })
}

/// −1 is any number.
fn take_slop(args: &mut Args<'_>) -> Result<Option<u32>, Refusal> {
    if args.take("-1") {
        return Ok(None);
    }
    let most = args.whole("SLOP", 0, u64::MAX)?;
    Ok(Some(u32::try_from(most).unwrap_or(u32::MAX)))
}

fn words(list: &[&[u8]]) -> Vec<Vec<u8>> {
    list.iter().map(|word| word.to_vec()).collect()
}

/// The name of a property, which may be written with an `@`.
fn property(name: &[u8]) -> Vec<u8> {
    name.strip_prefix(b"@").unwrap_or(name).to_vec()
}
