//! Passes: each builds a new graph from an old one. Names of values that remain stay as they are,
//! all inputs stay, and the outputs keep their names and order.

mod batch_normalization;
mod compose;
mod convert;
mod deduplicate;
mod fold;
mod prune;

use super::copy::Copier;
use super::{Graph, GraphError, Node, NodeId, ValueId};

pub use batch_normalization::fold_batch_normalization;
pub use compose::compose;
pub use convert::convert_floats;
pub use deduplicate::deduplicate;
pub use fold::fold_constants;
pub use prune::prune;

/// A new graph from all inputs of `graph` and what `visit` makes of each node.
fn rebuild(
    graph: &Graph,
    mut visit: impl FnMut(&mut Copier<'_>, NodeId, &Node) -> Result<(), GraphError>,
) -> Graph {
    well_formed(|| {
        let mut copier = Copier::new(graph);
        copier.inputs()?;
        for (id, node) in graph.node_ids().zip(graph.nodes()) {
            visit(&mut copier, id, node)?;
        }
        copier.finish()
    })
}

/// The graph that a pass builds from a well-formed one.
#[expect(
    clippy::expect_used,
    reason = "what a graph holds already, under its own names, fits a new graph too"
)]
fn well_formed(build: impl FnOnce() -> Result<Graph, GraphError>) -> Graph {
    build().expect("a pass over a well-formed graph builds a well-formed graph")
}

/// How often each value is used: by nodes, and as an output.
fn use_counts(graph: &Graph) -> Vec<usize> {
    let mut counts = vec![0; graph.values().count()];
    let mut count = |id: &ValueId| counts[id.index()] += 1;
    graph
        .nodes()
        .iter()
        .flat_map(|node| &node.inputs)
        .for_each(&mut count);
    graph.outputs().iter().for_each(&mut count);
    counts
}
