//! The invariants of the graph, for tests.

use std::collections::{HashMap, HashSet};

use super::Hnsw;
use crate::doc::DocId;
use crate::vector::rows::{RowId, Rows};

impl Hnsw {
    /// Panics unless the graph is whole and holds exactly these documents in these rows.
    pub(in crate::vector) fn check(&self, rows: &Rows, held: &[(DocId, RowId)]) {
        let graph = &self.graph;
        let free: HashSet<RowId> = rows.free().iter().copied().collect();
        let mut docs: HashMap<RowId, Vec<DocId>> = HashMap::new();
        for &(doc, row) in held {
            docs.entry(row).or_default().push(doc);
        }
        assert_eq!(rows.slots(), graph.slots(), "one node a row");
        assert_eq!(free.len(), rows.free().len(), "a row is freed once");
        let mut incoming = vec![0; graph.slots()];
        let (mut bytes, mut live, mut highest) = (0, 0, 0);
        for row in (0..graph.slots()).map(RowId::from_index) {
            let holders: Vec<DocId> = graph.holders(row).matching(None).collect();
            assert_eq!(holders, docs.remove(&row).unwrap_or_default(), "{row:?}");
            for link in graph.links(row, 0) {
                incoming[link.index()] += 1;
            }
            assert_eq!(graph.is_live(row), !holders.is_empty());
            for layer in 0..=graph.top(row) {
                self.check_list(row, layer, &free);
                bytes += size_of_val(graph.links(row, layer));
            }
            if graph.is_live(row) {
                assert!(!free.contains(&row), "a live row is not free");
                live += 1;
                highest = highest.max(graph.top(row));
            }
        }
        assert!(
            docs.is_empty(),
            "every row that a document is in has a node"
        );
        assert_eq!(bytes, graph.link_bytes());
        assert_eq!(live, graph.live());
        assert_eq!(graph.entry().is_none(), live == 0);
        if let Some(entry) = graph.entry() {
            assert!(graph.is_live(entry));
            assert_eq!(graph.top(entry), highest);
        }
    }

    /// Live nodes that nothing links to.
    pub(in crate::vector) fn orphans(&self) -> usize {
        let rows = (0..self.graph.slots()).map(RowId::from_index);
        let live = rows.filter(|&row| self.graph.is_live(row));
        live.filter(|&row| self.graph.incoming(row) == 0).count()
    }

    fn check_list(&self, row: RowId, layer: usize, free: &HashSet<RowId>) {
        let links = self.graph.links(row, layer);
        assert!(links.len() <= self.graph.most_links(layer), "degree");
        assert_eq!(links.iter().collect::<HashSet<_>>().len(), links.len());
        assert!(
            links.is_empty() || !free.contains(&row),
            "free nodes have no links"
        );
        for &link in links {
            assert_ne!(link, row, "no node links to itself");
            assert!(!free.contains(&link), "no node links to a free one");
            assert!(layer <= self.graph.top(link), "a link stays in its layer");
        }
    }
}
