//! Times of plans, kept from run to run: what a change of costs does to the choices is seen without measuring
//! them again, and without noise.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

/// What one search took in one way.
#[derive(Clone, Debug)]
pub struct Time {
    /// The plan, in one line.
    pub plan: String,
    /// The name of the way.
    pub name: String,
    /// Microseconds, measured.
    pub micros: f64,
    /// Microseconds that were expected.
    pub expected: f64,
}

/// Times by search.
#[derive(Debug, Default)]
pub struct Times(HashMap<String, Vec<Time>>);

impl Times {
    /// Those of a file that [`Times::write`] has written; none if there is no file.
    ///
    /// # Errors
    /// When it cannot be read, or is not such a file.
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let mut times = Self::default();
        if !path.exists() {
            return Ok(times);
        }
        for line in std::fs::read_to_string(path)?.lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            let [micros, expected, name, search, plan] = cells.as_slice() else {
                return Err(format!("{}: not a line of times: {line}", path.display()).into());
            };
            let time = Time {
                plan: (*plan).to_owned(),
                name: (*name).to_owned(),
                micros: micros.parse()?,
                expected: expected.parse()?,
            };
            times.0.entry((*search).to_owned()).or_default().push(time);
        }
        Ok(times)
    }

    /// What each of some plans took, if all of them are known.
    #[must_use]
    pub fn of(&self, search: &str, plans: &[String]) -> Option<Vec<f64>> {
        let known = self.0.get(search)?;
        let time = |plan: &String| known.iter().find(|time| time.plan == *plan);
        plans.iter().map(|plan| Some(time(plan)?.micros)).collect()
    }

    /// Replaces those of a search.
    pub fn put(&mut self, search: &str, times: Vec<Time>) {
        self.0.insert(search.to_owned(), times);
    }

    /// Writes all, a line each: microseconds, microseconds expected, way, search, plan.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        let mut searches: Vec<_> = self.0.iter().collect();
        searches.sort_unstable_by_key(|(search, _)| *search);
        let mut text = String::new();
        for (search, times) in searches {
            for time in times {
                let Time { plan, name, .. } = time;
                let (micros, expected) = (time.micros, time.expected);
                writeln!(text, "{micros}\t{expected}\t{name}\t{search}\t{plan}")?;
            }
        }
        Ok(std::fs::write(path, text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_known_only_as_a_whole() {
        let path = std::env::temp_dir().join(format!("nuthatch-times-{}", std::process::id()));
        assert!(Times::read(&path).unwrap().0.is_empty());
        let time = |plan: &str, micros| Time {
            plan: plan.to_owned(),
            name: "heap".to_owned(),
            micros,
            expected: 2.0,
        };
        let mut times = Times::default();
        times.put("a b LIMIT 0 10", vec![time("A", 1.5), time("B", 3.25)]);
        times.write(&path).unwrap();
        let read = Times::read(&path).unwrap();
        let of = |search, plans: &[&str]| {
            let plans: Vec<String> = plans.iter().map(|&plan| plan.to_owned()).collect();
            read.of(search, &plans)
        };
        assert_eq!(of("a b LIMIT 0 10", &["B", "A"]), Some(vec![3.25, 1.5]));
        assert_eq!(of("a b LIMIT 0 10", &["A", "C"]), None);
        assert_eq!(of("a", &["A"]), None);
        std::fs::write(&path, "1.5\theap\n").unwrap();
        assert!(Times::read(&path).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
