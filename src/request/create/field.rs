//! One field of a schema from its arguments: `name [AS name] TYPE options`.

use super::{
    Coordinates, Defaults, FieldDefinition, FieldKind, GeoShapeOptions, Phonetic, TagOptions,
    TextOptions, VectorOptions,
};
use crate::request::args::Args;
use crate::request::error::{Refusal, shown};

/// The byte between two tags unless `SEPARATOR` names another.
const DEFAULT_SEPARATOR: u8 = b',';
/// `WEIGHT`: far above any in use, far below where sums of it stop being finite.
const MOST_WEIGHT: f64 = 1_000_000.0;

impl FieldDefinition {
    /// Takes one field. The first argument is its name whatever it looks like; after the type,
    /// every word that is an option of that type is one, in any order.
    pub(super) fn take(args: &mut Args<'_>, defaults: Defaults) -> Result<Self, Refusal> {
        let identifier = args.value("SCHEMA")?;
        let attribute = if args.take("AS") {
            args.value("AS")?
        } else {
            identifier
        };
        let mut field = Self {
            identifier: identifier.to_vec(),
            attribute: attribute.to_vec(),
            kind: take_type(args, attribute, defaults)?,
            sortable: false,
            unnormalised: false,
            no_index: false,
            index_empty: false,
            index_missing: false,
        };
        while let Some(keyword) = args.peek_keyword() {
            if !(field.take_flag(&keyword, args) || field.take_option(&keyword, args)?) {
                break;
            }
        }
        field.check()?;
        field.unnormalised |= field.sortable && field.kind == FieldKind::Numeric;
        Ok(field)
    }

    /// Whether it is a `TEXT` field.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, FieldKind::Text(_))
    }

    /// Takes `keyword` if it is an option of every type.
    fn take_flag(&mut self, keyword: &str, args: &mut Args<'_>) -> bool {
        match keyword {
            "SORTABLE" => self.sortable = true,
            // Anywhere else it is the name of the next field.
            "UNF" if self.sortable || precedes_sortable(args) => self.unnormalised = true,
            "NOINDEX" => self.no_index = true,
            "INDEXEMPTY" => self.index_empty = true,
            "INDEXMISSING" => self.index_missing = true,
            _ => return false,
        }
        args.skip();
        true
    }

    /// Takes `keyword` with its value if it is an option of the field's type.
    fn take_option(&mut self, keyword: &str, args: &mut Args<'_>) -> Result<bool, Refusal> {
        let name = shown(&self.attribute);
        match (&mut self.kind, keyword) {
            (FieldKind::Text(text), "NOSTEM") => {
                args.skip();
                text.no_stem = true;
            }
            (FieldKind::Text(text), "WEIGHT") => {
                args.skip();
                text.weight = args.number(&format!("WEIGHT of field {name}"), 0.0, MOST_WEIGHT)?;
            }
            (FieldKind::Text(text), "PHONETIC") => {
                args.skip();
                text.phonetic = Some(Phonetic::take(args, &name)?);
            }
            (FieldKind::Text(TextOptions { suffix_trie, .. }), "WITHSUFFIXTRIE")
            | (FieldKind::Tag(TagOptions { suffix_trie, .. }), "WITHSUFFIXTRIE") => {
                args.skip();
                *suffix_trie = true;
            }
            // What is so without it.
            (FieldKind::Text(TextOptions { suffix_trie, .. }), "NOSUFFIXTRIE")
            | (FieldKind::Tag(TagOptions { suffix_trie, .. }), "NOSUFFIXTRIE") => {
                args.skip();
                *suffix_trie = false;
            }
            (FieldKind::Tag(tag), "CASESENSITIVE") => {
                args.skip();
                tag.case_sensitive = true;
            }
            (FieldKind::Tag(tag), "SEPARATOR") => {
                args.skip();
                let argument = format!("SEPARATOR of field {name}");
                let &[separator] = args.value(&argument)? else {
                    return Err(Refusal::not_one_byte(&argument));
                };
                tag.separator = separator;
            }
            (FieldKind::GeoShape(shape), "FLAT") => {
                args.skip();
                shape.coordinates = Coordinates::Flat;
            }
            (FieldKind::GeoShape(shape), "SPHERICAL") => {
                args.skip();
                shape.coordinates = Coordinates::Spherical;
            }
            (
                FieldKind::Text(_)
                | FieldKind::Tag(_)
                | FieldKind::Numeric
                | FieldKind::Geo
                | FieldKind::GeoShape(_)
                | FieldKind::Vector(_),
                _,
            ) => return Ok(false),
        }
        Ok(true)
    }

    /// That the field's type has the flags given.
    fn check(&self) -> Result<(), Refusal> {
        let (words, has_order, vector) = match self.kind {
            FieldKind::Text(_) | FieldKind::Tag(_) => (true, true, false),
            FieldKind::Numeric | FieldKind::Geo => (false, true, false),
            FieldKind::GeoShape(_) => (false, false, false),
            FieldKind::Vector(_) => (false, false, true),
        };
        let refuse = |flag, valid| Err(Refusal::misplaced_flag(flag, &self.attribute, valid));
        if self.index_empty && !words {
            return refuse("INDEXEMPTY", "TEXT or TAG");
        }
        if self.sortable && !has_order {
            return refuse("SORTABLE", "TEXT, TAG, NUMERIC or GEO");
        }
        if self.no_index && vector {
            return refuse("NOINDEX", "TEXT, TAG, NUMERIC, GEO or GEOSHAPE");
        }
        Ok(())
    }
}

