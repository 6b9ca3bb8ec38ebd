//! What a serialised model says of itself, read before rten sees it: its nodes, and the types of
//! its inputs and outputs, which rten forgets (it holds int64 and bool as int32).
//!
//! Field numbers are those of `onnx.proto3`. Every message that rten would read is walked here, so
//! a length that leaves its message, a nested graph or a sequence type ends in an error.

use crate::graph::DType;

use super::wire::Fields;

/// A model without its weights.
#[derive(Debug, Default)]
pub(super) struct Outline<'a> {
    /// Every node, in file order.
    pub(super) nodes: Vec<NodeOutline<'a>>,
    /// Name and element type of each input, initializers left out.
    pub(super) inputs: Vec<(&'a str, DType)>,
    /// Element type of each output.
    pub(super) outputs: Vec<DType>,
}

/// One node.
#[derive(Debug, Default)]
pub(super) struct NodeOutline<'a> {
    /// Its name, possibly empty.
    pub(super) name: &'a str,
    /// Its operator.
    pub(super) operator: &'a str,
    /// The operator's domain; empty for ONNX's own.
    pub(super) domain: &'a str,
    /// Number of outputs that have a name.
    pub(super) output_count: usize,
    /// Its attributes.
    pub(super) attributes: Vec<Attribute<'a>>,
}

/// One attribute, as far as the choice of an operator's kernel depends on it.
#[derive(Debug, Default)]
pub(super) struct Attribute<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its integer, if it is one.
    pub(super) integer: Option<i64>,
    /// Its text, if it is one.
    pub(super) text: Option<&'a str>,
}

impl NodeOutline<'_> {
    /// The attribute of this name.
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute<'_>> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }
}

/// Reads the outline of a serialised model.
///
/// # Errors
/// The bytes are no ONNX model, or one that uses what the embedded runtime does not take.
pub(super) fn read(model: &[u8]) -> Result<Outline<'_>, String> {
    let mut outline = None;
    for field in Fields::new(model) {
        let field = field?;
        match field.number {
            7 => outline = Some(graph(field.bytes()?)?),
            8 | 14 => flat(field.bytes()?)?,
            _ => {}
        }
    }
    outline.ok_or_else(|| "the bytes hold no ONNX graph".to_owned())
}

fn graph(bytes: &[u8]) -> Result<Outline<'_>, String> {
    let mut outline = Outline::default();
    let mut initializers = Vec::new();
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => outline.nodes.push(node(field.bytes()?)?),
            5 => initializers.push(tensor(field.bytes()?)?),
            11 => outline.inputs.push(value_info(field.bytes()?)?),
            12 => outline.outputs.push(value_info(field.bytes()?)?.1),
            13 => value_info(field.bytes()?).map(|_| ())?,
            _ => {}
        }
    }
    outline
        .inputs
        .retain(|(name, _)| !initializers.contains(name));
    Ok(outline)
}

fn node(bytes: &[u8]) -> Result<NodeOutline<'_>, String> {
    let mut node = NodeOutline::default();
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            2 => node.output_count += usize::from(!field.bytes()?.is_empty()),
            3 => node.name = field.text()?,
            4 => node.operator = field.text()?,
            5 => node.attributes.push(attribute(field.bytes()?)?),
            7 => node.domain = field.text()?,
            _ => {}
        }
    }
    Ok(node)
}

fn attribute(bytes: &[u8]) -> Result<Attribute<'_>, String> {
    let mut attribute = Attribute::default();
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => attribute.name = field.text()?,
            3 => attribute.integer = Some(field.integer()?.cast_signed()),
            4 => attribute.text = Some(field.text()?),
            5 => tensor(field.bytes()?).map(|_| ())?,
            6 | 11 => return Err("nested graphs are not supported".to_owned()),
            _ => {}
        }
    }
    Ok(attribute)
}

/// Checks a tensor and returns its name.
fn tensor(bytes: &[u8]) -> Result<&str, String> {
    let mut name = "";
    let mut length = Some(1u64);
    let mut dtype = None;
    let mut raw = None;
    let mut times = |axis: u64| length = length.and_then(|product| product.checked_mul(axis));
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            // Packed or not, both spellings are in use.
            1 => field.integers()?.into_iter().for_each(&mut times),
            2 => dtype = Some(element_type(field.integer()?)?),
            8 => name = field.text()?,
            9 => raw = Some(field.bytes()?.len() as u64),
            13 => return Err("weights outside the model are not supported".to_owned()),
            _ => {}
        }
    }
    let dtype = dtype.ok_or_else(|| format!("tensor '{name}' has no element type"))?;
    let expected = length.and_then(|elements| elements.checked_mul(dtype.size() as u64));
    if expected.is_none() || raw.is_some_and(|raw| Some(raw) != expected) {
        return Err(format!("tensor '{name}': its bytes do not fill its shape"));
    }
    Ok(name)
}

fn value_info(bytes: &[u8]) -> Result<(&str, DType), String> {
    let mut name = "";
    let mut dtype = None;
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => name = field.text()?,
            2 => dtype = Some(value_type(field.bytes()?)?),
            _ => {}
        }
    }
    let dtype = dtype.ok_or_else(|| format!("value '{name}' has no type"))?;
    Ok((name, dtype))
}

fn value_type(bytes: &[u8]) -> Result<DType, String> {
    let mut dtype = None;
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => {
                for field in Fields::new(field.bytes()?) {
                    let field = field?;
                    match field.number {
                        1 => dtype = Some(element_type(field.integer()?)?),
                        2 => shape(field.bytes()?)?,
                        _ => {}
                    }
                }
            }
            6 => field.text().map(|_| ())?,
            _ => return Err("only tensors are supported".to_owned()),
        }
    }
    dtype.ok_or_else(|| "a value without an element type".to_owned())
}

fn shape(bytes: &[u8]) -> Result<(), String> {
    for field in Fields::new(bytes) {
        let field = field?;
        if field.number == 1 {
            flat(field.bytes()?)?;
        }
    }
    Ok(())
}

/// A message without messages inside.
fn flat(bytes: &[u8]) -> Result<(), String> {
    Fields::new(bytes).try_for_each(|field| field.map(|_| ()))
}

/// `TensorProto.DataType`, as far as rten computes with it exactly: it would take float16 and
/// float64 for float32 without a word.
pub(super) fn element_type(code: u64) -> Result<DType, String> {
    match code {
        1 => Ok(DType::F32),
        2 => Ok(DType::U8),
        6 => Ok(DType::I32),
        7 => Ok(DType::I64),
        9 => Ok(DType::Bool),
        10 => Err("float16 values are not supported".to_owned()),
        11 => Err("float64 values are not supported".to_owned()),
        other => Err(format!("element type {other} is not supported")),
    }
}
