//! Texts that were written lately, so that equal ones are kept once.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;

/// Texts that are remembered. A field of fewer different ones keeps hardly any of them twice; one of
/// many loses a comparison a write.
const SLOTS: usize = 4096;

/// Texts, each where its hash says, in place of the last that was there.
#[derive(Debug, Default)]
pub(super) struct Recent {
    slots: Vec<Option<Arc<[u8]>>>,
}

/// A copy is only read, and remembers nothing.
impl Clone for Recent {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Recent {
    /// The same text, as it is kept already if it was written lately.
    pub(super) fn shared(&mut self, text: Arc<[u8]>) -> Arc<[u8]> {
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, None);
        }
        let hash = FixedState::default().hash_one(&*text);
        let slot = usize::try_from(hash % SLOTS as u64).unwrap_or_default();
        match &mut self.slots[slot] {
            Some(known) if *known == text => Arc::clone(known),
            known => {
                *known = Some(Arc::clone(&text));
                text
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_become_one_and_others_stay_what_they_are() {
        let mut recent = Recent::default();
        let texts = |round: usize| (0..500).map(move |text| (round, format!("text {text}")));
        let mut first = Vec::new();
        for (round, text) in texts(0).chain(texts(1)) {
            let shared = recent.shared(text.as_bytes().into());
            assert_eq!(*shared, *text.as_bytes());
            first.push((round, shared));
        }
        let (a, b) = first.split_at(500);
        let same = a
            .iter()
            .zip(b)
            .filter(|(a, b)| Arc::ptr_eq(&a.1, &b.1))
            .count();
        assert!(same > 400, "{same}");
    }
}
