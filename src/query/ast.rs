//! A query as it was written, before any schema is looked at.

use crate::request::circle::Circle;

/// A whole query: which documents, and how near to a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Which documents may match.
    pub filter: Node,
    /// What they must match besides, wherever it stands: `FILTERJSON`.
    pub filters: Vec<Node>,
    /// The nearest of them to a vector, when asked for.
    pub knn: Option<Knn>,
}

/// Documents that match.
///
/// Words are unescaped but otherwise as written; folding and stemming belong to the schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `*`: every document.
    All,
    /// The empty query: no document.
    Nothing,
    /// One word, taken whole; never empty.
    Term {
        /// The text fields to look in.
        fields: Fields,
        /// The word.
        term: Vec<u8>,
    },
    /// Adjacent words in order, in one field.
    Phrase {
        /// The text fields to look in.
        fields: Fields,
        /// What stood between the quotes, unescaped only for quotes and backslashes; empty for
        /// the empty word.
        text: Vec<u8>,
    },
    /// Words that begin so.
    Prefix {
        /// The text fields to look in.
        fields: Fields,
        /// The beginning.
        prefix: Vec<u8>,
    },
    /// Words that end so.
    Suffix {
        /// The text fields to look in.
        fields: Fields,
        /// The end.
        suffix: Vec<u8>,
    },
    /// Words that have it anywhere.
    Infix {
        /// The text fields to look in.
        fields: Fields,
        /// What they have.
        infix: Vec<u8>,
    },
    /// Words of a shape.
    Wildcard {
        /// The text fields to look in.
        fields: Fields,
        /// The shape: `?` is one character, `*` any number of them; a backslash takes that from a
        /// `?`, a `*` or another backslash and stands nowhere else.
        pattern: Vec<u8>,
    },
    /// Words that become another by a few changes.
    Fuzzy {
        /// The text fields to look in.
        fields: Fields,
        /// The other word.
        term: Vec<u8>,
        /// Characters inserted, dropped or replaced, at most: 1 to 3.
        distance: u8,
    },
    /// A document without a field.
    Missing {
        /// The field.
        field: Field,
    },
    /// A tag field holding any of some values.
    Tag {
        /// The field.
        field: Field,
        /// The values; never empty.
        values: Vec<TagPattern>,
    },
    /// A numeric field within a range.
    Numeric {
        /// The field.
        field: Field,
        /// The range.
        range: Range,
    },
    /// A field whose point or shape lies so.
    Area {
        /// The field.
        field: Field,
        /// How.
        area: Area,
    },
    /// A vector field whose vector is near to one.
    VectorRange(VectorRange),
    /// All of these; two or more.
    And(Vec<Node>),
    /// Any of these; two or more.
    Or(Vec<Node>),
    /// Everything but this.
    Not(Box<Node>),
    /// Everything; what matches this scores higher.
    Optional(Box<Node>),
    /// The same, matched or scored in another way.
    Attributed {
        /// What has the attributes.
        node: Box<Node>,
        /// The attributes, of which there is at least one.
        attributes: Attributes,
    },
}

/// `=>{$name: value; …}` behind a clause or a group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Attributes {
    /// `$weight`: what its score is multiplied by; from 0 to [`MOST_WEIGHT`].
    pub weight: Option<f64>,
    /// `$slop`: how many other words may stand between its words.
    pub slop: Option<Slop>,
    /// `$inorder`: whether its words have to come in this order.
    pub in_order: Option<bool>,
    /// `$phonetic`: whether words that sound alike are found.
    pub phonetic: Option<bool>,
}

/// `$weight`: far above any in use, far below where sums of it stop being finite.
pub const MOST_WEIGHT: f64 = 1_000_000.0;

/// How many other words may stand between the words of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slop {
    /// Any number: −1.
    Any,
    /// At most so many.
    AtMost(u32),
}

/// Names of text fields; empty means every text field.
pub type Fields = Vec<Field>;

/// A field's name and where the query has it. Equal by name alone.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name, unescaped, without the `@`.
    pub name: Vec<u8>,
    /// Bytes from the start of the query to the name.
    pub offset: usize,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// One alternative between the braces of a tag clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagPattern {
    /// The whole tag.
    Exact(Vec<u8>),
    /// How the tag begins.
    Prefix(Vec<u8>),
    /// How the tag ends.
    Suffix(Vec<u8>),
    /// What the tag has anywhere.
    Infix(Vec<u8>),
    /// The shape of the tag, as that of a word in [`Node::Wildcard`].
    Wildcard(Vec<u8>),
}

/// A range of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lower end.
    pub min: Bound,
    /// The upper end.
    pub max: Bound,
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The number; may be infinite, never NaN.
    pub value: f64,
    /// The number itself is outside.
    pub exclusive: bool,
}

/// Where points and shapes lie.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// A point in a circle.
    Circle(Circle),
    /// A shape beside another.
    Shape {
        /// How the document's shape lies to the other.
        relation: Relation,
        /// The other shape in well-known text; not read yet, since what it means depends on the
        /// field.
        shape: Vec<u8>,
    },
}

/// How a document's shape lies to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It lies in the other.
    Within,
    /// It has the other in it.
    Contains,
    /// They have a point in common.
    Intersects,
    /// They have none.
    Disjoint,
}

impl Relation {
    /// The words for the relations.
    pub(super) const NAMES: [(&str, Self); 4] = [
        ("WITHIN", Self::Within),
        ("CONTAINS", Self::Contains),
        ("INTERSECTS", Self::Intersects),
        ("DISJOINT", Self::Disjoint),
    ];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        let same = Self::NAMES.iter().find(|(_, relation)| *relation == self);
        same.map_or("", |(name, _)| name)
    }
}

/// The k nearest to a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Knn {
    /// How many.
    pub k: usize,
    /// The vector field.
    pub field: Field,
    /// The query vector.
    pub vector: Parameter,
    /// Under which name the distance is given; none means `__<field>_score`.
    pub distance_name: Option<Vec<u8>>,
    /// Candidates kept while searching, instead of the field's own.
    pub ef_runtime: Option<usize>,
    /// How to combine the filter and the search; none leaves it to the engine.
    pub policy: Option<HybridPolicy>,
    /// How many neighbours are looked at between two looks at the filter.
    pub batch_size: Option<usize>,
}

/// How a filter and a search for neighbours are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HybridPolicy {
    /// `BATCHES`: look for neighbours and keep those that match.
    Batches,
    /// `ADHOC_BF`: compare with everything that matches.
    AdhocBruteForce,
}

/// What is no farther from a vector than a radius.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorRange {
    /// The vector field.
    pub field: Field,
    /// The largest distance; 0 or more, may be infinite, never NaN.
    pub radius: f64,
    /// The query vector.
    pub vector: Parameter,
    /// Under which name the distance is given; none means not at all.
    pub distance_name: Option<Vec<u8>>,
    /// How far beyond the radius a walk of a graph goes, relative to it, instead of the field's
    /// own.
    pub epsilon: Option<f64>,
}

/// A parameter and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name, without the `$`.
    pub name: Vec<u8>,
    /// The value, from `PARAMS`.
    pub value: Vec<u8>,
}
