//! The screens: a client of runs, never their owner.
//!
//! One thread owns the terminal. It waits for keys and for what other threads tell, lets
//! [`update()`] change the state, has the effects done elsewhere, and draws a frame where something
//! changed. All that takes long happens in `tasks` or in the worker of a run, a process of its own.

pub mod action;
mod answers;
pub mod app;
pub mod chord;
pub mod effect;
mod enabled;
mod frame_log;
mod fuzzy;
mod input;
pub mod keymap;
mod main_loop;
pub mod message;
pub mod model;
pub mod overlay;
mod panic;
mod signals;
mod start;
pub mod target;
mod tasks;
mod terminal;
mod update;
pub mod view;
mod wake;
pub mod widget;

pub use start::{Options, ScreenError, run};
pub use update::{update, wanted};

/// How the screens came to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The user left.
    Left,
    /// The system asked, or the terminal is gone.
    Interrupted,
}

/// Exit code after a panic, as of any Rust program.
const PANICKED: i32 = 101;
