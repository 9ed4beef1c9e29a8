//! The radix tree: nodes in one array, so that however deep it grows nothing recurses.

use super::Suggestion;

/// The place of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(u32);

impl NodeId {
    const fn slot(self) -> usize {
        self.0 as usize
    }
}

/// Suggestions by the letters of their folded texts.
///
/// Canonical: the same suggestions make the same tree, in whatever order they came. A node but for
/// the root holds a suggestion or has two children or more.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The root is the first; its label is empty.
    nodes: Vec<Node>,
    free: Vec<NodeId>,
}

/// One node.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// The letters from its parent to it; empty only for the root.
    pub(super) label: Box<str>,
    /// The largest weight here and beneath; 0 when there is nothing.
    pub(super) best: f64,
    /// The fewest letters, from the root, of a text here and beneath.
    pub(super) shortest: usize,
    /// Those whose folded text ends here, in the order of their texts.
    pub(super) suggestions: Vec<Suggestion>,
    /// In the order of their labels, whose first letters differ.
    pub(super) children: Vec<NodeId>,
}

impl Tree {
    pub(super) const ROOT: NodeId = NodeId(0);

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.slot()]
    }

    /// The child whose label begins with the first letter of `rest`, and its place among all.
    pub(super) fn child(&self, id: NodeId, rest: &str) -> Result<(usize, NodeId), usize> {
        let first = |text: &str| text.chars().next();
        let children = &self.node(id).children;
        children
            .binary_search_by(|child| first(&self.node(*child).label).cmp(&first(rest)))
            .map(|place| (place, children[place]))
    }

    /// The node at the end of `key`.
    pub(super) fn locate(&self, key: &str) -> Option<NodeId> {
        let (mut at, mut rest) = (Self::ROOT, key);
        while !rest.is_empty() {
            let (_, child) = self.child(at, rest).ok()?;
            rest = rest.strip_prefix(&*self.node(child).label)?;
            at = child;
        }
        Some(at)
    }

    pub(super) fn find(&self, key: &str, text: &str) -> Option<&Suggestion> {
        let suggestions = &self.node(self.locate(key)?).suggestions;
        let place = suggestions.binary_search_by(|other| (*other.text).cmp(text));
        suggestions.get(place.ok()?)
    }

    /// Changes the suggestion of a text, which begins without weight or payload; whether it is
    /// new.
    pub(super) fn change(
        &mut self,
        key: &str,
        text: &str,
        change: impl FnOnce(&mut Suggestion),
    ) -> bool {
        let path = self.make(key);
        let end = path.last().copied().unwrap_or(Self::ROOT);
        let suggestions = &mut self.nodes[end.slot()].suggestions;
        let place = suggestions.binary_search_by(|other| (*other.text).cmp(text));
        let at = match place {
            Ok(at) => at,
            Err(at) => {
                let suggestion = Suggestion {
                    text: text.into(),
                    weight: 0.0,
                    payload: None,
                };
                suggestions.insert(at, suggestion);
                at
            }
        };
        change(&mut suggestions[at]);
        self.weigh(&path);
        place.is_err()
    }

    /// Forgets the suggestion of a text; whether it was there.
    pub(super) fn remove(&mut self, key: &str, text: &str) -> bool {
        let mut path = vec![Self::ROOT];
        let (mut at, mut rest) = (Self::ROOT, key);
        while !rest.is_empty() {
            let Ok((_, child)) = self.child(at, rest) else {
                return false;
            };
            let Some(after) = rest.strip_prefix(&*self.node(child).label) else {
                return false;
            };
            path.push(child);
            (at, rest) = (child, after);
        }
        let suggestions = &mut self.nodes[at.slot()].suggestions;
        let Ok(place) = suggestions.binary_search_by(|other| (*other.text).cmp(text)) else {
            return false;
        };
        suggestions.remove(place);
        self.prune(&mut path);
        self.weigh(&path);
        true
    }

    /// All suggestions, in the order of their folded texts.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Suggestion> {
        let mut open = vec![Self::ROOT];
        std::iter::from_fn(move || {
            let node = self.node(open.pop()?);
            open.extend(node.children.iter().rev());
            Some(&node.suggestions)
        })
        .flatten()
    }

    /// Heap bytes in use, by capacity.
    pub(super) fn memory_bytes(&self) -> usize {
        let of_suggestion = |suggestion: &Suggestion| {
            let payload = suggestion.payload.as_ref();
            suggestion.text.len() + payload.map_or(0, |payload| payload.len())
        };
        let of_node = |node: &Node| {
            node.label.len()
                + node.suggestions.capacity() * size_of::<Suggestion>()
                + node.children.capacity() * size_of::<NodeId>()
                + node.suggestions.iter().map(of_suggestion).sum::<usize>()
        };
        self.nodes.capacity() * size_of::<Node>()
            + self.free.capacity() * size_of::<NodeId>()
            + self.nodes.iter().map(of_node).sum::<usize>()
    }

    /// The nodes from the root to the end of `key`, made where they are missing.
    fn make(&mut self, key: &str) -> Vec<NodeId> {
        let mut path = vec![Self::ROOT];
        let (mut at, mut rest) = (Self::ROOT, key);
        while !rest.is_empty() {
            let next = match self.child(at, rest) {
                Err(place) => {
                    let leaf = self.add(Node {
                        label: rest.into(),
                        ..Node::default()
                    });
                    self.nodes[at.slot()].children.insert(place, leaf);
                    leaf
                }
                Ok((place, child)) => {
                    let common = common_prefix(&self.node(child).label, rest);
                    if common < self.node(child).label.len() {
                        self.split(at, place, common)
                    } else {
                        child
                    }
                }
            };
            rest = &rest[self.node(next).label.len()..];
            path.push(next);
            at = next;
        }
        path
    }

    /// Puts a node between one and its child, where the child's label has `length` bytes.
    fn split(&mut self, parent: NodeId, place: usize, length: usize) -> NodeId {
        let lower = self.nodes[parent.slot()].children[place];
        let (head, tail) = self.node(lower).label.split_at(length);
        let upper = Node {
            label: head.into(),
            best: self.node(lower).best,
            shortest: self.node(lower).shortest,
            suggestions: Vec::new(),
            children: vec![lower],
        };
        let tail = tail.into();
        let upper = self.add(upper);
        self.nodes[lower.slot()].label = tail;
        self.nodes[parent.slot()].children[place] = upper;
        upper
    }

    /// Takes away the end of a path if nothing is there any more, and what then holds nothing but
    /// one child.
    fn prune(&mut self, path: &mut Vec<NodeId>) {
        while let [.., parent, end] = path[..] {
            let node = self.node(end);
            if !node.suggestions.is_empty() || node.children.len() > 1 {
                return;
            }
            let place = self.child(parent, &node.label).map(|(place, _)| place);
            let place = place.expect("a node is among its parent's children");
            let end_of_path = path.pop();
            debug_assert_eq!(end_of_path, Some(end));
            let Some(only) = self.node(end).children.first().copied() else {
                self.nodes[parent.slot()].children.remove(place);
                self.release(end);
                continue;
            };
            let label = [&*self.node(end).label, &*self.node(only).label].concat();
            self.nodes[only.slot()].label = label.into();
            self.nodes[parent.slot()].children[place] = only;
            self.release(end);
            return;
        }
    }

    /// Brings what nodes know of those beneath them up to date along a path, from its end.
    fn weigh(&mut self, path: &[NodeId]) {
        let labels = path.iter().map(|id| self.node(*id).label.chars().count());
        let mut letters: usize = labels.sum();
        for id in path.iter().rev() {
            let (best, shortest) = self.summary(*id, letters);
            letters -= self.node(*id).label.chars().count();
            let node = &mut self.nodes[id.slot()];
            (node.best, node.shortest) = (best, shortest);
        }
    }

    /// The largest weight and the fewest letters of a text at a node, which has so many letters,
    /// and beneath it.
    fn summary(&self, id: NodeId, letters: usize) -> (f64, usize) {
        let node = self.node(id);
        let own = node.suggestions.iter();
        let own = own.map(|suggestion| (suggestion.weight, letters));
        let beneath = node.children.iter().map(|child| self.node(*child));
        let beneath = beneath.map(|child| (child.best, child.shortest));
        own.chain(beneath)
            .reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)))
            .unwrap_or((0.0, letters))
    }

    fn add(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.free.pop() {
            self.nodes[id.slot()] = node;
            return id;
        }
        // That many nodes of this size would not fit in memory.
        let id = u32::try_from(self.nodes.len()).expect("fewer than 2^32 nodes");
        self.nodes.push(node);
        NodeId(id)
    }

    fn release(&mut self, id: NodeId) {
        self.nodes[id.slot()] = Node::default();
        self.free.push(id);
    }

    /// Panics unless the tree is what it says it is.
    #[cfg(test)]
    pub(super) fn check(&self) {
        let mut open = vec![(Self::ROOT, 0)];
        let mut met = 0;
        while let Some((id, letters)) = open.pop() {
            met += 1;
            let node = self.node(id);
            let letters = letters + node.label.chars().count();
            assert_eq!((node.best, node.shortest), self.summary(id, letters));
            assert!(node.suggestions.is_sorted_by(|a, b| a.text < b.text));
            let first = |id: &NodeId| self.node(*id).label.chars().next();
            assert!(node.children.is_sorted_by(|a, b| first(a) < first(b)));
            if id != Self::ROOT {
                assert!(!node.label.is_empty());
                assert!(!node.suggestions.is_empty() || node.children.len() > 1);
            }
            open.extend(node.children.iter().map(|child| (*child, letters)));
        }
        assert_eq!(met + self.free.len(), self.nodes.len());
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
            free: Vec::new(),
        }
    }
}

/// How many bytes of whole letters two texts have in common.
fn common_prefix(a: &str, b: &str) -> usize {
    let same = a.char_indices().zip(b.chars());
    same.take_while(|((_, x), y)| x == y)
        .last()
        .map_or(0, |((at, letter), _)| at + letter.len_utf8())
}
