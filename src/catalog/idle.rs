//! `TEMPORARY` indexes: dropped when nobody has used them for a time.

use std::time::{Duration, Instant};

use super::index::Index;

impl Index {
    /// It is in use now.
    pub fn touch(&mut self) {
        self.last_use = Instant::now();
    }

    /// How long it may still go unused, if it is not to stay for ever.
    #[must_use]
    pub fn idle_left(&self, now: Instant) -> Option<Duration> {
        let allowed = Duration::from_secs(self.definition.idle_seconds?);
        Some(allowed.saturating_sub(now.saturating_duration_since(self.last_use)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::create::Definition;

    #[test]
    fn what_is_left_is_counted_from_the_last_use() {
        let index = |command: &str| {
            let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
            Index::new(1, Definition::parse(&words).unwrap())
        };
        let mut index = [
            index("i SCHEMA t TEXT"),
            index("i TEMPORARY 10 SCHEMA t TEXT"),
        ];
        let later = index[1].last_use + Duration::from_secs(4);
        assert_eq!(index[0].idle_left(later), None);
        assert_eq!(index[1].idle_left(later), Some(Duration::from_secs(6)));
        let much_later = later + Duration::from_secs(60);
        assert_eq!(index[1].idle_left(much_later), Some(Duration::ZERO));
        index[1].touch();
        assert!(index[1].idle_left(later) >= Some(Duration::from_secs(6)));
    }
}
