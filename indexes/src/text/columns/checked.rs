//! Columns of bytes that may be anything.

use super::super::codec::{behind, get};
use super::super::field::FieldMask;
use super::Columns;

impl Columns {
    /// Reads all but the gaps, over what was here; none unless these are the bytes that
    /// [`put`](Self::put) wrote, or as good, and nothing else.
    pub(in crate::text) fn read_checked(
        &mut self,
        bytes: &[u8],
        len: usize,
        offsets: bool,
    ) -> Option<()> {
        behind(bytes.get(size_of::<u32>()..)?, len)?;
        let bytes = self.read_docs(bytes, len);
        let bytes = self.read_kinds_checked(bytes)?;
        let fields = self.fields_before(len);
        behind(bytes, fields)?;
        let bytes = get(bytes, fields, &mut self.counts);
        let gaps = self.counts.iter().map(|&count| u64::from(count) + 1);
        let gaps = usize::try_from(gaps.sum::<u64>()).ok()?;
        let bytes = if offsets { behind(bytes, gaps)? } else { bytes };
        bytes.is_empty().then_some(())
    }

    /// Reads the sets of fields, and which one each posting has.
    fn read_kinds_checked<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (&kinds, mut bytes) = bytes.split_first().filter(|(kinds, _)| **kinds > 0)?;
        self.kinds.clear();
        for _ in 0..kinds {
            // The last byte of a set is below 128.
            let mut set = bytes.iter().take(FieldMask::MOST_BYTES);
            set.position(|&byte| byte < 0x80)?;
            let kind = FieldMask::get(&mut bytes);
            if kind.is_empty() {
                return None;
            }
            self.kinds.push(kind);
        }
        let len = self.len();
        self.codes.clear();
        self.codes.resize(len, 0);
        if kinds == 1 {
            return Some(bytes);
        }
        behind(bytes, len)?;
        let bytes = get(bytes, len, &mut self.codes);
        let known = self.codes.iter().all(|&code| code < u32::from(kinds));
        known.then_some(bytes)
    }
}
