//! The nearest to a vector: `=>[KNN k @field $vector options]`, only at the end of a query.

use super::Parser;
use crate::query::ast::{Knn, Node, Parameter};
use crate::query::lexer::Kind;
use crate::request::args::Args;
use crate::request::error::{Refusal, shown};

/// `EF_RUNTIME`, as in a schema.
const MOST_EF: usize = 1_000_000;
/// Options and attributes that other engines have.
const UNSUPPORTED: [&str; 10] = [
    "EPSILON",
    "INORDER",
    "PHONETIC",
    "SEARCH_BUFFER_CAPACITY",
    "SEARCH_WINDOW_SIZE",
    "SHARD_K_RATIO",
    "SLOP",
    "USE_SEARCH_HISTORY",
    "WEIGHT",
    "RERANK",
];

/// How a filter and a search are to be combined. The planner knows better than to obey, so these
/// are checked and dropped.
#[derive(Default)]
struct Hints {
    adhoc: Option<bool>,
    batch_size: Option<usize>,
}

impl Parser<'_> {
    /// Reads from the arrow to the end of the query.
    pub(super) fn knn(&mut self, filter: &Node) -> Result<Knn, Refusal> {
        self.at += 1;
        self.expect(b'[')?;
        if !self.is_word(self.peek(), "KNN") {
            return Err(self.syntax());
        }
        self.at += 1;
        let k = self.whole("KNN", 0, usize::MAX)?;
        let field = match self.peek() {
            modifier if modifier.kind == Kind::Modifier => self.modifier_field(modifier),
            _ => return Err(self.syntax()),
        };
        self.at += 1;
        let vector = self.vector()?;
        let mut knn = Knn {
            k,
            field,
            vector,
            distance_name: None,
            ef_runtime: None,
        };
        let mut hints = Hints::default();
        while !self.take(b']') {
            self.knn_option(&mut knn, &mut hints)?;
        }
        hints.check(filter, &knn)?;
        if self.peek().kind == Kind::Arrow {
            self.at += 1;
            self.knn_attributes(&mut knn)?;
        }
        Ok(knn)
    }

    fn vector(&mut self) -> Result<Parameter, Refusal> {
        let token = self.peek();
        if token.kind != Kind::Param {
            return Err(self.syntax());
        }
        self.at += 1;
        let name = self.name(token);
        let value = self.params.get(&name)?.to_vec();
        Ok(Parameter { name, value })
    }

    /// One `NAME value` between the brackets.
    fn knn_option(&mut self, knn: &mut Knn, hints: &mut Hints) -> Result<(), Refusal> {
        let token = self.peek();
        if token.kind != Kind::Word {
            return Err(self.syntax());
        }
        let name = shown(token.text(self.query)).to_ascii_uppercase();
        match name.as_str() {
            "AS" => {
                self.at += 1;
                self.distance_name(knn)
            }
            "EF_RUNTIME" => {
                self.at += 1;
                let ef = self.whole("EF_RUNTIME", 1, MOST_EF)?;
                once("EF_RUNTIME", &mut knn.ef_runtime, ef)
            }
            "BATCH_SIZE" => {
                self.at += 1;
                let size = self.whole("BATCH_SIZE", 1, usize::MAX)?;
                once("BATCH_SIZE", &mut hints.batch_size, size)
            }
            "HYBRID_POLICY" => {
                self.at += 1;
                let policy = self.text_of(self.peek())?;
                self.at += 1;
                let policy =
                    Args::new(&[&policy]).choice("HYBRID_POLICY", &["BATCHES", "ADHOC_BF"], &[])?;
                once("HYBRID_POLICY", &mut hints.adhoc, policy == "ADHOC_BF")
            }
            other if UNSUPPORTED.contains(&other) => {
                Err(Refusal::unsupported(format!("{other} of KNN")))
            }
            _ => Err(self.syntax()),
        }
    }

    /// `{$name: value; …}` behind the brackets.
    fn knn_attributes(&mut self, knn: &mut Knn) -> Result<(), Refusal> {
        self.expect(b'{')?;
        while !self.take(b'}') {
            let token = self.peek();
            if token.kind != Kind::Param {
                return Err(self.syntax());
            }
            let name = shown(&self.name(token)).to_ascii_uppercase();
            if UNSUPPORTED.contains(&name.as_str()) {
                return Err(Refusal::unsupported(format!("{name} of KNN")));
            }
            if name != "YIELD_DISTANCE_AS" {
                return Err(self.syntax());
            }
            self.at += 1;
            self.expect(b':')?;
            self.distance_name(knn)?;
        }
        Ok(())
    }

    fn distance_name(&mut self, knn: &mut Knn) -> Result<(), Refusal> {
        let token = self.peek();
        if !matches!(token.kind, Kind::Word | Kind::Number | Kind::Param) {
            return Err(self.syntax());
        }
        let name = self.text_of(token)?;
        if name.is_empty() {
            return Err(Refusal::no_value("AS"));
        }
        self.at += 1;
        once("distance name", &mut knn.distance_name, name)
    }

    /// A whole number, or a parameter that is one.
    fn whole(&mut self, argument: &str, min: usize, max: usize) -> Result<usize, Refusal> {
        let token = self.peek();
        let digits = token.text(self.query).iter().all(u8::is_ascii_digit);
        if !(token.kind == Kind::Param || token.kind == Kind::Number && digits) {
            return Err(self.syntax());
        }
        let text = self.text_of(token)?;
        self.at += 1;
        Args::new(&[&text]).whole(argument, min, max)
    }
}

impl Hints {
    fn check(&self, filter: &Node, knn: &Knn) -> Result<(), Refusal> {
        if self.adhoc.is_some() && *filter == Node::All {
            return Err(Refusal::policy_without_filter());
        }
        let batches = self.batch_size.is_some() || knn.ef_runtime.is_some();
        if self.adhoc == Some(true) && batches {
            return Err(Refusal::policy_without_batches());
        }
        Ok(())
    }
}

/// Sets what may be given once.
fn once<T>(name: &str, slot: &mut Option<T>, value: T) -> Result<(), Refusal> {
    if slot.replace(value).is_some() {
        return Err(Refusal::duplicate("option of KNN", name.as_bytes()));
    }
    Ok(())
}
