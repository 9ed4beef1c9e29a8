//! `FT.SEARCH`: a query and what to do with its hits.

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
    /// `WITHSORTKEYS`
    pub with_sort_keys: bool,
    /// `VERBATIM`: no stems.
    pub verbatim: bool,
    /// `NOSTOPWORDS`: stop words of the query are kept.
    pub keep_stop_words: bool,
    /// `RETURN`; none returns the whole document.
    pub returned: Option<Vec<Returned>>,
    /// `SORTBY`; none sorts by distance, then score.
    pub sort: Option<Sort>,
    /// `LIMIT`: hits to skip.
    pub offset: usize,
    /// `LIMIT`: hits to return.
    pub count: usize,
    /// `TIMEOUT` in milliseconds; none is the default, 0 none at all.
    pub timeout_ms: Option<u64>,
    /// `DIALECT`, 1 to 4.
    pub dialect: u8,
}

/// One property to return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The property: an attribute, a hash field, or the name of a distance.
    pub name: Vec<u8>,
    /// `AS`: the name to give it.
    pub alias: Option<Vec<u8>>,
}

/// `SORTBY`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The property to sort by.
    pub property: Vec<u8>,
    /// `DESC`
    pub descending: bool,
}
