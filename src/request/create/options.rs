//! `FT.CREATE` from its arguments: the options of the index, then the schema.

use std::collections::HashSet;

use super::{Defaults, Definition, FieldDefinition, FieldKind, IndexOption};
use crate::request::args::Args;
use crate::request::error::{Error, Refusal};
use crate::request::language::take_language;

/// Fields of one schema.
const MOST_FIELDS: usize = 1024;
/// `TEXT` fields of one schema.
const MOST_TEXT_FIELDS: usize = 128;
/// `MINSTEMSIZE`: no word that long has a stem.
const MOST_MIN_STEM_SIZE: usize = 128;
/// `TEMPORARY`: a century, in seconds.
const MOST_IDLE_SECONDS: u64 = 100 * 366 * 24 * 60 * 60;

impl Definition {
    /// Reads what follows `FT.CREATE`.
    ///
    /// # Errors
    /// When it is not `index [options] SCHEMA fields`, or asks for what this version lacks.
    pub fn parse(arguments: &[&[u8]]) -> Result<Self, Error> {
        Self::parse_with(arguments, Defaults::default())
    }

    /// As [`Definition::parse`], where the host has defaults of its own.
    ///
    /// # Errors
    /// The same.
    pub fn parse_with(arguments: &[&[u8]], defaults: Defaults) -> Result<Self, Error> {
        Self::parse_named(arguments, defaults, "FT.CREATE")
    }

    /// As [`Definition::parse_with`], where the command is called otherwise.
    ///
    /// # Errors
    /// The same.
    pub fn parse_named(
        arguments: &[&[u8]],
        defaults: Defaults,
        command: &'static str,
    ) -> Result<Self, Error> {
        let mut args = Args::new(arguments);
        let name = args.value(command);
        let name = name.map_err(|_| Refusal::Arity { command })?;
        let mut definition = Self::of_nothing(name);
        let mut seen = Vec::new();
        while !args.take("SCHEMA") {
            let Some(given) = args.peek() else {
                return Err(Refusal::missing("SCHEMA").into());
            };
            let keyword = args.peek_keyword().unwrap_or_default();
            args.skip();
            if seen.contains(&keyword) {
                return Err(Refusal::duplicate("option", given).into());
            }
            definition.option(&keyword, given, &mut args)?;
            seen.push(keyword);
        }
        let is_given = |option: &str| seen.iter().any(|other| other == option);
        if is_given("WITHOFFSETS") && is_given("NOOFFSETS") {
            return Err(Refusal::excludes("WITHOFFSETS", "NOOFFSETS").into());
        }
        definition.min_stem_size = definition.min_stem_size.or(defaults.min_stem_size);
        definition.options.sort_unstable();
        definition.fields = schema(&mut args, defaults)?;
        if is_given("NOSTEM") {
            definition.leave_out_stems();
        }
        Ok(definition)
    }

    /// A definition with the default of every option.
    fn of_nothing(name: &[u8]) -> Self {
        Self {
            name: name.to_vec(),
            prefixes: vec![Vec::new()],
            default_score: 1.0,
            score_field: None,
            payload_field: None,
            stop_words: None,
            language: None,
            language_field: None,
            min_stem_size: None,
            punctuation: None,
            filter: None,
            idle_seconds: None,
            indexes_all: false,
            synonyms: Vec::new(),
            options: Vec::new(),
            skip_initial_scan: false,
            fields: Vec::new(),
        }
    }

    /// `NOSTEM` of the index: none of its words is found by its stem.
    fn leave_out_stems(&mut self) {
        for field in &mut self.fields {
            if let FieldKind::Text(text) = &mut field.kind {
                text.no_stem = true;
            }
        }
    }

