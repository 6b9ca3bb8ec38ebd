//! The graph while it grows, with the constants that have not become part of it yet.

use std::collections::{HashMap, HashSet};

use super::super::load::Model;
use super::plan::Plan;
use crate::graph::{Graph, Op, Tensor, TensorType, Unary, ValueId, free_name, interpret, shape};

/// Results up to this many elements are computed when they depend on constants alone.
const FOLDED_ELEMENTS: usize = 4096;
/// Folding one node reads at most this many elements, so that loading stays fast.
const FOLDED_INPUT_ELEMENTS: usize = 1 << 20;
/// All lists of a file together hold at most this many tensors: a small file could ask for endless
/// ones.
const MOST_LIST_ITEMS: usize = 1 << 16;
/// Results times elements read, which bounds the work of any operator: the most that folding one node
/// may take, and all of them together. The arithmetic of shapes takes a few thousand.
const FOLDED_WORK: usize = 1 << 26;
const ALL_FOLDED_WORK: usize = 1 << 30;

/// What a name of the file stands for. Constants join the graph only when a node keeps them.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// A value of the graph.
    Value(ValueId),
    /// A constant under the name it will have.
    Constant(String, Tensor),
}

/// A graph being built from a file.
pub(super) struct Builder<'m> {
    graph: Graph,
    model: &'m Model,
    known: HashMap<String, Operand>,
    /// Lists of tensors by name.
    sequences: HashMap<String, Vec<Operand>>,
    /// How many more tensors lists may hold.
    list_items: usize,
    /// Constants that have joined the graph.
    placed: HashMap<String, ValueId>,
    /// Every name of the file: names of helper values avoid them.
    reserved: HashSet<&'m str>,
    plan: &'m Plan<'m>,
    /// What is left of [`ALL_FOLDED_WORK`].
    folding: usize,
}

impl<'m> Builder<'m> {
    pub(super) fn new(model: &'m Model, plan: &'m Plan<'m>) -> Self {
        let initializers = model.initializers.keys().map(String::as_str);
        Builder {
            graph: Graph::new(),
            model,
            known: HashMap::new(),
            sequences: HashMap::new(),
            list_items: MOST_LIST_ITEMS,
            placed: HashMap::new(),
            reserved: model
                .tensor_names()
                .into_iter()
                .chain(initializers)
                .collect(),
            plan,
            folding: ALL_FOLDED_WORK,
        }
    }

    pub(super) fn add_input(&mut self, name: &str, tensor_type: TensorType) {
        // Names of a model are unique: `load` has checked.
        if let Ok(id) = self.graph.add_input(name, tensor_type) {
            self.known.insert(name.to_owned(), Operand::Value(id));
        }
    }

    /// Whether a value could not be made because a node before it is unsupported.
    pub(super) fn is_missing(&self, name: &str) -> bool {
        !name.is_empty()
            && !self.known.contains_key(name)
            && !self.sequences.contains_key(name)
            && !self.model.initializers.contains_key(name)
    }

    /// Whether a needed node or an output reads the value.
    pub(super) fn is_read(&self, name: &str) -> bool {
        self.plan.reads(name)
    }

    /// What a name stands for.
    pub(super) fn operand(&self, name: &str) -> Result<Operand, String> {
        if let Some(operand) = self.known.get(name) {
            return Ok(operand.clone());
        }
        match self.model.initializers.get(name) {
            Some(Ok(tensor)) => Ok(Operand::Constant(name.to_owned(), tensor.clone())),
            Some(Err(reason)) => Err(format!("it reads the weight {name:?}, which has {reason}")),
            None if self.sequences.contains_key(name) => {
                Err(format!("it reads {name:?}, which is a list of tensors"))
            }
            None => Err(format!("it reads {name:?}, which nothing produces")),
        }
    }

    /// The tensors of a list.
    pub(super) fn sequence(&self, name: &str) -> Option<&[Operand]> {
        self.sequences.get(name).map(Vec::as_slice)
    }

    /// Room for a list of so many tensors.
    pub(super) fn claim_list_items(&mut self, count: usize) -> Result<(), String> {
        self.list_items = self
            .list_items
            .checked_sub(count)
            .ok_or_else(|| format!("lists of the file hold more than {MOST_LIST_ITEMS} tensors"))?;
        Ok(())
    }

