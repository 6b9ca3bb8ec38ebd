//! ONNX files to graphs and back. The only user of protobuf.
//!
//! [`Model::open`] reads a file and checks that its bytes make sense; [`Model::graph`] turns the
//! part that some outputs need into a [`crate::graph::Graph`] of concrete shapes, whatever opset
//! the file was written in; [`encode`] writes a graph as opset 18, which every runtime runs, with its
//! weights inside the file or beside it.

mod emit;
mod error;
mod external;
mod flatten;
mod load;
mod order;
mod parse;
mod save;
mod tensor;
/// The protobuf types of `onnx.proto`, generated (`tests/wire.rs`).
#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
#[rustfmt::skip]
mod wire;

pub use error::{OnnxError, UnsupportedNode};
pub use load::{Dimension, LoadOptions, Model, TensorInfo};
pub use parse::{Operator, Survey, operators};
pub use save::{Encoded, Placement, encode, serialise};

#[cfg(test)]
mod testing;
