//! All runs under a folder, at a glance: what each was asked for, how far it has come, who holds it.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::RUN_FILE;
use super::run_file::RunFile;
use super::sweep::SWEEP_FILE;
use super::{RunError, RunFolder, Standing, lock};
use crate::sampler::Finish;

/// A run folder that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The folder.
    pub path: PathBuf,
    /// The sweep it belongs to, where it does.
    pub sweep: Option<PathBuf>,
    /// What was asked for; none where that cannot be read.
    pub file: Option<RunFile>,
    /// How far it had come at its last checkpoint.
    pub standing: Standing,
    /// What can be done with it.
    pub state: RunState,
}

/// What can be done with a run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// A process works on it; 0 while that has not said which.
    Working(u32),
    /// It has ended for good.
    Ended(Finish),
    /// It was stopped, or never started, and can go on.
    Resumable,
    /// A file of it cannot be read: why.
    Damaged(String),
}

/// Every run folder in `root`, those of sweeps in it included, the newest first. `root` may be a sweep
/// itself. What is no run is left out, and a folder that is not there holds none.
pub fn catalogue(root: &Path) -> Vec<Listed> {
    let is_sweep = root.join(SWEEP_FILE).is_file();
    let mut runs = Vec::new();
    for path in folders_in(root) {
        if path.join(RUN_FILE).is_file() {
            runs.push(Listed::of(path, is_sweep.then(|| root.to_owned())));
        } else if path.join(SWEEP_FILE).is_file() {
            let inside = folders_in(&path).into_iter();
            let inside = inside.filter(|inside| inside.join(RUN_FILE).is_file());
            runs.extend(inside.map(|inside| Listed::of(inside, Some(path.clone()))));
        }
    }
    runs.sort_by(|a, b| (b.started(), &b.path).cmp(&(a.started(), &a.path)));
    runs
}

fn folders_in(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        // Folders that are being removed are hidden.
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

impl Listed {
    /// A run by its folder.
    ///
    /// # Errors
    /// It is no run folder.
    pub fn open(path: &Path) -> Result<Listed, RunError> {
        RunFolder::open(path)?;
        Ok(Listed::of(path.to_owned(), None))
    }

    fn of(path: PathBuf, sweep: Option<PathBuf>) -> Listed {
        let (file, standing, state) = match RunFolder::open(&path) {
            Ok(folder) => read(&folder),
            Err(error) => (None, None, RunState::Damaged(error.to_string())),
        };
        Listed {
            path,
            sweep,
            file,
            standing: standing.unwrap_or_default(),
            state,
        }
    }

    /// When it was started, UTC; empty where that is not known.
    pub fn started(&self) -> &str {
        self.file.as_ref().map_or("", |file| &file.started)
    }
}

fn read(folder: &RunFolder) -> (Option<RunFile>, Option<Standing>, RunState) {
    let (file, standing) = (RunFile::read(folder), Standing::read(folder));
    let holder = lock::holder(folder);
    let state = match (holder, &file, &standing) {
        (_, Err(error), _) | (_, _, Err(error)) => RunState::Damaged(error.to_string()),
        (Some(holder), _, _) => RunState::Working(holder.pid),
        (None, _, Ok(standing)) => match standing.finish {
            Some(finish) => RunState::Ended(finish),
            None => RunState::Resumable,
        },
    };
    (file.ok(), standing.ok(), state)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::run::lock::RunLock;
    use crate::run::test_runs::run_file;

    fn run(path: &Path, started: &str) -> RunFolder {
        let folder = RunFolder::create(path).unwrap();
        let mut file = run_file();
        file.started = started.to_owned();
        file.write(&folder).unwrap();
        folder
    }

    #[test]
    fn runs_and_those_of_sweeps_are_listed_newest_first() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        run(&path("old"), "2026-01-01T00:00:00Z");
        run(&path("new"), "2026-03-01T00:00:00Z");
        run(&path("sweep/a"), "2026-02-01T00:00:00Z");
        fs::write(path("sweep/sweep.toml"), "").unwrap();
        fs::create_dir(path("no run")).unwrap();
        run(&path("no run/deeper"), "2026-02-01T00:00:00Z");
        fs::write(path("notes.txt"), "").unwrap();
        let listed = catalogue(root.path());
        let names: Vec<&Path> = listed.iter().map(|run| run.path.as_path()).collect();
        assert_eq!(names, [path("new"), path("sweep/a"), path("old")]);
        assert_eq!(listed[1].sweep, Some(path("sweep")));
        assert_eq!(listed[0].sweep, None);
        assert_eq!(listed[0].file.as_ref().unwrap().query, run_file().query);
        assert!(listed.iter().all(|run| run.state == RunState::Resumable));
        assert_eq!(catalogue(&path("sweep"))[0].sweep, Some(path("sweep")));
        assert!(catalogue(&path("none")).is_empty());
    }

    #[test]
    fn a_run_that_is_held_or_damaged_is_listed_as_such() {
        let root = tempfile::tempdir().unwrap();
        let held = run(&root.path().join("held"), "2026-01-01T00:00:00Z");
        let _lock = RunLock::acquire(held.path()).unwrap();
        let torn = run(&root.path().join("torn"), "2026-01-02T00:00:00Z");
        fs::write(torn.file("checkpoint.safetensors"), "torn").unwrap();
        let bad = RunFolder::create(&root.path().join("bad")).unwrap();
        fs::write(bad.file(RUN_FILE), "= nothing").unwrap();
        let listed = catalogue(root.path());
        assert_eq!(listed[1].state, RunState::Working(std::process::id()));
        for (listed, file) in [(&listed[0], "checkpoint"), (&listed[2], RUN_FILE)] {
            let RunState::Damaged(reason) = &listed.state else {
                unreachable!("{listed:?}");
            };
            assert!(reason.contains(file), "{reason}");
        }
        assert_eq!(listed[2].file, None);
    }

    /// `cargo test --release --lib run::catalogue -- --ignored --nocapture`
    #[test]
    #[ignore = "prints the time of listing 500 runs"]
    #[allow(clippy::print_stdout)]
    fn time_of_five_hundred_runs() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..500 {
            run(
                &root.path().join(number.to_string()),
                "2026-01-01T00:00:00Z",
            );
        }
        let start = std::time::Instant::now();
        assert_eq!(catalogue(root.path()).len(), 500);
        println!("{:?}", start.elapsed());
    }
}