    /// Makes a name of the file stand for a list of tensors.
    pub(super) fn bind_sequence(&mut self, name: &str, items: Vec<Operand>) {
        self.sequences.insert(name.to_owned(), items);
    }

    pub(super) fn tensor_type(&self, operand: &Operand) -> TensorType {
        match operand {
            Operand::Value(id) => self.graph.tensor_type(*id).clone(),
            Operand::Constant(_, tensor) => tensor.tensor_type(),
        }
    }

    /// A name that neither the graph nor the file uses.
    pub(super) fn fresh(&self, wish: &str) -> String {
        free_name(wish, |name| {
            self.reserved.contains(name)
                || self.graph.find(name).is_some()
                || self.known.contains_key(name)
        })
    }

    /// Applies an operator; `outputs` are the names of its results.
    pub(super) fn apply(
        &mut self,
        node: &str,
        op: Op,
        inputs: &[Operand],
        outputs: &[String],
    ) -> Result<Vec<Operand>, String> {
        let types: Vec<TensorType> = inputs.iter().map(|i| self.tensor_type(i)).collect();
        let types: Vec<&TensorType> = types.iter().collect();
        let results = shape::infer(&op, &types, outputs.len())?;
        for result in &results {
            if super::elements(&result.shape).is_none() {
                return Err(format!("the result {result} is impossibly large"));
            }
        }
        if let Some(folded) = fold(&op, inputs, &results, &mut self.folding)? {
            let named = folded.into_iter().zip(outputs);
            return Ok(named
                .map(|(tensor, name)| Operand::Constant(name.clone(), tensor))
                .collect());
        }
        let ids: Vec<ValueId> = inputs.iter().map(|input| self.place(input)).collect();
        let values = self
            .graph
            .add_named(node, op, &ids, outputs)
            .map_err(|error| error.to_string())?;
        Ok(values.into_iter().map(Operand::Value).collect())
    }

    /// Makes a name of the file stand for an operand.
    pub(super) fn bind(&mut self, name: &str, operand: Operand) {
        self.known.insert(name.to_owned(), operand);
    }

    fn place(&mut self, operand: &Operand) -> ValueId {
        match operand {
            Operand::Value(id) => *id,
            Operand::Constant(name, tensor) => match self.placed.get(name) {
                Some(&id) => id,
                None => {
                    let id = self.graph.add_constant(name, tensor.clone());
                    self.placed.insert(name.clone(), id);
                    id
                }
            },
        }
    }

    /// The graph with these outputs.
    pub(super) fn finish(mut self, outputs: &[String]) -> Result<Graph, String> {
        for name in outputs {
            if self.is_missing(name) {
                return Err(format!("{name:?} lies in a branch that is not taken"));
            }
            let operand = self.operand(name)?;
            let id = self.place(&operand);
            self.graph.add_output(id);
        }
        Ok(self.graph)
    }
}

/// The results, if they depend on constants alone and cost little; what they cost is taken off the
/// work left.
fn fold(
    op: &Op,
    inputs: &[Operand],
    results: &[TensorType],
    work_left: &mut usize,
) -> Result<Option<Vec<Tensor>>, String> {
    let mut constants = Vec::with_capacity(inputs.len());
    for input in inputs {
        match input {
            Operand::Constant(_, tensor) => constants.push(tensor),
            Operand::Value(_) => return Ok(None),
        }
    }
    // These share the elements, whatever their number.
    if let ([tensor], Op::Unary(Unary::Identity)) = (constants.as_slice(), op) {
        return Ok(Some(vec![(*tensor).clone()]));
    }
    if let ([tensor], Op::Reshape { shape }) = (constants.as_slice(), op) {
        let reshaped = tensor.reshaped(shape.clone()).map_err(|e| e.to_string())?;
        return Ok(Some(vec![reshaped]));
    }
    let read: usize = constants.iter().map(|tensor| tensor.len()).sum();
    let written: usize = results.iter().map(TensorType::len).sum();
    let small = results.iter().all(|result| result.len() <= FOLDED_ELEMENTS);
    if !small || read > FOLDED_INPUT_ELEMENTS {
        return Ok(None);
    }
    let work = written * read;
    if work <= FOLDED_WORK.min(*work_left) {
        *work_left -= work;
        interpret::evaluate(op, &constants, results.len()).map(Some)
    } else {
        Ok(None)
    }
}
