//! A circle on the earth: that of a clause of a query, and of `GEOFILTER`.

use super::args::Args;
use super::error::Refusal;

/// All that is no farther from a place than a radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Degrees, from −180 to 180.
    pub longitude: f64,
    /// Degrees, from −90 to 90.
    pub latitude: f64,
    /// In `unit`; 0 or more, may be infinite.
    pub radius: f64,
    /// What the radius is counted in.
    pub unit: Unit,
}

/// A unit of length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `m`
    Metres,
    /// `km`
    Kilometres,
    /// `mi`
    Miles,
    /// `ft`
    Feet,
}

impl Unit {
    /// The words for the units.
    const NAMES: [(&str, Self); 4] = [
        ("m", Self::Metres),
        ("km", Self::Kilometres),
        ("mi", Self::Miles),
        ("ft", Self::Feet),
    ];

    /// The unit of a name, in any case.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(name: &[u8]) -> Result<Self, Refusal> {
        let same = |(unit, _): &&(&str, Self)| name.eq_ignore_ascii_case(unit.as_bytes());
        match Self::NAMES.iter().find(same) {
            Some((_, unit)) => Ok(*unit),
            None => {
                let valid = Self::NAMES.map(|(name, _)| name);
                Err(Refusal::not_one_of("the unit of a radius", &valid, name))
            }
        }
    }

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        let same = Self::NAMES.iter().find(|(_, unit)| *unit == self);
        same.map_or("", |(name, _)| name)
    }

    /// How many metres it is; those of the servers' own `GEO` commands.
    #[must_use]
    pub const fn metres(self) -> f64 {
        match self {
            Self::Metres => 1.0,
            Self::Kilometres => 1000.0,
            Self::Miles => 1609.34,
            Self::Feet => 0.3048,
        }
    }
}

impl Circle {
    /// The circle with these numbers.
    ///
    /// # Errors
    /// When one of them is out of its range.
    pub fn new(longitude: f64, latitude: f64, radius: f64, unit: Unit) -> Result<Self, Refusal> {
        let check = |name, value: f64, min, max| {
            let is_valid = (min..=max).contains(&value);
            let refusal = || Refusal::not_number(name, min, max, value.to_string().as_bytes());
            is_valid.then_some(()).ok_or_else(refusal)
        };
        check("the longitude of a circle", longitude, -180.0, 180.0)?;
        check("the latitude of a circle", latitude, -90.0, 90.0)?;
        if radius.is_nan() || radius < 0.0 {
            let given = radius.to_string();
            return Err(Refusal::not_number(
                "the radius of a circle",
                0.0,
                f64::MAX,
                given.as_bytes(),
            ));
        }
        Ok(Self {
            longitude,
            latitude,
            radius,
            unit,
        })
    }
}

/// `GEOFILTER field longitude latitude radius unit`, as queries had circles before they had a syntax
/// for them.
#[derive(Clone, Debug, PartialEq)]
pub struct GeoFilter {
    /// The field's name.
    pub field: Vec<u8>,
    /// Where its point must be.
    pub circle: Circle,
}

impl GeoFilter {
    /// Takes a field and a circle.
    ///
    /// # Errors
    /// When a number is none or out of its range, or the unit is none.
    pub fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let field = args.value("GEOFILTER")?;
        let longitude = args.number("longitude of GEOFILTER", -180.0, 180.0)?;
        let latitude = args.number("latitude of GEOFILTER", -90.0, 90.0)?;
        let radius = args.number("radius of GEOFILTER", 0.0, f64::MAX)?;
        let unit = Unit::of(args.value("unit of GEOFILTER")?)?;
        Ok(Self {
            field: field.strip_prefix(b"@").unwrap_or(field).to_vec(),
            circle: Circle::new(longitude, latitude, radius, unit)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(given: &str) -> Result<GeoFilter, String> {
        let words: Vec<&[u8]> = given.split(' ').map(str::as_bytes).collect();
        GeoFilter::take(&mut Args::new(&words)).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_filter_is_a_field_and_a_circle() {
        let filter = take("@home 2.5 -48 10 KM").unwrap();
        assert_eq!(filter.field, b"home");
        let circle = Circle::new(2.5, -48.0, 10.0, Unit::Kilometres).unwrap();
        assert_eq!(filter.circle, circle);
    }

    #[test]
    fn what_is_wrong_with_a_filter_is_said() {
        for (given, text) in [
            (
                "f 181 0 1 m",
                "longitude of GEOFILTER: must be a number from -180 to 180, not `181`",
            ),
            (
                "f 0 -91 1 m",
                "latitude of GEOFILTER: must be a number from -90 to 90, not `-91`",
            ),
            (
                "f 0 0 -1 m",
                "radius of GEOFILTER: must be a number of at least 0, not `-1`",
            ),
            (
                "f 0 0 1 yd",
                "the unit of a radius: must be m or km or mi or ft, not `yd`",
            ),
            ("f 0 0 1", "unit of GEOFILTER: needs a value"),
        ] {
            let refusal = take(given).unwrap_err();
            assert_eq!(
                refusal,
                format!("SEARCH_PARSE_ARGS Bad arguments for {text}")
            );
        }
    }

    #[test]
    fn a_unit_is_found_by_its_name() {
        for (name, unit) in Unit::NAMES {
            assert_eq!(Unit::of(name.as_bytes()), Ok(unit));
            assert_eq!(unit.name(), name);
        }
    }
}
