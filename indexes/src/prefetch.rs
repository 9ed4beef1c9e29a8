//! Telling the CPU what will be read.

/// Tells the CPU that the cache line at `address` will be read. Any address will do.
#[inline(always)]
pub(crate) fn prefetch<T>(address: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint, which never faults and changes no memory.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = address;
}

#[cfg(test)]
mod tests {
    use super::prefetch;

    #[test]
    fn any_address_may_be_prefetched() {
        // Nothing is there; reading it would end the process.
        prefetch(std::ptr::null::<f32>());
        prefetch(std::ptr::without_provenance::<u8>(usize::MAX));
    }
}
