//! Nuthatch's data structures, each over the same dense space of document ids.
//!
//! Nothing here knows of a server, a command, a field name or a reply. The families (text, tag,
//! numeric, vector) never name each other; they meet in [`doc::DocId`] and [`docset::DocSet`].

pub mod doc;
pub mod docset;
