//! Byte strings as a tree of what they have in common, for walks in byte order and by automata.
//!
//! Morrison, "PATRICIA: Practical Algorithm To Retrieve Information Coded in Alphanumeric" (1968), by
//! bytes. Nodes lie in one piece of memory and name each other by number: 20 bytes each, labels
//! included, at about three nodes for two terms.

use super::TermId;
use super::automaton::{Automaton, Everything};
use super::slab::Slab;

/// Bytes of a node's label; longer ones take several nodes.
const LABEL: usize = 7;

/// No node or no term.
const NONE: u32 = u32::MAX;

/// The tree.
pub(super) struct Radix {
    nodes: Slab<Node>,
    /// The first of the unused nodes, each of which names the next as its child.
    free: u32,
    /// By first byte: words begin in many ways.
    roots: Box<[u32; 256]>,
    /// The term of no byte.
    empty: u32,
}

#[derive(Clone, Copy)]
struct Node {
    /// What follows the parent's bytes; the first byte is no sibling's.
    label: [u8; LABEL],
    len: u8,
    /// The first child; they ascend.
    child: u32,
    sibling: u32,
    term: u32,
}

impl Default for Radix {
    fn default() -> Self {
        Self {
            nodes: Slab::default(),
            free: NONE,
            roots: Box::new([NONE; 256]),
            empty: NONE,
        }
    }
}

impl Node {
    fn label(&self) -> &[u8] {
        &self.label[..usize::from(self.len)]
    }

    fn set_label(&mut self, label: &[u8]) {
        self.label[..label.len()].copy_from_slice(label);
        self.len = u8::try_from(label.len()).unwrap_or_default();
    }
}

/// Where a node's number is kept.
#[derive(Clone, Copy)]
enum Place {
    Root(u8),
    Child(u32),
    Sibling(u32),
}

impl Radix {
    /// Adds a string that is not in the tree.
    pub(super) fn insert(&mut self, name: &[u8], term: TermId) {
        let Some(&first) = name.first() else {
            self.empty = term.get();
            return;
        };
        let (mut place, mut rest) = (Place::Root(first), name);
        loop {
            place = self.seek(place, rest[0]);
            let at = self.at(place);
            if at == NONE || self.node(at).label[0] != rest[0] {
                let chain = self.chain(rest, term);
                self.node_mut(chain).sibling = at;
                self.set(place, chain);
                return;
            }
            let shared = shared(self.node(at).label(), rest);
            if shared < self.node(at).label().len() {
                self.split(at, shared);
            }
            rest = &rest[shared..];
            if rest.is_empty() {
                self.node_mut(at).term = term.get();
                return;
            }
            place = Place::Child(at);
        }
    }

    /// Takes out a string.
    pub(super) fn remove(&mut self, name: &[u8]) {
        let Some(&first) = name.first() else {
            self.empty = NONE;
            return;
        };
        let mut path = Vec::new();
        let (mut place, mut rest) = (Place::Root(first), name);
        while let Some(&next) = rest.first() {
            place = self.seek(place, next);
            let at = self.at(place);
            if at == NONE || !rest.starts_with(self.node(at).label()) {
                return;
            }
            path.push(place);
            rest = &rest[self.node(at).label().len()..];
            place = Place::Child(at);
        }
        if let Some(&last) = path.last() {
            let at = self.at(last);
            self.node_mut(at).term = NONE;
        }
        // Nodes that lead to nothing any more, from the last one up.
        while let Some(place) = path.pop() {
            let at = self.at(place);
            let node = *self.node(at);
            if node.term != NONE || node.child != NONE {
                self.join(at);
                return;
            }
            self.set(place, node.sibling);
            self.node_mut(at).child = self.free;
            self.free = at;
        }
    }

