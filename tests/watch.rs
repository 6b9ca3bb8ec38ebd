//! A run in a process of its own, started, watched, killed and resumed from here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{json, run};
use invset::run::control::Command;
use invset::run::detach::{Beginning, Detached, Launch, spawn_worker};
use invset::run::history::HistoryLine;
use invset::run::record::SampleLine;
use invset::run::{Manner, Request, RunFolder, Seen, Watch, WorkerState, defaults, start};
use invset::runtime::{RuntimeChoice, RuntimeRequest};
use invset::sampler::{MethodKind, Settings};

/// Longest time that anything here may take; a hang is a failure, not a time measured.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a watch has told so far.
struct Told {
    watch: Watch,
    calls: Arc<AtomicUsize>,
    history: Vec<HistoryLine>,
    samples: Vec<SampleLine>,
    worker: Option<WorkerState>,
    snapshots: usize,
    rewound: usize,
}

impl Told {
    fn open(path: &Path) -> Told {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let count = move || {
            counter.fetch_add(1, Ordering::SeqCst);
        };
        Told {
            watch: Watch::open(path, count).unwrap(),
            calls,
            history: Vec::new(),
            samples: Vec::new(),
            worker: None,
            snapshots: 0,
            rewound: 0,
        }
    }

    /// Listens until what was told satisfies.
    fn until(&mut self, what: &str, enough: impl Fn(&Told) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !enough(self) {
            let seen = self.watch.seen().recv_deadline(deadline);
            match seen.unwrap_or_else(|_| panic!("{what} was not seen")) {
                Seen::Snapshot(_) => self.snapshots += 1,
                Seen::History(lines) => self.history.extend(lines),
                Seen::Samples(lines) => self.samples.extend(lines),
                Seen::Worker(state) => self.worker = Some(state),
                Seen::Rewound => {
                    self.rewound += 1;
                    self.history.clear();
                    self.samples.clear();
                }
            }
        }
    }

    fn until_worked_by(&mut self, pid: u32) {
        let working = WorkerState::Working {
            pid,
            writable: true,
        };
        self.until("the worker", |told| told.worker == Some(working));
    }

    fn steps(&self) -> Vec<u64> {
        let steps = self.history.iter().filter_map(|line| match line {
            HistoryLine::Step { step, .. } => Some(*step),
            HistoryLine::Event { .. } => None,
        });
        steps.collect()
    }
}

fn launch() -> Launch {
    Launch {
        program: env!("CARGO_BIN_EXE_invset").into(),
        library: None,
        paused: false,
    }
}

/// A run that does not end by itself.
fn endless(out: &Path) -> Request {
    let settings = Settings {
        max_steps: 1_000_000,
        ..Settings::new(MethodKind::Joint, 4)
    };
    let runtime = RuntimeRequest {
        choice: RuntimeChoice::Embedded,
        ..RuntimeRequest::default()
    };
    Request {
        bundle: "fashion".to_owned(),
        query: vec!["sneaker in 500..".to_owned()],
        manner: Manner {
            settings,
            ..defaults::manner(runtime)
        },
        out: Some(out.to_owned()),
        runs: defaults::RUNS.into(),
    }
}

fn ended(worker: &Detached) -> Beginning {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match worker.poll() {
            Beginning::Starting | Beginning::Working => assert!(Instant::now() < deadline),
            other => return other,
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_worker_is_seen_to_work_to_be_killed_and_to_work_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let prepared = start(&endless(&out)).unwrap();
    let mut told = Told::open(&out);
    // The run is held here until it is handed over.
    let held = WorkerState::Working {
        pid: std::process::id(),
        writable: false,
    };
    told.until("the holder", |told| told.worker == Some(held));
    assert!(!told.watch.give(Command::Pause));

    let first = prepared.hand_over(&launch()).unwrap();
    told.watch.look();
    told.until_worked_by(first.pid());
    told.until("progress", |told| {
        told.snapshots > 2 && told.history.len() > 2
    });
    assert_eq!(first.poll(), Beginning::Working);
    assert!(told.watch.give(Command::Checkpoint));
    assert!(told.calls.load(Ordering::SeqCst) > 0);

    let pid = rustix::process::Pid::from_raw(first.pid() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let gone = WorkerState::Gone { finished: false };
    told.until("the end", |told| told.worker == Some(gone));
    assert!(!told.watch.give(Command::Pause));
    assert!(matches!(ended(&first), Beginning::Failed(_)));
    let before = told.steps();
    assert_eq!(before, (1..=before.len() as u64).collect::<Vec<_>>());

    // Steps that were not checkpointed before are done again: what was told of them is void.
    let file = out.join("history.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + "{\"step\":1,\"event\":\"void\"}\n").unwrap();
    told.watch.look();
    told.until("the line", |told| told.history.len() > before.len());

    let second = spawn_worker(&RunFolder::open(&out).unwrap(), &launch()).unwrap();
    told.watch.look();
    told.until_worked_by(second.pid());
    told.until("more steps", |told| {
        told.rewound > 0 && told.steps().len() > before.len()
    });
    assert!(told.watch.give(Command::Stop));
    told.until("the end", |told| told.worker == Some(gone));
    assert_eq!(ended(&second), Beginning::Ended);
    let steps = told.steps();
    assert_eq!(steps, (1..=steps.len() as u64).collect::<Vec<_>>());
    let lines = std::fs::read_to_string(&file).unwrap();
    assert_eq!(told.history.len(), lines.lines().count());
}

#[test]
fn a_run_that_has_ended_is_seen_whole() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let path = out.to_str().unwrap();
    json(&run(&[
        "sample",
        "--where",
        "sneaker in p75..p99",
        "-n",
        "8",
        "--json",
        "--quiet",
        "--out",
        path,
    ]));
    let mut told = Told::open(&out);
    let ended = WorkerState::Gone { finished: true };
    told.until("the end", |told| told.worker == Some(ended));
    assert_eq!(told.samples.len(), 8);
    assert!(
        told.samples
            .iter()
            .zip(0..)
            .all(|(sample, index)| sample.index == index)
    );
    let lines = std::fs::read_to_string(out.join("history.jsonl")).unwrap();
    assert_eq!(told.history.len(), lines.lines().count());
    assert_eq!((told.snapshots, told.rewound), (0, 0));
}

#[test]
fn a_worker_that_cannot_take_its_run_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = common::bundle_copy("halfspace", folder.path());
    let out = folder.path().join("run");
    let request = Request {
        bundle: bundle.to_str().unwrap().to_owned(),
        query: vec!["three in 0.7..0.9".to_owned()],
        ..endless(&out)
    };
    let prepared = start(&request).unwrap();
    std::fs::write(bundle.join("labels.txt"), "four\n").unwrap();
    let worker = prepared.hand_over(&launch()).unwrap();
    let Beginning::Failed(message) = ended(&worker) else {
        panic!("the bundle changed");
    };
    assert!(message.contains("labels.txt"), "{message}");
}

#[test]
fn a_dropped_watch_ends_its_thread() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    drop(start(&endless(&out)).unwrap());
    let mut told = Told::open(&out);
    told.until("the state", |told| told.worker.is_some());
    let Told { watch, calls, .. } = told;
    assert_eq!(Arc::strong_count(&calls), 2);
    drop(watch);
    let deadline = Instant::now() + DEADLINE;
    while Arc::strong_count(&calls) > 1 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn only_runs_are_watched() {
    let folder = tempfile::tempdir().unwrap();
    let error = Watch::open(folder.path(), || ()).err().unwrap().to_string();
    assert!(error.contains("no run folder"), "{error}");
}
