//! The two walks: forward, to find what a derivative flows through, and the reverse sweep.

use super::rules::{Passage, Site, rule};
use super::tape::{Failure, Tape};
use super::var::Var;
use super::{AutodiffError, Blocker};
use crate::graph::{Graph, Node, ValueId};

/// The values on differentiable paths from `wrt` to one of `of`.
pub(super) struct Paths {
    on_path: Vec<bool>,
}

impl Paths {
    pub(super) fn find(graph: &Graph, of: &[ValueId], wrt: ValueId) -> Self {
        let reached = reached_from(graph, wrt, |node| {
            !matches!(rule(&node.op).passage, Passage::Stop(_))
        });
        let mut on_path = vec![false; reached.len()];
        for &id in of {
            on_path[id.index()] = reached[id.index()];
        }
        for node in graph.nodes().iter().rev() {
            if node.outputs.iter().any(|id| on_path[id.index()]) {
                for input in &node.inputs {
                    on_path[input.index()] |= reached[input.index()];
                }
            }
        }
        Paths { on_path }
    }

    pub(super) fn contains(&self, id: ValueId) -> bool {
        self.on_path.get(id.index()).copied().unwrap_or(false)
    }
}

/// Which values `start` reaches through float values and nodes that `passes` lets through.
fn reached_from(graph: &Graph, start: ValueId, passes: impl Fn(&Node) -> bool) -> Vec<bool> {
    let mut reached = vec![false; graph.values().count()];
    reached[start.index()] = true;
    for node in graph.nodes() {
        if node.inputs.iter().any(|id| reached[id.index()]) && passes(node) {
            for output in &node.outputs {
                reached[output.index()] |= graph.tensor_type(*output).dtype.is_float();
            }
        }
    }
    reached
}

/// The nodes at which the paths from `wrt` towards `of` end; or, if `of` does not depend on `wrt`
/// at all, `of` itself.
pub(super) fn dead_ends(graph: &Graph, of: &[ValueId], wrt: ValueId) -> Vec<Blocker> {
    let mut needed = vec![false; graph.values().count()];
    for &id in of {
        needed[id.index()] = true;
    }
    for node in graph.nodes().iter().rev() {
        if node.outputs.iter().any(|id| needed[id.index()]) {
            for input in &node.inputs {
                needed[input.index()] = true;
            }
        }
    }
    let reached = reached_from(graph, wrt, |node| {
        !matches!(rule(&node.op).passage, Passage::Stop(_))
    });
    let mut ends: Vec<Blocker> = graph
        .nodes()
        .iter()
        .filter(|node| {
            node.inputs.iter().any(|id| reached[id.index()])
                && node.outputs.iter().any(|id| needed[id.index()])
                && !node.outputs.iter().any(|id| reached[id.index()])
        })
        .map(|node| Blocker {
            node: node.name.clone(),
            op: node.op.name().to_owned(),
            reason: match rule(&node.op).passage {
                Passage::Stop(reason) => reason.to_owned(),
                _ => {
                    "gives integers, which have no derivative; choose a tensor before it".to_owned()
                }
            },
        })
        .collect();
    if ends.is_empty() {
        ends.extend(of.iter().map(|&id| Blocker {
            node: graph.name(id).to_owned(),
            op: String::new(),
            reason: format!(
                "does not depend on '{}'; choose another pair of tensors",
                graph.name(wrt)
            ),
        }));
    }
    ends
}

/// Pulls the seeds (value, cotangent) back to `wrt` and returns its cotangent, on the tape.
///
/// `graph` is the graph as it was before the tape wrote to it. Refusals are collected over the whole
/// sweep: a node that refuses passes its own inputs on as stand-ins of the right shape, because a
/// sweep with a refusal is thrown away.
pub(super) fn sweep(
    tape: &Tape,
    graph: &Graph,
    paths: &Paths,
    seeds: &[(ValueId, ValueId)],
    wrt: ValueId,
) -> Result<ValueId, AutodiffError> {
    let mut bars: Vec<Option<Var<'_>>> = vec![None; graph.values().count()];
    for &(value, cotangent) in seeds.iter().filter(|(value, _)| paths.contains(*value)) {
        accumulate(&mut bars, value, tape.var(cotangent));
    }
    let mut refusals = Vec::new();
    for node in graph.nodes().iter().rev() {
        let cotangents: Vec<Option<Var<'_>>> =
            node.outputs.iter().map(|id| bars[id.index()]).collect();
        let wanted: Vec<bool> = node.inputs.iter().map(|&id| paths.contains(id)).collect();
        let Some(cotangent) = cotangents.iter().copied().flatten().next() else {
            continue;
        };
        // Nothing is wanted of the node that makes `wrt` itself, nor of what lies before it.
        if !wanted.contains(&true) {
            continue;
        }
        tape.enter(graph.name(node.outputs[0]));
        let site = Site {
            tape,
            inputs: node.inputs.iter().map(|&id| tape.var(id)).collect(),
            outputs: node.outputs.iter().map(|&id| tape.var(id)).collect(),
            cotangents,
            cotangent,
            wanted,
        };
        let contributions = site.apply(&rule(&node.op));
        let refused = match tape.take_failure() {
            None => false,
            Some(Failure::Graph(error)) => return Err(error.into()),
            Some(Failure::Refused(reason)) => {
                refusals.push(Blocker {
                    node: node.name.clone(),
                    op: node.op.name().to_owned(),
                    reason,
                });
                true
            }
        };
        for (position, &input) in node.inputs.iter().enumerate() {
            if !site.wanted[position] {
                continue;
            }
            if refused {
                accumulate(&mut bars, input, site.inputs[position]);
            } else if let Some(Some(contribution)) = contributions.get(position) {
                accumulate(&mut bars, input, contribution.fit(graph.shape(input)));
            }
        }
        if let Some(Failure::Graph(error)) = tape.take_failure() {
            return Err(error.into());
        }
    }
    if !refusals.is_empty() {
        refusals.reverse();
        return Err(AutodiffError::Refused(refusals));
    }
    let bar = match bars[wrt.index()] {
        Some(bar) => bar,
        None => {
            let tensor_type = graph.tensor_type(wrt);
            tape.zeros(tensor_type.dtype, &tensor_type.shape)
        }
    };
    match tape.take_failure() {
        Some(Failure::Graph(error)) => Err(error.into()),
        _ => Ok(bar.id()),
    }
}

fn accumulate<'t>(bars: &mut [Option<Var<'t>>], value: ValueId, contribution: Var<'t>) {
    let slot = &mut bars[value.index()];
    *slot = Some(match *slot {
        Some(sum) => sum + contribution,
        None => contribution,
    });
}
