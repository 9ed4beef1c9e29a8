//! The functions of expressions: their names and how many arguments they take.

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// A function of one number.
    Math(Math),
    /// `bucket(x, width [, origin])`: the lower end of the bucket that x lies in.
    Bucket,
    /// `lower(text)`
    Lower,
    /// `upper(text)`
    Upper,
    /// `strlen(text)`, in bytes.
    StrLen,
    /// `substr(text, offset, length)`
    Substr,
    /// `contains(text, part)`: how often.
    Contains,
    /// `startswith(text, part)`
    StartsWith,
    /// `concat(x, …)`
    Concat,
    /// `format(text, x, …)`
    Format,
    /// `split(text [, separators [, stripped]])`
    Split,
    /// `matched_terms([most])`
    MatchedTerms,
    /// `to_number(text)`
    ToNumber,
    /// `to_str(x)`
    ToStr,
    /// `exists(x)`
    Exists,
    /// `case(condition, then, otherwise)`
    Case,
    /// `timefmt(seconds [, format])`
    TimeFmt,
    /// `parsetime(text, format)`
    ParseTime,
    /// `date_trunc(unit, seconds)`
    DateTrunc,
    /// A part of a time, or the first second of one.
    Part(Part),
    /// `geodistance(…)`, in metres.
    GeoDistance,
    /// `vector_distance(@field, vector)`
    VectorDistance,
}

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Math {
    /// `abs(x)`
    Abs,
    /// `ceil(x)`
    Ceil,
    /// `floor(x)`
    Floor,
    /// `log(x)`, the natural one.
    Log,
    /// `log2(x)`
    Log2,
    /// `exp(x)`
    Exp,
    /// `sqrt(x)`
    Sqrt,
}

/// A part of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `minute(seconds)`: its first second.
    Minute,
    /// `hour(seconds)`: its first second.
    Hour,
    /// `day(seconds)`: its first second.
    Day,
    /// `month(seconds)`: its first second.
    Month,
    /// `year(seconds)`
    Year,
    /// `monthofyear(seconds)`, from 0.
    MonthOfYear,
    /// `dayofmonth(seconds)`, from 1.
    DayOfMonth,
    /// `dayofweek(seconds)`, 0 is Sunday.
    DayOfWeek,
    /// `dayofyear(seconds)`, from 0.
    DayOfYear,
}

impl Math {
    /// What it makes of a number.
    #[must_use]
    pub fn apply(self, number: f64) -> f64 {
        match self {
            Self::Abs => number.abs(),
            Self::Ceil => number.ceil(),
            Self::Floor => number.floor(),
            Self::Log => number.ln(),
            Self::Log2 => number.log2(),
            Self::Exp => number.exp(),
            Self::Sqrt => number.sqrt(),
        }
    }
}

/// Arguments of `concat` and `format` at most.
const MANY: usize = 50;

/// Every function: its name, and the fewest and the most arguments that it takes.
pub(super) const FUNCTIONS: &[(Function, &str, usize, usize)] = &[
    (Function::Math(Math::Abs), "abs", 1, 1),
    (Function::Math(Math::Ceil), "ceil", 1, 1),
    (Function::Math(Math::Floor), "floor", 1, 1),
    (Function::Math(Math::Log), "log", 1, 1),
    (Function::Math(Math::Log2), "log2", 1, 1),
    (Function::Math(Math::Exp), "exp", 1, 1),
    (Function::Math(Math::Sqrt), "sqrt", 1, 1),
    (Function::Bucket, "bucket", 2, 3),
    (Function::Lower, "lower", 1, 1),
    (Function::Upper, "upper", 1, 1),
    (Function::StrLen, "strlen", 1, 1),
    (Function::Substr, "substr", 3, 3),
    (Function::Contains, "contains", 2, 2),
    (Function::StartsWith, "startswith", 2, 2),
    (Function::Concat, "concat", 0, MANY),
    (Function::Format, "format", 1, MANY),
    (Function::Split, "split", 1, 3),
    (Function::MatchedTerms, "matched_terms", 0, 1),
    (Function::ToNumber, "to_number", 1, 1),
    (Function::ToStr, "to_str", 1, 1),
    (Function::Exists, "exists", 1, 1),
    (Function::Case, "case", 3, 3),
    (Function::TimeFmt, "timefmt", 1, 2),
    (Function::ParseTime, "parsetime", 2, 2),
    (Function::DateTrunc, "date_trunc", 2, 2),
    (Function::Part(Part::Minute), "minute", 1, 1),
    (Function::Part(Part::Hour), "hour", 1, 1),
    (Function::Part(Part::Day), "day", 1, 1),
    (Function::Part(Part::Month), "month", 1, 1),
    (Function::Part(Part::Year), "year", 1, 1),
    (Function::Part(Part::MonthOfYear), "monthofyear", 1, 1),
    (Function::Part(Part::DayOfMonth), "dayofmonth", 1, 1),
    (Function::Part(Part::DayOfWeek), "dayofweek", 1, 1),
    (Function::Part(Part::DayOfYear), "dayofyear", 1, 1),
    (Function::GeoDistance, "geodistance", 2, 4),
    (Function::VectorDistance, "vector_distance", 2, 2),
];

impl Function {
    /// The function of a name, in any case.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        FUNCTIONS
            .iter()
            .find(|(_, known, ..)| name.eq_ignore_ascii_case(known.as_bytes()))
            .map(|(function, ..)| *function)
    }

    /// Its name, and the fewest and the most arguments that it takes.
    #[must_use]
    pub fn signature(self) -> (&'static str, usize, usize) {
        FUNCTIONS
            .iter()
            .find(|(function, ..)| *function == self)
            .map_or(("", 0, 0), |(_, name, min, max)| (*name, *min, *max))
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.signature().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_by_its_name_in_any_case() {
        for (function, name, min, max) in FUNCTIONS {
            let upper = name.to_ascii_uppercase();
            assert_eq!(Function::named(upper.as_bytes()), Some(*function));
            assert_eq!(function.signature(), (*name, *min, *max));
        }
        assert_eq!(Function::named(b"nope"), None);
    }
}
