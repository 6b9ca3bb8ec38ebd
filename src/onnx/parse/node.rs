//! One node while it is read: its attributes and inputs, and the values it makes.

use std::collections::BTreeSet;

use super::super::external::ExternalFolder;
use super::super::flatten::node_name;
use super::super::tensor::{self, TensorFault};
use super::super::wire::attribute_proto::AttributeType;
use super::super::wire::{AttributeProto, NodeProto};
use super::builder::{Builder, Operand};
use super::operator::Operator;
use crate::graph::{DType, Op, Tensor, TensorType};

/// Reads one operator.
pub(super) type Parse = fn(&mut NodeReader<'_, '_>) -> Parsed;

/// A result of reading a part of a node.
pub(super) type Parsed<T = ()> = Result<T, Refusal>;

/// Why a node cannot be read.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The attribute or input at fault.
    pub(super) place: Option<String>,
    pub(super) reason: String,
    pub(super) remedy: String,
}

impl Refusal {
    pub(super) fn new(reason: impl Into<String>, remedy: &str) -> Self {
        Refusal {
            place: None,
            reason: reason.into(),
            remedy: remedy.to_owned(),
        }
    }

    pub(super) fn attribute(name: &str, reason: impl Into<String>) -> Self {
        Refusal {
            place: Some(format!("attribute '{name}'")),
            reason: reason.into(),
            remedy: "export the model again without it, or ask for a tensor before this node"
                .to_owned(),
        }
    }

    pub(super) fn input(index: usize, reason: impl Into<String>) -> Self {
        Refusal {
            place: Some(format!("input {index}")),
            reason: reason.into(),
            remedy: "export the model again, with static shapes and constants folded (onnxsim)"
                .to_owned(),
        }
    }

    /// The parts of a node contradict each other.
    pub(super) fn unsound(reason: impl Into<String>) -> Self {
        Refusal::new(reason, "the file is not sound: export the model again")
    }
}

/// Access to one node's parts. Every attribute must be read or ignored on purpose.
pub(super) struct NodeReader<'b, 'm> {
    builder: &'b mut Builder<'m>,
    proto: &'b NodeProto,
    operator: &'static Operator,
    opset: i64,
    seen: BTreeSet<&'static str>,
}

impl<'b, 'm> NodeReader<'b, 'm> {
    pub(super) fn new(
        builder: &'b mut Builder<'m>,
        proto: &'b NodeProto,
        operator: &'static Operator,
        opset: i64,
    ) -> Self {
        NodeReader {
            builder,
            proto,
            operator,
            opset,
            seen: BTreeSet::new(),
        }
    }

