//! The screens from outside: the program in a terminal of its own, with keys, signals, other sizes,
//! panics and terminals of all kinds; runs go on whatever becomes of the screens.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "screens_live/labels.rs"]
mod labels;
#[path = "screens_live/leaving.rs"]
mod leaving;
#[path = "screens_live/panics.rs"]
mod panics;
#[path = "screens_live/refusals.rs"]
mod refusals;
#[path = "screens_live/stage.rs"]
mod stage;
#[path = "screens_live/suspending.rs"]
mod suspending;
#[path = "screens_live/terminals.rs"]
mod terminals;
#[path = "screens_live/working.rs"]
mod working;