impl Phonetic {
    /// Takes the word for a matcher.
    fn take(args: &mut Args<'_>, field: &str) -> Result<Self, Refusal> {
        let argument = format!("PHONETIC of field {field}");
        let given = args.value(&argument)?;
        let same = |(name, _): &&(&str, Self)| given.eq_ignore_ascii_case(name.as_bytes());
        match Self::NAMES.iter().find(same) {
            Some((_, matcher)) => Ok(*matcher),
            None => {
                let valid = Self::NAMES.map(|(name, _)| name);
                Err(Refusal::not_one_of(&argument, &valid, given))
            }
        }
    }
}

/// Whether `SORTABLE` comes after the next argument, other flags between them or not.
fn precedes_sortable(args: &Args<'_>) -> bool {
    let mut ahead = args.clone();
    ahead.skip();
    let flags = ["NOINDEX", "INDEXEMPTY", "INDEXMISSING"];
    while flags.iter().any(|flag| ahead.take(flag)) {}
    ahead.take("SORTABLE")
}

/// Takes the type of a field, with the defaults of its options.
fn take_type(args: &mut Args<'_>, name: &[u8], defaults: Defaults) -> Result<FieldKind, Refusal> {
    let name = shown(name);
    if args.is_empty() {
        return Err(Refusal::missing(format!("type of field {name}")));
    }
    let kind = args.choice(
        &format!("type of field {name}"),
        &["TEXT", "TAG", "NUMERIC", "GEO", "GEOSHAPE", "VECTOR"],
        &[],
    )?;
    Ok(match kind {
        "TEXT" => FieldKind::Text(TextOptions {
            weight: 1.0,
            no_stem: false,
            suffix_trie: false,
            phonetic: None,
        }),
        "TAG" => FieldKind::Tag(TagOptions {
            separator: DEFAULT_SEPARATOR,
            case_sensitive: false,
            suffix_trie: false,
        }),
        "NUMERIC" => FieldKind::Numeric,
        "GEO" => FieldKind::Geo,
        "GEOSHAPE" => FieldKind::GeoShape(GeoShapeOptions {
            coordinates: Coordinates::default(),
        }),
        _ => FieldKind::Vector(VectorOptions::take(args, &name, defaults)?),
    })
}