    pub(super) fn op_type(&self) -> &'b str {
        self.proto.op_type()
    }

    pub(super) fn opset(&self) -> i64 {
        self.opset
    }

    /// The first attribute that nothing has read is an error: it would change the meaning.
    pub(super) fn finished(&self) -> Parsed {
        let unread = self
            .proto
            .attribute
            .iter()
            .find(|attribute| !self.seen.contains(attribute.name()));
        match unread {
            None => Ok(()),
            Some(attribute) => Err(Refusal::attribute(attribute.name(), "it is not known")),
        }
    }

    // --- attributes ---

    /// An attribute that does not change the values.
    pub(super) fn ignore(&mut self, name: &'static str) {
        debug_assert!(
            self.operator.attributes().contains(&name),
            "the table does not list attribute {name} of {}",
            self.operator.name()
        );
        self.seen.insert(name);
    }

    pub(super) fn attribute(
        &mut self,
        name: &'static str,
        kind: AttributeType,
    ) -> Parsed<Option<&'b AttributeProto>> {
        self.ignore(name);
        let found = self.proto.attribute.iter().find(|a| a.name() == name);
        match found {
            // Files before IR version 3 leave the type out.
            Some(found) if found.r#type.is_some_and(|t| t != kind as i32) => Err(
                Refusal::attribute(name, format!("it is not of type {}", kind.as_str_name())),
            ),
            found => Ok(found),
        }
    }

    pub(super) fn has_attribute(&self, name: &str) -> bool {
        self.proto.attribute.iter().any(|a| a.name() == name)
    }

    pub(super) fn int(&mut self, name: &'static str, default: i64) -> Parsed<i64> {
        let found = self.attribute(name, AttributeType::Int)?;
        Ok(found.map_or(default, AttributeProto::i))
    }

    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> Parsed<bool> {
        Ok(self.int(name, i64::from(default))? != 0)
    }

    pub(super) fn ints(&mut self, name: &'static str) -> Parsed<Option<Vec<i64>>> {
        let found = self.attribute(name, AttributeType::Ints)?;
        Ok(found.map(|attribute| attribute.ints.clone()))
    }

    /// A float attribute. The default is rounded as the file's values are.
    pub(super) fn float(&mut self, name: &'static str, default: f32) -> Parsed<f64> {
        Ok(self.optional_float(name)?.unwrap_or(f64::from(default)))
    }

    pub(super) fn optional_float(&mut self, name: &'static str) -> Parsed<Option<f64>> {
        let found = self.attribute(name, AttributeType::Float)?;
        Ok(found.map(|attribute| f64::from(attribute.f())))
    }

    pub(super) fn floats(&mut self, name: &'static str) -> Parsed<Option<Vec<f32>>> {
        let found = self.attribute(name, AttributeType::Floats)?;
        Ok(found.map(|attribute| attribute.floats.clone()))
    }

    pub(super) fn text(&mut self, name: &'static str, default: &str) -> Parsed<String> {
        let found = self.attribute(name, AttributeType::String)?;
        Ok(found.map_or_else(
            || default.to_owned(),
            |attribute| String::from_utf8_lossy(attribute.s()).into_owned(),
        ))
    }

    pub(super) fn tensor(&mut self, name: &'static str) -> Parsed<Option<Tensor>> {
        let found = self.attribute(name, AttributeType::Tensor)?;
        let Some(proto) = found.and_then(|attribute| attribute.t.as_ref()) else {
            return Ok(None);
        };
        match tensor::decode(proto.clone(), &ExternalFolder::none(), &mut |_| {}) {
            Ok(tensor) => Ok(Some(tensor)),
            Err(TensorFault::Unsupported(reason) | TensorFault::Broken(reason)) => {
                Err(Refusal::attribute(name, reason))
            }
            Err(TensorFault::External(fault)) => Err(Refusal::attribute(name, fault.reason)),
        }
    }

    // --- inputs ---

    pub(super) fn input_count(&self) -> usize {
        self.proto.input.len()
    }

    pub(super) fn optional_input(&self, index: usize) -> Parsed<Option<Operand>> {
        match self.proto.input.get(index).map(String::as_str) {
            None | Some("") => Ok(None),
            Some(name) => match self.builder.operand(name) {
                Ok(operand) => Ok(Some(operand)),
                Err(reason) => Err(Refusal::input(index, reason)),
            },
        }
    }

    pub(super) fn input(&self, index: usize) -> Parsed<Operand> {
        self.optional_input(index)?
            .ok_or_else(|| Refusal::unsound(format!("input {index} is missing")))
    }

    /// All inputs, none of them left out.
    pub(super) fn all_inputs(&self) -> Parsed<Vec<Operand>> {
        (0..self.input_count())
            .map(|index| self.input(index))
            .collect()
    }

    /// A required input that is a list of tensors.
    pub(super) fn sequence(&self, index: usize) -> Parsed<Vec<Operand>> {
        let name = self.proto.input.get(index).map_or("", String::as_str);
        match self.builder.sequence(name) {
            Some(items) => Ok(items.to_vec()),
            None => Err(Refusal::unsound(format!(
                "input {index} is not a list of tensors"
            ))),
        }
    }

    pub(super) fn type_of(&self, operand: &Operand) -> TensorType {
        self.builder.tensor_type(operand)
    }

    /// Shape of a required input.
    pub(super) fn shape(&self, index: usize) -> Parsed<Vec<usize>> {
        Ok(self.type_of(&self.input(index)?).shape)
    }

    /// An optional input whose value must be known now.
    pub(super) fn constant_input(&self, index: usize) -> Parsed<Option<Tensor>> {
        match self.optional_input(index)? {
            None => Ok(None),
            Some(Operand::Constant(_, tensor)) => Ok(Some(tensor)),
            Some(Operand::Value(_)) => Err(Refusal::input(
                index,
                "its value depends on the model's input, and must be a constant",
            )),
        }
    }

    /// An optional integer input whose value must be known now.
    pub(super) fn constant_ints(&self, index: usize) -> Parsed<Option<Vec<i64>>> {
        self.constant_input(index)?
            .map(|tensor| {
                tensor
                    .to_i64()
                    .ok_or_else(|| Refusal::input(index, "it does not hold integers"))
            })
            .transpose()
    }

    /// An optional input of one element whose value must be known now.
    pub(super) fn constant_scalar(&self, index: usize) -> Parsed<Option<f64>> {
        self.constant_input(index)?
            .map(|tensor| match tensor.to_f64().as_slice() {
                [value] => Ok(*value),
                values => Err(Refusal::input(
                    index,
                    format!("it has {} elements and must have one", values.len()),
                )),
            })
            .transpose()
    }

    /// Integers that were an attribute before `since` and are an input from then on.
    pub(super) fn ints_attribute_or_input(
        &mut self,
        name: &'static str,
        index: usize,
        since: i64,
    ) -> Parsed<Option<Vec<i64>>> {
        if self.opset < since {
            self.ints(name)
        } else {
            self.constant_ints(index)
        }
    }

    // --- results ---

    /// Whether something reads this output.
    pub(super) fn is_output_read(&self, index: usize) -> bool {
        self.proto
            .output
            .get(index)
            .is_some_and(|name| !name.is_empty() && self.builder.is_read(name))
    }

    /// Whether the file gives this output a name.
    pub(super) fn is_output_named(&self, index: usize) -> bool {
        self.proto
            .output
            .get(index)
            .is_some_and(|name| !name.is_empty())
    }

    pub(super) fn output_count(&self) -> usize {
        self.proto.output.len()
    }

    /// A helper value: `part` says what it is.
    pub(super) fn apply(&mut self, part: &str, op: Op, inputs: &[Operand]) -> Parsed<Operand> {
        self.apply_many(part, op, inputs, 1)?
            .pop()
            .ok_or_else(|| Refusal::unsound("it has no result"))
    }

    /// Several helper values of one operator.
    pub(super) fn apply_many(
        &mut self,
        part: &str,
        op: Op,
        inputs: &[Operand],
        count: usize,
    ) -> Parsed<Vec<Operand>> {
        let part = |index: usize| match count {
            1 => part.to_owned(),
            _ => format!("{part}{index}"),
        };
        let names: Vec<String> = (0..count).map(|i| self.helper_name(&part(i))).collect();
        let node = names.first().map_or("", String::as_str);
        let results = self
            .builder
            .apply(node, op, inputs, &names)
            .map_err(Refusal::unsound)?;
        for (name, result) in names.iter().zip(&results) {
            self.builder.bind(name, result.clone());
        }
        Ok(results)
    }

    /// A helper constant.
    pub(super) fn constant(&mut self, part: &str, tensor: Tensor) -> Operand {
        let name = self.helper_name(part);
        // Bound, as every helper is, so that the next one gets another name.
        let operand = Operand::Constant(name.clone(), tensor);
        self.builder.bind(&name, operand.clone());
        operand
    }

    /// A helper constant of rank 0.
    pub(super) fn scalar(&mut self, part: &str, dtype: DType, value: f64) -> Operand {
        self.constant(part, Tensor::scalar(dtype, value))
    }

    fn helper_name(&self, part: &str) -> String {
        let output = self.proto.output.first().map_or("", String::as_str);
        self.builder.fresh(&format!("{output}/{part}"))
    }

    /// Makes the only output that anybody reads.
    pub(super) fn finish(&mut self, op: Op, inputs: &[Operand]) -> Parsed {
        self.finish_many(op, inputs, 1)
    }

    /// Makes the first `count` outputs; no other may be read.
    pub(super) fn finish_many(&mut self, op: Op, inputs: &[Operand], count: usize) -> Parsed {
        let names = self.output_names(count)?;
        let results = self
            .builder
            .apply(node_name(self.proto), op, inputs, &names)
            .map_err(Refusal::unsound)?;
        for (name, operand) in names.iter().zip(results) {
            self.builder.bind(name, operand);
        }
        Ok(())
    }

    /// Makes the only output a constant.
    pub(super) fn finish_constant(&mut self, tensor: Tensor) -> Parsed {
        for name in self.output_names(1)? {
            self.builder
                .bind(&name, Operand::Constant(name.clone(), tensor.clone()));
        }
        Ok(())
    }

    /// Room for a list of so many tensors, before they are made.
    pub(super) fn claim_list_items(&mut self, count: usize) -> Parsed {
        self.builder
            .claim_list_items(count)
            .map_err(Refusal::unsound)
    }

    /// Makes the only output a list of tensors.
    pub(super) fn finish_sequence(&mut self, items: Vec<Operand>) -> Parsed {
        for name in self.output_names(1)? {
            self.builder.bind_sequence(&name, items.clone());
        }
        Ok(())
    }

    fn output_names(&self, count: usize) -> Parsed<Vec<String>> {
        if let Some(extra) = (count..self.output_count()).find(|&i| self.is_output_read(i)) {
            return Err(Refusal::new(
                format!("output {extra} is used, which is not supported"),
                "export the model without a use of it",
            ));
        }
        (0..count)
            .map(|index| match self.proto.output.get(index) {
                Some(name) if !name.is_empty() => Ok(name.clone()),
                // An output that is left out still needs a name in a graph.
                _ if index > 0 => Ok(self.helper_name(&format!("output{index}"))),
                _ => Err(Refusal::unsound("it has no output")),
            })
            .collect()
    }
}

/// An axis counted from the front.
pub(super) fn axis(value: i64, rank: usize) -> Parsed<usize> {
    let from_front = if value < 0 {
        value.checked_add(rank as i64)
    } else {
        Some(value)
    };
    from_front
        .and_then(|axis| usize::try_from(axis).ok())
        .filter(|&axis| axis < rank)
        .ok_or_else(|| Refusal::unsound(format!("axis {value} does not exist at rank {rank}")))
}

/// Axes counted from the front, ascending.
pub(super) fn axes(values: &[i64], rank: usize) -> Parsed<Vec<usize>> {
    let mut axes = values
        .iter()
        .map(|&value| axis(value, rank))
        .collect::<Parsed<Vec<usize>>>()?;
    axes.sort_unstable();
    if axes.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Refusal::unsound(format!(
            "an axis appears twice in {values:?}"
        )));
    }
    Ok(axes)
}

/// Lengths, counts or steps that may not be negative.
pub(super) fn lengths(name: &str, values: &[i64]) -> Parsed<Vec<usize>> {
    values
        .iter()
        .map(|&value| {
            usize::try_from(value)
                .map_err(|_| Refusal::attribute(name, format!("{value} is negative")))
        })
        .collect()
}