    /// The strings that begin so, in byte order.
    pub(super) fn with_prefix(&self, prefix: &[u8]) -> Matches<'_, Everything> {
        let mut matches = Matches::nothing(self, Everything);
        let Some(&first) = prefix.first() else {
            matches.begin();
            return matches;
        };
        let (mut place, mut rest) = (Place::Root(first), prefix);
        loop {
            place = self.seek(place, rest[0]);
            let at = self.at(place);
            if at == NONE {
                return matches;
            }
            let shared = shared(self.node(at).label(), rest);
            if shared == rest.len() {
                matches.only = Some(at);
                matches.stack.push((at, ()));
                return matches;
            }
            if shared < self.node(at).label().len() {
                return matches;
            }
            rest = &rest[shared..];
            place = Place::Child(at);
        }
    }

    /// The strings that an automaton accepts, in byte order.
    pub(super) fn matching<A: Automaton>(&self, automaton: A) -> Matches<'_, A> {
        let mut matches = Matches::nothing(self, automaton);
        matches.begin();
        matches
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.nodes.memory_bytes() + size_of_val(&*self.roots)
    }

    /// From the place of a first sibling to that of the one that begins with a byte, or before which it
    /// would be.
    fn seek(&self, mut place: Place, byte: u8) -> Place {
        loop {
            let at = self.at(place);
            if at == NONE || self.node(at).label[0] >= byte {
                return place;
            }
            place = Place::Sibling(at);
        }
    }

    fn at(&self, place: Place) -> u32 {
        match place {
            Place::Root(byte) => self.roots[usize::from(byte)],
            Place::Child(of) => self.node(of).child,
            Place::Sibling(of) => self.node(of).sibling,
        }
    }

    fn set(&mut self, place: Place, node: u32) {
        match place {
            Place::Root(byte) => self.roots[usize::from(byte)] = node,
            Place::Child(of) => self.node_mut(of).child = node,
            Place::Sibling(of) => self.node_mut(of).sibling = node,
        }
    }

    /// Cuts a label in two, of which a new child has the second half and everything below.
    fn split(&mut self, at: u32, shared: usize) {
        let mut lower = *self.node(at);
        lower.set_label(&self.node(at).label()[shared..]);
        lower.sibling = NONE;
        let lower = self.new_node(lower);
        let upper = self.node_mut(at);
        upper.len = u8::try_from(shared).unwrap_or_default();
        upper.child = lower;
        upper.term = NONE;
    }

    /// Takes an only child into its parent, if the parent is nothing else and both labels fit in one.
    fn join(&mut self, at: u32) {
        let node = *self.node(at);
        if node.term != NONE || node.child == NONE {
            return;
        }
        let child = *self.node(node.child);
        if child.sibling != NONE || node.label().len() + child.label().len() > LABEL {
            return;
        }
        let label = [node.label(), child.label()].concat();
        let joined = self.node_mut(at);
        joined.set_label(&label);
        joined.child = child.child;
        joined.term = child.term;
        self.node_mut(node.child).child = self.free;
        self.free = node.child;
    }

    /// Nodes for a string that shares nothing with what is there; the number of the first.
    fn chain(&mut self, name: &[u8], term: TermId) -> u32 {
        let mut below = NONE;
        for label in name.chunks(LABEL).rev() {
            let mut node = Node {
                label: [0; LABEL],
                len: 0,
                child: below,
                sibling: NONE,
                term: if below == NONE { term.get() } else { NONE },
            };
            node.set_label(label);
            below = self.new_node(node);
        }
        below
    }

    fn new_node(&mut self, node: Node) -> u32 {
        let at = self.free;
        if at == NONE {
            let number = u32::try_from(self.nodes.push(node)).ok();
            return number
                .filter(|&at| at != NONE)
                .expect("fewer than 2^32 - 1 nodes");
        }
        self.free = self.node(at).child;
        *self.node_mut(at) = node;
        at
    }

    #[inline]
    fn node(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    fn node_mut(&mut self, at: u32) -> &mut Node {
        &mut self.nodes[at as usize]
    }
}

fn shared(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// A walk over those strings of a tree that an automaton accepts.
pub(in crate::text) struct Matches<'a, A: Automaton> {
    tree: &'a Radix,
    automaton: A,
    /// Nodes to visit, with the state before their labels.
    stack: Vec<(u32, A::State)>,
    /// Bytes from which on roots are still to be visited.
    roots: std::ops::Range<usize>,
    /// The node whose siblings are not part of the walk.
    only: Option<u32>,
    /// The empty string is still to be visited.
    empty: bool,
}

impl<'a, A: Automaton> Matches<'a, A> {
    fn nothing(tree: &'a Radix, automaton: A) -> Self {
        Self {
            tree,
            automaton,
            stack: Vec::new(),
            roots: 256..256,
            only: None,
            empty: false,
        }
    }

    fn begin(&mut self) {
        self.roots = 0..256;
        self.empty = true;
    }

    /// Puts the next root on the stack; false after the last.
    fn next_root(&mut self) -> bool {
        for byte in self.roots.by_ref() {
            let root = self.tree.roots[byte];
            if root != NONE {
                self.stack.push((root, self.automaton.start()));
                return true;
            }
        }
        false
    }
}

impl<A: Automaton> Iterator for Matches<'_, A> {
    type Item = TermId;

    fn next(&mut self) -> Option<TermId> {
        if std::mem::take(&mut self.empty)
            && self.tree.empty != NONE
            && self.automaton.accepts(self.automaton.start())
        {
            return Some(TermId::new(self.tree.empty));
        }
        loop {
            let Some((at, before)) = self.stack.pop() else {
                if self.next_root() {
                    continue;
                }
                return None;
            };
            let node = self.tree.node(at);
            if node.sibling != NONE && self.only.take() != Some(at) {
                self.stack.push((node.sibling, before));
            }
            let step = |state, &byte: &u8| self.automaton.step(state, byte);
            let Some(state) = node.label().iter().try_fold(before, step) else {
                continue;
            };
            if node.child != NONE {
                self.stack.push((node.child, state));
            }
            if node.term != NONE && self.automaton.accepts(state) {
                return Some(TermId::new(node.term));
            }
        }
    }
}
