//! Which nodes the wanted outputs need, in an order in which they can be computed.

use std::collections::{HashMap, HashSet};

use super::super::error::OnnxError;
use super::super::load::{Model, malformed};
use super::super::wire::NodeProto;
use super::node::node_name;

/// The needed nodes in order (the file's own where that is sound), and the names they read.
pub(super) struct Plan<'m> {
    nodes: Vec<&'m NodeProto>,
    read: HashSet<&'m str>,
}

impl<'m> Plan<'m> {
    pub(super) fn nodes(&self) -> &[&'m NodeProto] {
        &self.nodes
    }

    /// Whether a needed node or an output reads the value.
    pub(super) fn reads(&self, name: &str) -> bool {
        self.read.contains(name)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Unseen,
    Open,
    Done,
}

/// Finds the nodes that `outputs` need.
pub(super) fn plan<'m>(model: &'m Model, outputs: &'m [String]) -> Result<Plan<'m>, OnnxError> {
    let origins = Origins::of(model);
    let mut pending = Vec::new();
    for name in outputs {
        match origins.of_name(name) {
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
    inputs: HashSet<&'m str>,
    model: &'m Model,
}

impl<'m> Origins<'m> {
    fn of(model: &'m Model) -> Self {
        let mut producer: HashMap<&str, usize> = HashMap::new();
        for (index, node) in model.nodes.iter().enumerate() {
            for name in node.output.iter().filter(|name| !name.is_empty()) {
                producer.insert(name, index);
            }
        }
        Origins {
            producer,
            inputs: model.inputs().iter().map(|i| i.name.as_str()).collect(),
            model,
        }
    }

    fn of_name(&self, name: &str) -> Option<Origin> {
        if let Some(&index) = self.producer.get(name) {
            return Some(Origin::Node(index));
        }
        let outside = self.inputs.contains(name) || self.model.initializers.contains_key(name);
        outside.then_some(Origin::Outside)
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
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            match origins.of_name(name) {
                Some(Origin::Node(before)) => pending.push(before),
                Some(Origin::Outside) => {}
                None => {
                    return Err(malformed(
                        &model.file,
                        &format!("node {:?}", node_name(node)),
                        format!("it reads {name:?}, which nothing produces"),
                        "export the model again",
                    ));
                }
            }
            read.insert(name);
        }
    }
    let nodes = in_order(model, &needed, &origins.producer)?;
    Ok(Plan { nodes, read })
}

/// Depth first over the needed nodes, without recursion: a hostile file may be deep.
fn in_order<'m>(
    model: &'m Model,
    needed: &[bool],
    producer: &HashMap<&str, usize>,
) -> Result<Vec<&'m NodeProto>, OnnxError> {
    let mut state = vec![State::Unseen; needed.len()];
    let mut order = Vec::new();
    for root in (0..needed.len()).filter(|&index| needed[index]) {
        let mut stack = vec![(root, 0)];
        while let Some((index, next_input)) = stack.pop() {
            let node = &model.nodes[index];
            if next_input == 0 {
                match state[index] {
                    State::Done => continue,
                    State::Unseen => state[index] = State::Open,
                    State::Open => {
                        return Err(malformed(
                            &model.file,
                            &format!("node {:?}", node_name(node)),
                            "it depends on its own output".to_owned(),
                            "export the model again",
                        ));
                    }
                }
            }
            match node.input.get(next_input) {
                None => {
                    state[index] = State::Done;
                    order.push(node);
                }
                Some(name) => {
                    stack.push((index, next_input + 1));
                    if let Some(&before) = producer.get(name.as_str()) {
                        stack.push((before, 0));
                    }
                }
            }
        }
    }
    Ok(order)
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
