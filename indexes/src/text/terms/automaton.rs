//! Which terms are wanted, told byte by byte.

/// Accepts some byte strings. Walked over a tree of them, so that strings that begin alike cost their
/// beginning once, and a beginning that leads nowhere costs nothing more.
pub(in crate::text) trait Automaton {
    type State: Copy;

    fn start(&self) -> Self::State;

    /// The state after one byte more; none when nothing that begins so is accepted.
    fn step(&self, state: Self::State, byte: u8) -> Option<Self::State>;

    /// The bytes so far are accepted.
    fn accepts(&self, state: Self::State) -> bool;
}

/// Accepts everything.
#[derive(Clone, Copy)]
pub(in crate::text) struct Everything;

impl Automaton for Everything {
    type State = ();

    fn start(&self) {}

    fn step(&self, (): (), _: u8) -> Option<()> {
        Some(())
    }

    fn accepts(&self, (): ()) -> bool {
        true
    }
}
