//! The mathematics of sampling: objectives, constraints, optimisers and methods over the one
//! trait [`Evaluate`]. Arrays only: nothing here knows of a graph, a runtime or a file.

mod chi_square;
pub mod evaluate;
pub mod interval;
pub mod method;
pub mod prior;
pub mod report;
pub mod settings;
pub mod starts;
pub mod state;

pub use evaluate::{Evaluate, EvaluateError, Evaluation, PullBack};
pub use interval::{Interval, IntervalError};
pub use method::{Method, Problem};
pub use prior::{Prior, PriorError};
pub use report::{Accepted, Finish, StepReport};
pub use settings::{ConstraintKind, MethodKind, Settings, SettingsError, Stop, Update};
pub use state::{State, StateError};
