//! The documents of a set, some hundreds at a time: a fourth of what it takes to have them one by one.

use std::convert::Infallible;

use roaring::RoaringBitmap;

/// Documents that are had at once.
pub(super) const BATCH: usize = 1024;

/// Calls with the numbers of all documents of a set, ascending, in batches of up to [`BATCH`].
pub(super) fn each_batch(docs: &RoaringBitmap, mut take: impl FnMut(&[u32])) {
    let all = try_each_batch(docs, |batch| -> Result<(), Infallible> {
        take(batch);
        Ok(())
    });
    all.unwrap_or_else(|never| match never {});
}

/// The same, up to the first error.
///
/// # Errors
/// That of a call.
pub(super) fn try_each_batch<E>(
    docs: &RoaringBitmap,
    mut take: impl FnMut(&[u32]) -> Result<(), E>,
) -> Result<(), E> {
    let (mut left, mut batch) = (docs.iter(), [0; BATCH]);
    loop {
        let read = left.next_many(&mut batch);
        if read.is_empty() {
            return Ok(());
        }
        take(read)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_make_up_the_set_and_end_at_an_error() {
        let docs: RoaringBitmap = (1..5_000).filter(|doc| doc % 3 > 0).collect();
        let mut found = Vec::new();
        each_batch(&docs, |batch| {
            assert!(!batch.is_empty() && batch.len() <= BATCH);
            found.extend_from_slice(batch);
        });
        assert!(docs.iter().eq(found));
        let mut calls = 0;
        let ended = try_each_batch(&docs, |_| {
            calls += 1;
            if calls == 2 { Err("enough") } else { Ok(()) }
        });
        assert_eq!((ended, calls), (Err("enough"), 2));
    }
}
