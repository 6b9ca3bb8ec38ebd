//! Which nodes the wanted outputs need, in an order in which they can be computed.

use std::collections::{HashMap, HashSet};

use super::super::error::OnnxError;
use super::super::flatten::{FlatNode, node_name};
use super::super::load::{Model, malformed};
use super::super::order;

/// The needed nodes in order (the file's own where that is sound), and the names they read.
pub(super) struct Plan<'m> {
    nodes: Vec<&'m FlatNode>,
    read: HashSet<&'m str>,
}

impl<'m> Plan<'m> {
    pub(super) fn nodes(&self) -> &[&'m FlatNode] {
        &self.nodes
    }

    /// Whether a needed node or an output reads the value.
    pub(super) fn reads(&self, name: &str) -> bool {
        self.read.contains(name)
    }
}

/// Finds the nodes that `outputs` need.
pub(super) fn plan<'m>(model: &'m Model, outputs: &'m [String]) -> Result<Plan<'m>, OnnxError> {
    let origins = Origins::of(model);
    let mut pending = Vec::new();
    for name in outputs {
        match origins.of_wanted(name) {
            Some(Origin::Node(index)) => pending.push(index),
            Some(Origin::Outside) => {}
            None => return Err(unknown_tensor(model, name)),
        }
    }
    follow(model, &origins, pending, outputs.iter().map(String::as_str))
}

/// All nodes of the model.
pub(super) fn whole(model: &Model) -> Result<Plan<'_>, OnnxError> {
    let all = (0..model.nodes.len()).collect();
    let outputs = model.outputs().iter().map(|output| output.name.as_str());
    follow(model, &Origins::of(model), all, outputs)
}

enum Origin {
    Node(usize),
    /// An input or a weight.
    Outside,
}

/// Where each name comes from.
struct Origins<'m> {
    producer: HashMap<&'m str, usize>,
    /// The `If` in whose branches a name is made: outside it can only be asked for.
    holder: HashMap<&'m str, usize>,
    inputs: HashSet<&'m str>,
    model: &'m Model,
}

impl<'m> Origins<'m> {
    fn of(model: &'m Model) -> Self {
        let mut producer: HashMap<&str, usize> = HashMap::new();
        let mut holder: HashMap<&str, usize> = HashMap::new();
        for (index, node) in model.nodes.iter().enumerate() {
            producer.extend(node.outputs().map(|name| (name, index)));
            for inner in &node.with_inner()[1..] {
                holder.extend(inner.outputs().map(|name| (name, index)));
            }
        }
        Origins {
            producer,
            holder,
            inputs: model.inputs().iter().map(|i| i.name.as_str()).collect(),
            model,
        }
    }

    /// Where a node reads the name from.
    fn of_name(&self, name: &str) -> Option<Origin> {
        if let Some(&index) = self.producer.get(name) {
            return Some(Origin::Node(index));
        }
        let outside = self.inputs.contains(name) || self.model.initializers.contains_key(name);
        outside.then_some(Origin::Outside)
    }

    /// What is needed for a tensor that is asked for.
    fn of_wanted(&self, name: &str) -> Option<Origin> {
        let held = || self.holder.get(name).map(|&index| Origin::Node(index));
        self.of_name(name).or_else(held)
    }
}

/// Adds what `pending` nodes need, back to the inputs.
fn follow<'m>(
    model: &'m Model,
    origins: &Origins<'m>,
    mut pending: Vec<usize>,
    outputs: impl Iterator<Item = &'m str>,
) -> Result<Plan<'m>, OnnxError> {
    let mut read: HashSet<&str> = outputs.collect();
    let mut needed = vec![false; model.nodes.len()];
    while let Some(index) = pending.pop() {
        if std::mem::replace(&mut needed[index], true) {
            continue;
        }
        let node = &model.nodes[index];
        for name in node.reads() {
            match origins.of_name(name) {
                Some(Origin::Node(before)) => pending.push(before),
                Some(Origin::Outside) => {}
                None => {
                    return Err(malformed(
                        &model.file,
                        &format!("node {:?}", node_name(&node.proto)),
                        format!("it reads {name:?}, which nothing produces"),
                        "export the model again",
                    ));
                }
            }
            read.insert(name);
        }
        for inner in node.with_inner() {
            read.extend(inner.proto.input.iter().map(String::as_str));
            let branches = inner.branches.iter().flat_map(|branches| branches.iter());
            read.extend(branches.flat_map(|branch| branch.outputs.iter().map(String::as_str)));
        }
    }
    let needed = (0..needed.len()).filter(|&index| needed[index]);
    let order = order::sorted(&model.nodes, needed).map_err(|looping| {
        malformed(
            &model.file,
            &format!("node {:?}", node_name(&model.nodes[looping].proto)),
            "it depends on its own output".to_owned(),
            "export the model again",
        )
    })?;
    Ok(Plan {
        nodes: order.into_iter().map(|index| &model.nodes[index]).collect(),
        read,
    })
}

fn unknown_tensor(model: &Model, name: &str) -> OnnxError {
    let nearest = model
        .tensor_names()
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(candidate, name), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|&(similarity, _)| similarity > 0.7)
        .map(|(_, candidate)| candidate.to_owned());
    OnnxError::UnknownTensor {
        file: model.file.clone(),
        name: name.to_owned(),
        nearest,
    }
}
