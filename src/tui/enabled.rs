//! Whether an action can be done now, and if not, why.

use super::action::{Action, Place, Tab};
use super::app::App;
use super::model::measuring::Measuring;
use super::update::{beside, subject};
use crate::run::{RunState, WorkerState};
use crate::sampler::MethodKind;

const NO_RUN: &str = "there is no run";
const NO_SAMPLE: &str = "there is no sample yet";
const AT_WORK: &str = "it is at work";
const NO_UNIT: &str = "choose a unit first";

/// Why an action cannot be done now; none where it can.
pub(super) fn why_not(app: &App, action: Action) -> Option<&'static str> {
    let no_sample = || {
        let samples = app.run().map(|run| run.samples.len());
        (samples.unwrap_or(0) == 0).then_some(NO_SAMPLE)
    };
    match (app.place(), action) {
        (_, Action::Start) => start(app),
        (
            _,
            Action::Pause | Action::SingleStep | Action::Checkpoint | Action::Stop | Action::Reseed,
        ) => order(app),
        (_, Action::Resume) => resume(app),
        (_, Action::Restart | Action::Zoom) => app.run().is_none().then_some(NO_RUN),
        (_, Action::NextConstraint) => match app.run() {
            None => Some(NO_RUN),
            Some(run) => (run.file.constraint.len() < 2).then_some("there is no other constraint"),
        },
        (Place::Scores, Action::Refresh) => {
            let measuring = app.run().map(|run| &run.measuring);
            matches!(measuring, Some(Measuring::Working { .. })).then_some("they are being taken")
        }
        (_, Action::Mark | Action::Drop | Action::Export | Action::SelectAll | Action::Scores)
        | (Place::Gallery, Action::Select)
        | (Place::Run | Place::Gallery | Place::Map, Action::Choose) => no_sample(),
        (_, Action::CopyCommand) => copy_command(app),
        (_, Action::CopyPath) => match app.tab {
            Tab::Runs => app.list.selected().is_none(),
            _ => app.run().is_none(),
        }
        .then_some(NO_RUN),
        (_, Action::Alone) => match subject(app).and_then(|id| app.run_of(id)) {
            None => Some(NO_RUN),
            Some(run) => (run.file.query.len() < 2).then_some("it has no more than one constraint"),
        },
        (_, Action::RealImages) => match beside(app).and_then(|id| app.run_of(id)) {
            None => Some(NO_RUN),
            Some(run) => (run.file.settings.method == MethodKind::Dataset)
                .then_some("its samples are real images"),
        },
        (Place::Run, _) => tune(app, action),
        (Place::Search | Place::Units, Action::Choose | Action::Add) => {
            app.found.is_empty().then_some("nothing is found")
        }
        (Place::Interval, _) => interval(app, action),
        (Place::Constraints, Action::Choose | Action::Remove) => {
            app.query.constraints.is_empty().then_some(NO_UNIT)
        }
        (Place::Constraints, Action::Undo) => {
            (!app.query.can_restore()).then_some("nothing was removed")
        }
        (Place::Settings, Action::Undo) => {
            (!app.query.settings.can_undo()).then_some("nothing was changed")
        }
        (Place::Compare, Action::Choose | Action::Remove) => {
            app.compared.is_empty().then_some("no run is compared")
        }
        (Place::Runs, Action::Choose | Action::Select) => {
            app.list.selected().is_none().then_some(NO_RUN)
        }
        (Place::Runs, Action::Remove) => match listed(app) {
            None => Some(NO_RUN),
            Some(Standing::AtWork) => Some("it is at work: stop it first"),
            Some(_) => None,
        },
        _ => None,
    }
}

fn start(app: &App) -> Option<&'static str> {
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

fn order(app: &App) -> Option<&'static str> {
    match app.run() {
        None => Some(NO_RUN),
        Some(run) if !run.is_at_work() => Some("the run is not at work"),
        Some(run) if !run.takes_orders() => Some("its worker takes no orders from here"),
        Some(_) => None,
    }
}

/// What can be done with a run, as far as is known.
enum Standing {
    AtWork,
    Ended,
    Resumable,
    Damaged,
}

impl Standing {
    fn of(worker: WorkerState) -> Standing {
        match worker {
            WorkerState::Working { .. } => Standing::AtWork,
            WorkerState::Gone { finished: true } => Standing::Ended,
            WorkerState::Gone { finished: false } => Standing::Resumable,
        }
    }
}

/// How the selected run of the list stands: one that is open is known better than by the list.
fn listed(app: &App) -> Option<Standing> {
    let listed = app.list.selected()?;
    let open = app.runs.iter().find(|(_, run)| run.path == listed.path);
    if let Some((_, run)) = open {
        return Some(Standing::of(run.worker));
    }
    Some(match listed.state {
        RunState::Working(_) => Standing::AtWork,
        RunState::Ended(_) => Standing::Ended,
        RunState::Resumable => Standing::Resumable,
        RunState::Damaged(_) => Standing::Damaged,
    })
}

fn resume(app: &App) -> Option<&'static str> {
    let standing = match app.tab {
        Tab::Runs => listed(app),
        _ => app.run().map(|run| Standing::of(run.worker)),
    };
    match standing {
        None => Some(NO_RUN),
        Some(Standing::AtWork) => Some(AT_WORK),
        Some(Standing::Ended) => Some("it has ended"),
        Some(Standing::Damaged) => Some("a file of it is damaged"),
        Some(Standing::Resumable) => None,
    }
}

fn copy_command(app: &App) -> Option<&'static str> {
    let is_of_the_query = match app.tab {
        Tab::Runs => {
            return match app.list.selected() {
                None => Some(NO_RUN),
                Some(listed) => listed.file.is_none().then_some("a file of it is damaged"),
            };
        }
        Tab::Query => true,
        _ => app.run().is_none(),
    };
    (is_of_the_query && app.query.constraints.is_empty()).then_some("the query is empty")
}

/// Settings of the run at work.
fn tune(app: &App, action: Action) -> Option<&'static str> {
    let changes = [
        Action::Left,
        Action::Right,
        Action::FarLeft,
        Action::FarRight,
        Action::Type,
        Action::Reset,
        Action::Undo,
    ];
    if !changes.contains(&action) {
        return None;
    }
    let reason = order(app);
    match app.run() {
        Some(run) if reason.is_none() && action == Action::Undo => {
            (!run.tuning.knobs.can_undo()).then_some("nothing was changed")
        }
        _ => reason,
    }
}

fn interval(app: &App, action: Action) -> Option<&'static str> {
    match (app.query.draft(), action) {
        (
            None,
            Action::Left
            | Action::Right
            | Action::FarLeft
            | Action::FarRight
            | Action::OtherEnd
            | Action::OpenEnd
            | Action::EndKind
            | Action::Type
            | Action::Reset
            | Action::Undo,
        ) => Some(NO_UNIT),
        (Some(draft), Action::Undo) => (!draft.can_undo()).then_some("nothing was changed"),
        _ => None,
    }
}
