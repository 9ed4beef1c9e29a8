//! The vector clauses: `=>[KNN k @field $vector options]` at the end of a query, and
//! `[VECTOR_RANGE radius $vector]` of a field, both with attributes `=>{$name: value; …}`.

use super::{Parser, attributes};
use crate::query::ast::{Field, HybridPolicy, Knn, Node, Parameter, VectorRange};
use crate::query::lexer::Kind;
use crate::request::args::Args;
use crate::request::error::{Refusal, shown};

/// `EF_RUNTIME` and `SEARCH_WINDOW_SIZE`, as in a schema.
const MOST_EF: usize = 1_000_000;

/// What clauses of vectors can be told, whether or not it has an effect here.
const SETTINGS: [&str; 8] = [
    "EF_RUNTIME",
    "SEARCH_WINDOW_SIZE",
    "EPSILON",
    "HYBRID_POLICY",
    "BATCH_SIZE",
    "SEARCH_BUFFER_CAPACITY",
    "SHARD_K_RATIO",
    "USE_SEARCH_HISTORY",
];

/// The attributes of clauses of vectors.
const ATTRIBUTES: [&str; 10] = [
    "YIELD_DISTANCE_AS",
    "EF_RUNTIME",
    "SEARCH_WINDOW_SIZE",
    "EPSILON",
    "HYBRID_POLICY",
    "BATCH_SIZE",
    "SEARCH_BUFFER_CAPACITY",
    "SHARD_K_RATIO",
    "USE_SEARCH_HISTORY",
    "WEIGHT",
];

