//! Everything needed to repeat a run.

use crate::report::markup::Markup;
use crate::report::number;
use crate::report::reported_run::ReportedRun;
use crate::report::table::{Cell, Table};
use crate::report::tables;
use crate::run::RunState;
use crate::text::shell_word;

/// The command, and what to do with a run that has not ended.
pub(super) fn repeat(run: &ReportedRun, page: &mut Markup) {
    page.element("pre", &[], |page| page.line("code", &[], &run.command));
    let backend = &run.file.plan.backend;
    page.line(
        "p",
        &[],
        &format!(
            "The same models, {} {} on {} and this layout give the same bytes of the samples.",
            backend.name, backend.version, backend.device
        ),
    );
    let folder = shell_word(&run.folder.to_string_lossy());
    match run.state {
        RunState::Resumable => {
            let how = format!("It stopped before its end ({}). To go on:", tables::end(run));
            page.line("p", &[], &how);
            page.element("pre", &[], |page| {
                page.line("code", &[], &format!("invset resume {folder}"));
            });
        }
        RunState::Working(_) => page.line(
            "p",
            &[],
            "It was at work when this page was made; a report made later shows more.",
        ),
        RunState::Ended(_) | RunState::Damaged(_) => page.line(
            "p",
            &[],
            &format!(
                "It has ended ({}). One that is stopped, killed or out of disk goes on from its last checkpoint: \
                 invset resume {folder}",
                tables::end(run)
            ),
        ),
    }
}

/// Settings, layout and models.
pub(super) fn write(run: &ReportedRun, page: &mut Markup) {
    page.element("details", &[], |page| {
        page.line("summary", &[], "Settings and layout");
        settings(run).write(page);
    });
    page.element("details", &[], |page| {
        page.line("summary", &[], "Models");
        let mut table = Table::new("models", &["file", "SHA-256"]);
        let files = run.file.files.iter();
        table.rows.extend(
            files.map(|(file, sha256)| vec![Cell::Text(file.clone()), Cell::Text(sha256.clone())]),
        );
        table.write(page);
    });
}

/// Every setting under the name that it has in `run.toml`.
fn settings(run: &ReportedRun) -> Table {
    let mut table = Table::new("settings", &["setting", "value"]);
    let mut row = |name: &str, value: String| {
        table
            .rows
            .push(vec![Cell::Text(name.to_owned()), Cell::Text(value)]);
    };
    // By way of the file's own form: a setting that is new is on the page, too.
    if let Ok(serde_json::Value::Object(settings)) = serde_json::to_value(&run.file.settings) {
        for (name, value) in &settings {
            row(name, plain(value));
        }
    }
    let plan = &run.file.plan;
    row("micro_batch", plan.micro_batch.to_string());
    row(
        "workers",
        format!("{} of {} threads", plan.workers, plan.threads_per_worker),
    );
    row("scheme", format!("{}: {}", plan.scheme, plan.reason));
    row("memory_cap", number::bytes(plan.memory_cap as usize));
    row("invset", run.file.invset.clone());
    row("started", run.file.started.clone());
    table
}

/// A value without the quotes of JSON.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
