//! All methods on the same units, intervals and seeds, at equal gradients: the figures of
//! `docs/methods.md`.
//!
//! `cargo bench --profile release --bench compare` goes on where it was stopped; it prints what it
//! will cost before it starts. Cells that are not done stay empty on the page.

mod common;
#[path = "compare/grid.rs"]
mod grid;
#[path = "compare/measure.rs"]
mod measure;
#[path = "compare/page.rs"]
mod page;
#[path = "compare/store.rs"]
mod store;
#[path = "compare/subject.rs"]
mod subject;
#[path = "compare/summary.rs"]
mod summary;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::exit;
use std::time::{Duration, Instant};

use common::{all_threads, processor, repository};
use grid::{GRADIENTS_PER_SAMPLE, Key, Part, SAMPLES, parts};
use store::{CellResult, Store};
use subject::Subject;

use invset::sampler::MethodKind;

/// What the comparison is asked for.
struct Options {
    /// The only subject to measure.
    only: Option<String>,
    /// The only method to measure.
    method: Option<MethodKind>,
    /// Time after which no further cell is begun.
    most: Option<Duration>,
    /// Whether cells are measured; else only the page is written.
    measures: bool,
    cells: PathBuf,
    page: PathBuf,
}

const USAGE: &str = "\
cargo bench --profile release --bench compare -- [--only SUBJECT] [--method METHOD] [--minutes N] [--page-only]
  --only SUBJECT  fashion, scenes64 or pair
  --method METHOD one of the methods; then the others' cells wait
  --minutes N     begin no cell after that time
  --page-only     measure nothing, write the tables of docs/methods.md anew";

fn main() -> anyhow::Result<()> {
    let options = Options::from_command_line();
    let mut store = Store::open(&options.cells)?;
    if options.measures {
        eprintln!("{}, {} threads", processor(), all_threads());
        measure_all(&options, &mut store)?;
    }
    page::write(&options.page, &parts(), &store)
}

fn measure_all(options: &Options, store: &mut Store) -> anyhow::Result<()> {
    let wanted = |part: &Part| {
        options
            .only
            .as_ref()
            .is_none_or(|only| only == part.subject)
    };
    let mut work = Vec::new();
    for part in parts().into_iter().filter(wanted) {
        match Subject::prepare(part.subject) {
            Ok(subject) => work.push((part, subject)),
            Err(error) => eprintln!("SKIPPED: {}: {error}", part.subject),
        }
    }
    for (part, subject) in &work {
        tell_cost(part, subject, options, store)?;
    }
    let begun = Instant::now();
    for (part, subject) in &work {
        let missing = missing(part, options, store);
        for (number, key) in missing.iter().enumerate() {
            if options.most.is_some_and(|most| begun.elapsed() >= most) {
                eprintln!(
                    "stopped after {:.0} min",
                    begun.elapsed().as_secs_f64() / 60.0
                );
                return Ok(());
            }
            let result = measure::measure(key, subject)?;
            eprintln!("{}", line(number + 1, missing.len(), key, &result));
            store.keep(key, result)?;
        }
    }
    Ok(())
}

fn missing(part: &Part, options: &Options, store: &Store) -> Vec<Key> {
    let is_asked_for = |key: &Key| options.method.is_none_or(|method| method == key.method);
    let cells = part.cells().into_iter().filter(is_asked_for);
    cells.filter(|key| store.get(key).is_none()).collect()
}

/// Says how many cells are to be done and about how long they take: as long as those of the same
/// method that are done, or, before any is, as long as all the steps they may take.
fn tell_cost(
    part: &Part,
    subject: &Subject,
    options: &Options,
    store: &Store,
) -> anyhow::Result<()> {
    let missing = missing(part, options, store);
    let Some(first) = missing.first() else {
        eprintln!("{}: all cells are done", part.subject);
        return Ok(());
    };
    let mut known: HashMap<_, (f64, f64)> = HashMap::new();
    for (key, result) in store.cells().filter(|(key, _)| key.subject == part.subject) {
        let (seconds, count) = known.entry(key.method).or_default();
        *seconds += result.seconds;
        *count += 1.0;
    }
    let per_step = measure::seconds_per_step(first, subject)?;
    let at_most = per_step * GRADIENTS_PER_SAMPLE as f64;
    let seconds: f64 = missing
        .iter()
        .map(|key| match known.get(&key.method) {
            Some((seconds, count)) => seconds / count,
            None => at_most,
        })
        .sum();
    eprintln!(
        "{}: {} of {} cells to do, {SAMPLES} samples each; about {:.1} h of steps ({per_step:.2} s a step)",
        part.subject,
        missing.len(),
        part.cells().len(),
        seconds / 3600.0
    );
    Ok(())
}

fn line(number: usize, of: usize, key: &Key, result: &CellResult) -> String {
    let score = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    format!(
        "{number}/{of} {} {} in {} seed {} {}: {} feasible, {:.1} s, Vendi in the judge {}, coverage {}",
        key.subject,
        key.unit,
        key.interval,
        key.seed,
        key.method,
        result.n_feasible,
        result.seconds,
        score(result.judge_vendi),
        score(result.coverage),
    )
}

impl Options {
    fn from_command_line() -> Self {
        let mut options = Options {
            only: None,
            method: None,
            most: None,
            measures: true,
            cells: repository("docs/methods/cells.jsonl"),
            page: repository("docs/methods.md"),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // Cargo's own.
                "--bench" => {}
                "--only" => options.only = Some(arguments.next().unwrap_or_else(|| usage())),
                "--method" => {
                    let method = arguments.next().and_then(|name| name.parse().ok());
                    options.method = Some(method.unwrap_or_else(|| usage()));
                }
                "--minutes" => {
                    let minutes = arguments.next().and_then(|text| text.parse::<f64>().ok());
                    let minutes = minutes.unwrap_or_else(|| usage());
                    options.most = Some(Duration::from_secs_f64(60.0 * minutes.max(0.0)));
                }
                "--page-only" => options.measures = false,
                _ => usage(),
            }
        }
        options
    }
}

fn usage() -> ! {
    eprintln!("{USAGE}");
    exit(2)
}