/// What both vector clauses may be told, by name.
pub(super) enum Setting {
    DistanceName(Vec<u8>),
    Ef(usize),
    Epsilon(f64),
    Policy(HybridPolicy),
    BatchSize(usize),
    /// Checked, and of no effect here.
    Ignored,
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
            policy: None,
            batch_size: None,
        };
        let mut seen = Vec::new();
        while !self.take(b']') {
            let token = self.peek();
            if token.kind != Kind::Word {
                return Err(self.syntax());
            }
            let name = shown(token.text(self.query)).to_ascii_uppercase();
            // Behind brackets the name is an attribute.
            let setting = if name == "AS" {
                self.at += 1;
                self.distance_name()?
            } else if name == "YIELD_DISTANCE_AS" {
                return Err(self.syntax());
            } else {
                self.setting(&name, "KNN")?
            };
            knn.set(&name, setting, &mut seen)?;
        }
        if self.peek().kind == Kind::Arrow {
            self.attributes("KNN", |name, setting| knn.set(name, setting, &mut seen))?;
        }
        knn.check(filter)?;
        Ok(knn)
    }

    /// The range of `@field:[VECTOR_RANGE radius $vector]`, at its first word.
    pub(super) fn vector_range(&mut self, field: Field) -> Result<Node, Refusal> {
        self.at += 1;
        let radius = self.radius()?;
        let vector = self.vector()?;
        self.expect(b']')?;
        self.clause(Node::VectorRange(VectorRange {
            field,
            radius,
            vector,
            distance_name: None,
            epsilon: None,
        }))
    }

    /// `=>{$name: value; …}`
    fn attributes(
        &mut self,
        clause: &'static str,
        mut set: impl FnMut(&str, Setting) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.at += 1;
        self.expect(b'{')?;
        while !self.take(b'}') {
            let token = self.peek();
            if token.kind != Kind::Param {
                return Err(self.syntax());
            }
            let name = shown(&self.name(token)).to_ascii_uppercase();
            let setting = self.vector_attribute(&name, clause)?;
            set(&name, setting)?;
        }
        Ok(())
    }

    /// The next token, the name of an attribute, with the colon and the value behind it.
    pub(super) fn vector_attribute(
        &mut self,
        name: &str,
        clause: &'static str,
    ) -> Result<Setting, Refusal> {
        match name {
            "YIELD_DISTANCE_AS" => {
                self.at += 1;
                self.expect(b':')?;
                self.distance_name()
            }
            // Distances are no part of a score.
            "WEIGHT" => {
                let value = self.attribute_value()?;
                attributes::weight(&value).map(|_| Setting::Ignored)
            }
            "RERANK" => Err(Refusal::unsupported(format!("{name} of {clause}"))),
            known if SETTINGS.contains(&known) => self.setting(name, clause),
            _ => Err(Refusal::invalid_attribute(name, &ATTRIBUTES)),
        }
    }

    /// The next token, a name, and its value, with a colon between them in an attribute.
    fn setting(&mut self, name: &str, clause: &'static str) -> Result<Setting, Refusal> {
        if name == "RERANK" {
            return Err(Refusal::unsupported(format!("{name} of {clause}")));
        }
        let attribute = self.peek().kind == Kind::Param;
        if !SETTINGS.contains(&name) {
            return Err(self.syntax());
        }
        self.at += 1;
        if attribute {
            self.expect(b':')?;
        }
        Ok(match name {
            "EF_RUNTIME" | "SEARCH_WINDOW_SIZE" => Setting::Ef(self.whole(name, 1, MOST_EF)?),
            "EPSILON" => Setting::Epsilon(self.fraction(name, f64::MAX)?),
            "BATCH_SIZE" => Setting::BatchSize(self.whole(name, 1, usize::MAX)?),
            "HYBRID_POLICY" => Setting::Policy(match self.one_of(name, POLICIES)? {
                "BATCHES" => HybridPolicy::Batches,
                _ => HybridPolicy::AdhocBruteForce,
            }),
            "SEARCH_BUFFER_CAPACITY" => {
                self.whole(name, 1, usize::MAX)?;
                Setting::Ignored
            }
            "SHARD_K_RATIO" => {
                self.fraction(name, 1.0)?;
                Setting::Ignored
            }
            _ => {
                self.one_of(name, &["ON", "OFF", "AUTO"])?;
                Setting::Ignored
            }
        })
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

    /// A number of at least 0, or a parameter that is one.
    fn radius(&mut self) -> Result<f64, Refusal> {
        let token = self.peek();
        if !matches!(token.kind, Kind::Number | Kind::Param) {
            return Err(self.syntax());
        }
        let text = self.text_of(token)?;
        self.at += 1;
        crate::query::lexer::number(&text)
            .filter(|radius| *radius >= 0.0)
            .map(|radius| radius + 0.0) // -0 is 0.
            .ok_or_else(|| Refusal::not_number("VECTOR_RANGE", 0.0, f64::MAX, &text))
    }

    fn distance_name(&mut self) -> Result<Setting, Refusal> {
        let token = self.peek();
        if !matches!(token.kind, Kind::Word | Kind::Number | Kind::Param) {
            return Err(self.syntax());
        }
        let name = self.text_of(token)?;
        if name.is_empty() {
            return Err(Refusal::no_value("AS"));
        }
        self.at += 1;
        Ok(Setting::DistanceName(name))
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

    /// A finite number from 0 to `max`, or a parameter that is one.
    fn fraction(&mut self, argument: &str, max: f64) -> Result<f64, Refusal> {
        let token = self.peek();
        if !matches!(token.kind, Kind::Number | Kind::Param) {
            return Err(self.syntax());
        }
        let text = self.text_of(token)?;
        self.at += 1;
        Args::new(&[&text]).number(argument, 0.0, max)
    }

    /// One of some words, or a parameter that is one.
    fn one_of(&mut self, argument: &str, words: &[&'static str]) -> Result<&'static str, Refusal> {
        let text = self.text_of(self.peek())?;
        self.at += 1;
        Args::new(&[&text]).choice(argument, words, &[])
    }
}

const POLICIES: &[&str] = &["BATCHES", "ADHOC_BF"];

impl Knn {
    fn set(&mut self, name: &str, setting: Setting, seen: &mut Vec<String>) -> Result<(), Refusal> {
        match setting {
            Setting::DistanceName(given) => {
                return once("KNN", "distance name", &mut self.distance_name, given);
            }
            Setting::Ef(ef) => return once("KNN", name, &mut self.ef_runtime, ef),
            Setting::Policy(policy) => return once("KNN", name, &mut self.policy, policy),
            Setting::BatchSize(size) => return once("KNN", name, &mut self.batch_size, size),
            Setting::Epsilon(_) => {
                return Err(Refusal::misplaced_option(name, "VECTOR_RANGE, not of KNN"));
            }
            Setting::Ignored => {}
        }
        ignored_once("KNN", name, seen)
    }

    /// That its options go together (spec, section 3, corner case 18).
    fn check(&self, filter: &Node) -> Result<(), Refusal> {
        if self.policy.is_some() && *filter == Node::All {
            return Err(Refusal::policy_without_filter());
        }
        let batches = self.batch_size.is_some() || self.ef_runtime.is_some();
        if self.policy == Some(HybridPolicy::AdhocBruteForce) && batches {
            return Err(Refusal::policy_without_batches());
        }
        Ok(())
    }
}

impl VectorRange {
    pub(super) fn set(
        &mut self,
        name: &str,
        setting: Setting,
        seen: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        match setting {
            Setting::DistanceName(given) => {
                let slot = &mut self.distance_name;
                return once("VECTOR_RANGE", "distance name", slot, given);
            }
            Setting::Epsilon(epsilon) => {
                return once("VECTOR_RANGE", name, &mut self.epsilon, epsilon);
            }
            // A range ends where its radius does; how far the walk looks beyond is `EPSILON`.
            Setting::Ef(_) if name == "SEARCH_WINDOW_SIZE" => {}
            Setting::Ef(_) | Setting::Policy(_) | Setting::BatchSize(_) => {
                return Err(Refusal::misplaced_option(name, "KNN, not of VECTOR_RANGE"));
            }
            Setting::Ignored => {}
        }
        ignored_once("VECTOR_RANGE", name, seen)
    }
}

/// Sets what may be given once.
fn once<T>(clause: &str, name: &str, slot: &mut Option<T>, value: T) -> Result<(), Refusal> {
    if slot.replace(value).is_some() {
        return Err(duplicate(clause, name));
    }
    Ok(())
}

/// The same of what nothing keeps.
fn ignored_once(clause: &str, name: &str, seen: &mut Vec<String>) -> Result<(), Refusal> {
    if seen.iter().any(|other| other == name) {
        return Err(duplicate(clause, name));
    }
    seen.push(name.to_owned());
    Ok(())
}

fn duplicate(clause: &str, name: &str) -> Refusal {
    Refusal::duplicate(&format!("option of {clause}"), name.as_bytes())
}
