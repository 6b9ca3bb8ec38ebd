//! invset samples the *inverse set* of a neuron: the inputs that drive it to a chosen level.
//!
//! The way of the data, from file to picture: [`bundle`] finds the ONNX files, [`onnx`] parses
//! them into a [`graph`], [`autodiff`] differentiates it, [`runtime`] runs what `onnx` wrote back,
//! [`engine`] makes that an evaluator for the [`sampler`], [`real`] looks at real images, [`run`] owns
//! the run and its folder, and the front ends ([`cli`], [`tui`], [`report`]) show it. `ARCHITECTURE.md`
//! is the map.

pub mod autodiff;
pub mod bundle;
pub mod check;
pub mod cli;
pub mod config;
pub mod engine;
pub mod files;
pub mod graph;
pub mod machine;
pub mod metrics;
pub mod onnx;
pub mod plot;
pub mod preview;
pub mod query;
pub mod real;
pub mod report;
pub mod run;
pub mod runtime;
pub mod sampler;
pub mod text;
pub mod theme;
pub mod toml_file;
pub mod tui;
