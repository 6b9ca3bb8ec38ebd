//! Whether an action can be done now, and if not, why.

use super::action::{Action, Tab};
use super::app::App;
use crate::run::WorkerState;

/// Why an action cannot be done now; none where it can.
pub(super) fn why_not(app: &App, action: Action) -> Option<&'static str> {
    let run = app.run();
    match action {
        Action::Start => {
            if app.is_starting {
                Some("a run is being started")
            } else if app.bundle.open().is_none() {
                Some("the bundle is not open yet")
            } else if app.query.problem().is_some() {
                Some("the query is not complete")
            } else {
                None
            }
        }
        Action::Pause | Action::SingleStep | Action::Checkpoint | Action::Stop | Action::Reseed => {
            match run {
                None => Some("there is no run"),
                Some(run) if !run.is_at_work() => Some("the run is not at work"),
                Some(run) if !run.takes_orders() => Some("its worker takes no orders from here"),
                Some(_) => None,
            }
        }
        Action::Resume => {
            let state = match app.tab {
                Tab::Runs => return app.list.selected().is_none().then_some("there is no run"),
                _ => run.map(|run| &run.worker),
            };
            match state {
                None => Some("there is no run"),
                Some(WorkerState::Working { .. }) => Some("it is at work"),
                Some(WorkerState::Gone { finished: true }) => Some("it has ended"),
                Some(WorkerState::Gone { finished: false }) => None,
            }
        }
        Action::Restart | Action::Mark | Action::Drop => run.is_none().then_some("there is no run"),
        Action::Export => run
            .is_none_or(|run| run.samples.is_empty())
            .then_some("there is no sample"),
        Action::CopyCommand => (app.tab == Tab::Query && app.query.constraints.is_empty())
            .then_some("the query is empty"),
        Action::CopyPath => run.is_none().then_some("there is no run"),
        _ => None,
    }
}
