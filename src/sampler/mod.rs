//! The mathematics of sampling: objectives, constraints, optimisers and methods over the one
//! trait [`Evaluate`]. Arrays only: nothing here knows of a graph, a runtime or a file.

pub mod evaluate;

pub use evaluate::{Evaluate, EvaluateError, Evaluation, PullBack};
