//! What the server says of its databases, where there is no client in whose name one could be selected.

use super::api::Context;

/// What the server counts hashes as of which single fields expire, in what `INFO keyspace` says of a
/// database: in Valkey from 9.0 on, and in Redis from 7.4 on. Others have no such fields.
const COUNTS: [&str; 2] = ["keys_with_volatile_items", "subexpiry"];

/// Whether there is any key in a database.
pub(super) fn has_keys(context: Context<'_>, database: u32) -> bool {
    of_database(context, database).is_some()
}

/// Whether a database has a hash of which single fields expire. Such a field may be gone by the time that
/// a snapshot is loaded, with nobody told of it: then a key does not hold any more what an index knew of it.
pub(super) fn has_fields_that_expire(context: Context<'_>, database: u32) -> bool {
    of_database(context, database).is_some_and(|text| counts_any(&text))
}

/// None for a database without keys.
fn of_database(context: Context<'_>, database: u32) -> Option<String> {
    context.server_info(c"keyspace", &format!("db{database}"))
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
