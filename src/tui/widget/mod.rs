//! Pieces that screens are made of.

pub mod bars;
pub mod canvas;
pub mod chart;
pub mod field;
pub mod fields;
pub mod histogram;
pub mod panel;
