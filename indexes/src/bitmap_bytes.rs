//! What a bitmap costs in memory.

use roaring::RoaringBitmap;

/// Heap bytes of a bitmap, its containers' headers included.
pub(crate) fn bitmap_bytes(bitmap: &RoaringBitmap) -> usize {
    /// A container's key and store, as laid out by the crate.
    const CONTAINER: u64 = 40;
    let statistics = bitmap.statistics();
    let bytes = u64::from(statistics.n_containers) * CONTAINER
        + statistics.n_bytes_array_containers
        + statistics.n_bytes_run_containers
        + statistics.n_bytes_bitset_containers;
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::bitmap_bytes;

    #[test]
    fn a_bitmap_costs_at_least_its_densest_form() {
        assert_eq!(bitmap_bytes(&[].into()), 0);
        assert!(bitmap_bytes(&(0..100).map(|n| n * 7).collect()) >= 200);
        assert!(bitmap_bytes(&(0..60_000).map(|n| n * 2).collect()) >= 8192);
    }
}
