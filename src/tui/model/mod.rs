//! What the screens show, as plain values: no terminal, no thread, no file.

pub mod applies;
pub mod cursor;
pub mod draft;
pub mod gallery;
pub mod knob;
pub mod knobs;
pub mod line;
pub mod measuring;
pub mod pictures;
pub mod query;
pub mod run_view;
pub mod runs;
pub mod series;
pub mod settings;
pub mod tuning;
