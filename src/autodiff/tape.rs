//! The graph under construction, shared by the variables of a rule's expressions.
//!
//! Expressions read as mathematics because emitting never returns a `Result`: the first failure is
//! kept here and the sweep looks at it after each rule. What a rule emits after a failure is thrown
//! away with the whole tape.

use std::cell::{Cell, Ref, RefCell};
use std::collections::HashMap;

use super::Lowering;
use super::var::Var;
use crate::graph::{DType, Graph, GraphError, Op, Tensor, ValueId};

/// All constants of a derivative together have at most this many elements: 128 MiB in float32.
const MOST_CONSTANT_ELEMENTS: usize = 1 << 25;

/// Why a rule's expressions are void.
#[derive(Debug)]
pub(super) enum Failure {
    /// An ill-formed node.
    Graph(GraphError),
    /// The rule does not cover this case; why, and what to do.
    Refused(String),
}

/// Collects the nodes of a reverse sweep.
pub(super) struct Tape {
    graph: RefCell<Graph>,
    scope: RefCell<String>,
    failure: RefCell<Option<Failure>>,
    scalars: RefCell<HashMap<(DType, u64), ValueId>>,
    constants: RefCell<HashMap<String, Vec<ValueId>>>,
    constant_elements: Cell<usize>,
    /// Choices of the caller.
    pub(super) lowering: Lowering,
}

impl Tape {
    pub(super) fn new(graph: Graph, lowering: Lowering) -> Self {
        Tape {
            graph: RefCell::new(graph),
            scope: RefCell::new(String::new()),
            failure: RefCell::new(None),
            scalars: RefCell::new(HashMap::new()),
            constants: RefCell::new(HashMap::new()),
            constant_elements: Cell::new(0),
            lowering,
        }
    }

    pub(super) fn into_graph(self) -> Graph {
        self.graph.into_inner()
    }

    pub(super) fn graph(&self) -> Ref<'_, Graph> {
        self.graph.borrow()
    }

    /// Names the nodes that follow after the value whose node is being pulled back.
    pub(super) fn enter(&self, value: &str) {
        *self.scope.borrow_mut() = super::cotangent_name(value);
    }

    /// A value of the graph.
    pub(super) fn var(&self, id: ValueId) -> Var<'_> {
        Var::new(self, id)
    }

    /// A scalar constant; one for each value and type.
    pub(super) fn scalar(&self, dtype: DType, value: f64) -> Var<'_> {
        let id = *self
            .scalars
            .borrow_mut()
            .entry((dtype, value.to_bits()))
            .or_insert_with(|| {
                self.graph
                    .borrow_mut()
                    .add_constant(&format!("constant/{value}"), Tensor::scalar(dtype, value))
            });
        self.var(id)
    }

    /// A constant under a name that says what it is. Equal tensors of one name are stored once.
    pub(super) fn constant(&self, name: &str, tensor: Tensor) -> Var<'_> {
        let mut constants = self.constants.borrow_mut();
        let known = constants.entry(name.to_owned()).or_default();
        let stored = {
            let graph = self.graph.borrow();
            known
                .iter()
                .copied()
                .find(|&id| graph.constant(id) == Some(&tensor))
        };
        let id = stored.unwrap_or_else(|| {
            let elements = self.constant_elements.get().saturating_add(tensor.len());
            self.constant_elements.set(elements);
            if elements > MOST_CONSTANT_ELEMENTS {
                let mebibytes = (MOST_CONSTANT_ELEMENTS * DType::F32.size()) >> 20;
                self.refuse(format!(
                    "would bring the constants of the derivative over {mebibytes} MiB; use a \
                     smaller input"
                ));
            }
            let id = self.graph.borrow_mut().add_constant(name, tensor);
            known.push(id);
            id
        });
        self.var(id)
    }

    /// A constant from f64 values.
    pub(super) fn constant_f64(
        &self,
        name: &str,
        dtype: DType,
        shape: &[usize],
        values: &[f64],
    ) -> Option<Var<'_>> {
        match Tensor::from_f64(dtype, shape, values) {
            Ok(tensor) => Some(self.constant(name, tensor)),
            Err(mismatch) => {
                self.refuse(format!("has an adjoint of the wrong size: {mismatch}"));
                None
            }
        }
    }

    /// Zeros, stored as one element.
    pub(super) fn zeros(&self, dtype: DType, shape: &[usize]) -> Var<'_> {
        let zero = self.scalar(dtype, 0.0);
        self.emit(
            Op::Expand {
                shape: shape.to_vec(),
            },
            &[zero],
        )
    }

    /// Adds a node with one output. After a failure the first input stands for it.
    pub(super) fn emit<'t>(&'t self, op: Op, inputs: &[Var<'t>]) -> Var<'t> {
        let outputs = self.emit_many(op, inputs, 1);
        outputs[0]
    }

    /// Adds a node with `count` outputs.
    pub(super) fn emit_many<'t>(
        &'t self,
        op: Op,
        inputs: &[Var<'t>],
        count: usize,
    ) -> Vec<Var<'t>> {
        let ids: Vec<ValueId> = inputs.iter().map(|var| var.id()).collect();
        let mut graph = self.graph.borrow_mut();
        let scope = self.scope.borrow();
        let names: Vec<String> = (0..count)
            .map(|position| match position {
                0 => graph.free_name(&format!("{scope}/{}", op.name())),
                _ => graph.free_name(&format!("{scope}/{}:{position}", op.name())),
            })
            .collect();
        match graph.add_named(&names[0], op, &ids, &names) {
            Ok(outputs) => outputs.into_iter().map(|id| self.var(id)).collect(),
            Err(error) => {
                self.fail(Failure::Graph(error));
                vec![inputs[0]; count]
            }
        }
    }

    /// Records that the rule at work does not cover this case.
    pub(super) fn refuse(&self, reason: String) {
        self.fail(Failure::Refused(reason));
    }

    /// The first failure since the last call.
    pub(super) fn take_failure(&self) -> Option<Failure> {
        self.failure.borrow_mut().take()
    }

    fn fail(&self, failure: Failure) {
        self.failure.borrow_mut().get_or_insert(failure);
    }
}
