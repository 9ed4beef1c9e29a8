//! Whether a database has hashes of which single fields expire.
//!
//! Such a field may be gone by the time that a snapshot is loaded, with nobody told of it: then a key does
//! not hold any more what an index knew of it.

use super::api::Context;

/// What the server counts such hashes as, in what `INFO keyspace` says of a database: in Valkey from 9.0
/// on, and in Redis from 7.4 on. Others have no such fields.
const COUNTS: [&str; 2] = ["keys_with_volatile_items", "subexpiry"];

/// Whether there is any such hash in a database.
pub(super) fn has_fields_that_expire(context: Context<'_>, database: u32) -> bool {
    let of_database = context.server_info(c"keyspace", &format!("db{database}"));
    of_database.is_some_and(|text| counts_any(&text))
}

fn counts_any(text: &str) -> bool {
    let mut counts = text.split(',').filter_map(|count| count.split_once('='));
    counts.any(|(name, count)| COUNTS.contains(&name.trim()) && count.trim() != "0")
}

#[cfg(test)]
mod tests {
    use super::counts_any;

    #[test]
    fn only_a_count_above_nothing_counts() {
        for (text, expected) in [
            (
                "keys=1,expires=0,avg_ttl=0,keys_with_volatile_items=0",
                false,
            ),
            (
                "keys=1,expires=0,avg_ttl=0,keys_with_volatile_items=12",
                true,
            ),
            ("keys=9,expires=3,avg_ttl=7,subexpiry=1", true),
            ("keys=9,expires=3,avg_ttl=7", false),
            ("", false),
        ] {
            assert_eq!(counts_any(text), expected, "{text}");
        }
    }
}