    fn option(&mut self, keyword: &str, given: &[u8], args: &mut Args<'_>) -> Result<(), Refusal> {
        match keyword {
            "ON" => {
                args.choice("ON", &["HASH"], &["JSON"])?;
            }
            "PREFIX" => self.prefixes = prefixes(args.list("PREFIX", 1)?),
            "SCORE" => self.default_score = args.number("SCORE", 0.0, 1.0)?,
            "SCORE_FIELD" => self.score_field = Some(args.value("SCORE_FIELD")?.to_vec()),
            "PAYLOAD_FIELD" => self.payload_field = Some(args.value("PAYLOAD_FIELD")?.to_vec()),
            "STOPWORDS" => {
                let words = args.list("STOPWORDS", 0)?;
                self.stop_words = Some(words.iter().map(|word| word.to_vec()).collect());
            }
            "NOSTOPWORDS" => self.stop_words = Some(Vec::new()),
            "MAXTEXTFIELDS" => self.options.push(IndexOption::MaxTextFields),
            "NOOFFSETS" => self.options.push(IndexOption::NoOffsets),
            "NOHL" => self.options.push(IndexOption::NoHighlight),
            "NOFIELDS" => self.options.push(IndexOption::NoFields),
            "NOFREQS" => self.options.push(IndexOption::NoFrequencies),
            "SKIPINITIALSCAN" => self.skip_initial_scan = true,
            "LANGUAGE" => self.language = Some(take_language(args)?),
            "LANGUAGE_FIELD" => self.language_field = Some(args.value("LANGUAGE_FIELD")?.to_vec()),
            "MINSTEMSIZE" => {
                self.min_stem_size = Some(args.whole("MINSTEMSIZE", 1, MOST_MIN_STEM_SIZE)?);
            }
            "PUNCTUATION" => self.punctuation = Some(take_punctuation(args)?),
            "FILTER" => self.filter = Some(args.value("FILTER")?.to_vec()),
            "TEMPORARY" => {
                self.idle_seconds = Some(args.whole("TEMPORARY", 1, MOST_IDLE_SECONDS)?);
            }
            "INDEXALL" => {
                let choice = args.choice("INDEXALL", &["ENABLE", "DISABLE"], &[])?;
                self.indexes_all = choice == "ENABLE";
            }
            // Of the fields that follow.
            "NOSTEM" => {}
            // How writes are scheduled shows nowhere, offsets are kept unless told otherwise, and
            // there is no index of scores to leave out.
            "ASYNC" | "WITHOFFSETS" | "NOSCOREIDX" => {}
            _ => return Err(Refusal::unknown_argument(given, "FT.CREATE")),
        }
        Ok(())
    }
}

/// What separates words. The query language has a meaning for every other byte, so that words
/// split at those could never be asked for.
fn take_punctuation(args: &mut Args<'_>) -> Result<Vec<u8>, Refusal> {
    let given = args.value("PUNCTUATION")?;
    if given.iter().all(u8::is_ascii_punctuation) {
        Ok(given.to_vec())
    } else {
        Err(Refusal::not_punctuation(given))
    }
}

/// Prefixes, each once. The pattern `*` takes every key, as the empty prefix does.
fn prefixes(given: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut seen = HashSet::new();
    given
        .iter()
        .map(|prefix| if *prefix == b"*" { b"" } else { *prefix })
        .filter(|prefix| seen.insert(*prefix))
        .map(<[u8]>::to_vec)
        .collect()
}

/// Takes fields up to the end of the arguments: one at least, each name once.
pub(super) fn schema(
    args: &mut Args<'_>,
    defaults: Defaults,
) -> Result<Vec<FieldDefinition>, Refusal> {
    let mut fields: Vec<FieldDefinition> = Vec::new();
    let mut texts = 0;
    while !args.is_empty() {
        let field = FieldDefinition::take(args, defaults)?;
        if fields
            .iter()
            .any(|other| other.attribute == field.attribute)
        {
            return Err(Refusal::duplicate("field name", &field.attribute));
        }
        texts += usize::from(field.is_text());
        fields.push(field);
        check_counts(fields.len(), texts)?;
    }
    if fields.is_empty() {
        return Err(Refusal::missing("a field after SCHEMA"));
    }
    Ok(fields)
}

/// That a schema may have so many fields, of which so many are `TEXT`.
fn check_counts(fields: usize, texts: usize) -> Result<(), Refusal> {
    if fields > MOST_FIELDS {
        return Err(Refusal::too_many_fields(MOST_FIELDS, "fields"));
    }
    if texts > MOST_TEXT_FIELDS {
        return Err(Refusal::too_many_fields(MOST_TEXT_FIELDS, "TEXT fields"));
    }
    Ok(())
}

impl Definition {
    /// Which of some fields can be added: all of them, or those of new names if `if_new`.
    ///
    /// # Errors
    /// When a name is taken, or there would be too many fields.
    pub fn new_fields(
        &self,
        mut fields: Vec<FieldDefinition>,
        if_new: bool,
    ) -> Result<Vec<FieldDefinition>, Refusal> {
        let taken: HashSet<&[u8]> = self.fields.iter().map(|it| &*it.attribute).collect();
        let is_taken = |field: &FieldDefinition| taken.contains(&*field.attribute);
        if if_new {
            fields.retain(|field| !is_taken(field));
        } else if let Some(field) = fields.iter().find(|field| is_taken(field)) {
            return Err(Refusal::duplicate("field name", &field.attribute));
        }
        let both = self.fields.iter().chain(&fields);
        check_counts(both.clone().count(), both.filter(|it| it.is_text()).count())?;
        Ok(fields)
    }
}
