//! The mathematics of sampling: objectives, constraints, optimisers and methods over the one
//! trait [`Evaluate`]. Arrays only: nothing here knows of a graph, a runtime or a file.

mod ascent;
pub mod autocorrelation;
mod burn_in;
mod chain;
mod chi_square;
mod counted;
mod cover;
mod dataset;
pub mod evaluate;
mod incremental;
pub mod interval;
mod joint;
mod lagrangian;
mod maximise;
pub mod method;
mod motion;
mod noise;
pub mod objective;
mod optimiser;
mod pace;
mod population;
mod ppgn;
pub mod prior;
mod projection;
mod reach;
pub mod reached;
pub mod report;
mod riesz;
mod rows;
pub mod settings;
pub mod share;
mod splitting;
mod spread;
pub mod starts;
pub mod state;
mod statistics;
mod targets;
#[cfg(test)]
mod tests;
pub mod tunables;

pub use ascent::Ascent;
pub use chain::Chain;
pub use evaluate::{Evaluate, EvaluateError, Evaluation, PullBack};
pub use interval::{Interval, IntervalError};
pub use method::{Method, Problem, start};
pub use prior::{Prior, PriorError};
pub use reach::nearest_reachable;
pub use reached::Reached;
pub use report::{Accepted, Finish, StepReport};
pub use rows::{ReseedError, RowStatus, Rows};
pub use settings::{ConstraintKind, MethodKind, Settings, SettingsError, Stop, Update};
pub use share::{Effort, PriorShare, ShareMethod, ShareProgress, prior_share};
pub use state::{State, StateError};
pub use tunables::{Parameter, Tunables};
