//! A run in a process of its own: clients watch it and order it about on its socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::{invset, json, run};

/// Waits for `ready` to give a value; a hang is a failure, not a time measured.
fn eventually<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A run that was interrupted at its first steps.
fn interrupted(out: &Path) {
    let mut child = invset()
        .args([
            "sample",
            "--where",
            "sneaker in 500..",
            "-n",
            "8",
            "--max-steps",
            "1000000",
            "--quiet",
        ])
        .args(["--runtime", "embedded", "--out"])
        .arg(out)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the first step", || {
        out.join("history.jsonl").exists().then_some(())
    });
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// A run of which nothing but its folder is there: no step is checkpointed.
fn unstarted(out: &Path) {
    let mut child = invset()
        .args(["sample", "--where", "sneaker in p75..p99", "-n", "6"])
        .args(["--method", "joint", "--max-steps", "60", "--seed", "3"])
        .args(["--quiet", "--runtime", "embedded", "--out"])
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the folder", || out.join("run.toml").exists().then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!out.join("checkpoint.safetensors").exists());
}

fn worker(out: &Path) -> Child {
    worker_with(out, &[])
}

fn worker_with(out: &Path, flags: &[&str]) -> Child {
    invset()
        .arg("worker")
        .arg(out)
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Connects to the socket that the run's lock names.
fn connect(out: &Path, pid: u32) -> UnixStream {
    eventually("the worker's socket", || {
        let lock = std::fs::read_to_string(out.join("lock")).ok()?;
        let lock: serde_json::Value = serde_json::from_str(&lock).ok()?;
        if lock["pid"] != pid {
            return None;
        }
        UnixStream::connect(lock["socket"].as_str()?).ok()
    })
}

fn snapshot(lines: &mut impl BufRead) -> serde_json::Value {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

#[test]
fn a_worker_is_watched_paused_stepped_and_stopped_by_its_clients() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    interrupted(&out);
    let mut child = worker(&out);
    let mut client = connect(&out, child.id());
    let mut lines = BufReader::new(client.try_clone().unwrap());
    assert_eq!(snapshot(&mut lines)["phase"], "running");

    writeln!(client, r#"{{"command":"pause"}}"#).unwrap();
    let paused = std::iter::repeat_with(|| snapshot(&mut lines))
        .find(|snapshot| snapshot["phase"] == "paused")
        .unwrap();
    writeln!(client, r#"{{"command":"step"}}"#).unwrap();
    let stepped = snapshot(&mut lines);
    assert_eq!(stepped["phase"], "paused");
    assert_eq!(
        stepped["step"].as_u64().unwrap(),
        paused["step"].as_u64().unwrap() + 1
    );

    // A second client sees the same run, and the first may leave.
    drop((client, lines));
    let mut second = connect(&out, child.id());
    let mut lines = BufReader::new(second.try_clone().unwrap());
    assert_eq!(snapshot(&mut lines)["step"], stepped["step"]);
    writeln!(second, r#"{{"command":"stop"}}"#).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let lock: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("lock")).unwrap()).unwrap();
    assert!(!Path::new(lock["socket"].as_str().unwrap()).exists());
}

/// A client that gives orders and waits until they are taken.
struct Client {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
    /// The latest snapshot.
    seen: serde_json::Value,
}

impl Client {
    fn connect(out: &Path, pid: u32) -> Client {
        let stream = connect(out, pid);
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let seen = snapshot(&mut lines);
        Client {
            stream,
            lines,
            seen,
        }
    }

    /// Gives orders at once and reads until all are taken.
    fn order(&mut self, orders: &[&str]) {
        let taken = self.seen["orders"].as_u64().unwrap() + orders.len() as u64;
        let text: String = orders.iter().map(|order| format!("{order}\n")).collect();
        self.stream.write_all(text.as_bytes()).unwrap();
        while self.seen["orders"].as_u64().unwrap() < taken {
            self.seen = snapshot(&mut self.lines);
        }
    }

    /// Does one step of a paused worker.
    fn step(&mut self) {
        let step = self.seen["step"].as_u64().unwrap();
        self.order(&[r#"{"command":"step"}"#]);
        while self.seen["step"] == step {
            self.seen = snapshot(&mut self.lines);
        }
        assert_eq!(self.seen["step"], step + 1);
    }

    /// Reads to the end; gives the last snapshot.
    fn last(mut self) -> serde_json::Value {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            self.seen = serde_json::from_str(&line).unwrap();
            line.clear();
        }
        self.seen
    }
}

const TWEAKS: &[&str] = &[
    r#"{"command":"set","parameter":"step-size","value":0.02}"#,
    r#"{"command":"set","parameter":"alpha","value":0.5}"#,
    r#"{"command":"reseed","row":4}"#,
];

/// A worker at step 3 of an unstarted run, tuned there.
fn tuned_at_step_three(out: &Path) -> (Child, Client) {
    unstarted(out);
    let child = worker_with(out, &["--paused"]);
    let mut client = Client::connect(out, child.id());
    assert_eq!(client.seen["phase"], "paused");
    assert_eq!(client.seen["step"], 0);
    assert_eq!(client.seen["activations"][0][0], serde_json::Value::Null);
    assert_eq!(client.seen["tunables"]["step_size"], 0.05);
    (0..3).for_each(|_| client.step());
    assert_eq!(client.seen["rows"].as_array().unwrap().len(), 6);
    let redraws = client.seen["redraws"].as_u64().unwrap();
    client.order(TWEAKS);
    assert_eq!(client.seen["tunables"]["step_size"], 0.02);
    assert_eq!(client.seen["tunables"]["alpha"], 0.5);
    assert_eq!(client.seen["rows"][4], "seeking");
    assert_eq!(client.seen["redraws"], redraws + 1);
    assert_eq!(client.seen["events"], 3);
    assert_eq!(client.seen["last_event"], "row 4 starts anew");
    assert_eq!(client.seen["step"], 3);
    (child, client)
}

fn events(out: &Path) -> Vec<(u64, String)> {
    let history = std::fs::read_to_string(out.join("history.jsonl")).unwrap();
    history
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| {
            let event = line.get("event")?.as_str()?.to_owned();
            Some((line["step"].as_u64()?, event))
        })
        .collect()
}

#[test]
fn a_run_tuned_and_killed_ends_with_the_bytes_of_one_tuned_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let [killed, whole, untuned] =
        ["killed", "whole", "untuned"].map(|name| folder.path().join(name));

    let (mut child, client) = tuned_at_step_three(&killed);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(client);
    let resume = |out: &Path| {
        run(&["resume", out.to_str().unwrap(), "--json", "--quiet"])
            .status
            .code()
            .unwrap()
    };
    assert_eq!(resume(&killed), 0);

    let (mut child, mut client) = tuned_at_step_three(&whole);
    client.order(&[r#"{"command":"resume"}"#]);
    // The last that clients are told is how the run ended.
    let last = client.last();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(last["phase"], "ended");
    assert_eq!(last["finish"], "complete");
    assert_eq!(last["n_accepted"], 6);
    assert_eq!(last["diversity"]["n"], 6);
    common::assert_same(&whole, &killed);

    unstarted(&untuned);
    assert_eq!(resume(&untuned), 0);
    assert!(common::fingerprint(&untuned) != common::fingerprint(&whole));

    let tweaks = [
        "step size 0.05 -> 0.02",
        "alpha 0.9 -> 0.5",
        "row 4 starts anew",
    ];
    for out in [&killed, &whole] {
        assert_eq!(events(out), tweaks.map(|text| (3, text.to_owned())));
        let file = std::fs::read_to_string(out.join("run.toml")).unwrap();
        assert!(file.contains("step_size = 0.05"), "{file}");
    }
}

#[test]
fn an_order_that_cannot_be_obeyed_is_an_event_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    unstarted(&out);
    let mut child = worker_with(&out, &["--paused"]);
    let mut client = Client::connect(&out, child.id());
    let before = client.seen["tunables"].clone();
    for (order, reason) in [
        (
            r#"{"command":"set","parameter":"alpha","value":7}"#,
            "alpha is 7",
        ),
        (
            r#"{"command":"set","parameter":"max-steps","value":2.5}"#,
            "whole number",
        ),
        (r#"{"command":"reseed","row":6}"#, "no row 6"),
        (
            r#"{"command":"mark","sample":0,"marked":true}"#,
            "no sample 0",
        ),
        (r#"{"command":"dance"}"#, "dance"),
        ("pause", "expected"),
    ] {
        client.order(&[order]);
        let event = client.seen["last_event"].as_str().unwrap();
        assert!(event.starts_with("order refused"), "{event}");
        assert!(event.contains(reason), "{event}");
    }
    assert_eq!(client.seen["tunables"], before);
    assert_eq!(client.seen["events"], 6);
    client.step();
    client.order(&[
        r#"{"command":"set","parameter":"max-steps","value":1}"#,
        r#"{"command":"resume"}"#,
    ]);
    let last = client.last();
    assert_eq!(
        (&last["step"], &last["finish"]),
        (&2.into(), &"max-steps".into())
    );
    assert_eq!(child.wait().unwrap().code(), Some(3));
    // The refusals, the order that was obeyed, and what could have been reached.
    let events = events(&out);
    assert_eq!(events.len(), 8);
    assert!(events[7].1.starts_with("nearest reachable"), "{events:?}");
}

#[test]
fn marks_are_kept_beside_samples_that_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let [marked, plain] = ["marked", "plain"].map(|name| folder.path().join(name));
    unstarted(&marked);
    let mut child = worker_with(&marked, &["--paused"]);
    let mut client = Client::connect(&marked, child.id());
    client.order(&[r#"{"command":"set-stop","stop":"feasible"}"#]);
    while client.seen["n_accepted"].as_u64().unwrap() < 2 {
        client.step();
    }
    client.order(&[
        r#"{"command":"mark","sample":0,"marked":true}"#,
        r#"{"command":"drop","sample":1,"dropped":true}"#,
        r#"{"command":"mark","sample":1,"marked":true}"#,
        r#"{"command":"mark","sample":1,"marked":false}"#,
    ]);
    let expected = serde_json::json!({ "marked": [0], "dropped": [1] });
    assert_eq!(client.seen["marks"], expected);
    assert_eq!(client.seen["events"], 1);
    // A marked sample outlives a kill right after.
    child.kill().unwrap();
    child.wait().unwrap();
    drop(client);
    json(&run(&[
        "resume",
        marked.to_str().unwrap(),
        "--json",
        "--quiet",
    ]));
    let marks = std::fs::read_to_string(marked.join("marks.json")).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&marks).unwrap(),
        expected
    );
    let shown = json(&run(&["show", marked.to_str().unwrap(), "--json"]));
    let shown = shown["pictures"].as_array().unwrap();
    assert_eq!(shown.len(), 5);
    assert!(shown.iter().all(|picture| picture["index"] != 1));

    unstarted(&plain);
    let mut child = worker_with(&plain, &["--paused"]);
    let mut client = Client::connect(&plain, child.id());
    client.order(&[
        r#"{"command":"set-stop","stop":"feasible"}"#,
        r#"{"command":"resume"}"#,
    ]);
    drop(client);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    common::assert_same(&plain, &marked);
    assert!(!plain.join("marks.json").exists());
}

#[test]
fn clients_are_told_why_a_run_failed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    unstarted(&out);
    let mut child = worker_with(&out, &["--paused"]);
    let mut client = Client::connect(&out, child.id());
    std::fs::remove_dir_all(out.join("images")).unwrap();
    client.order(&[
        r#"{"command":"set-stop","stop":"feasible"}"#,
        r#"{"command":"resume"}"#,
    ]);
    let last = client.last();
    assert_eq!(child.wait().unwrap().code(), Some(6));
    assert_eq!(last["phase"], "ended");
    assert!(last["finish"].is_null());
    let event = last["last_event"].as_str().unwrap();
    assert!(event.starts_with("failed: cannot write"), "{event}");
}

#[test]
fn history_keeps_activations_of_every_step_and_scores_of_some() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    unstarted(&out);
    json(&run(&[
        "resume",
        out.to_str().unwrap(),
        "--json",
        "--quiet",
    ]));
    let history = std::fs::read_to_string(out.join("history.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = history
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = lines.len();
    for (number, line) in (1..).zip(&lines) {
        assert_eq!(line["step"], number);
        assert_eq!(line["activations"].as_array().unwrap().len(), 6);
        let is_scored = number % 5 == 0 || number == last;
        assert_eq!(line.get("diversity").is_some(), is_scored, "step {number}");
    }
    assert_eq!(lines[last - 1]["diversity"]["n"], 6);
    assert!(lines[last - 1]["diversity"]["vendi"].as_f64().unwrap() > 1.0);
}

#[test]
fn a_hang_up_leaves_the_run_going() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    interrupted(&out);
    let mut child = worker(&out);
    let client = connect(&out, child.id());
    let mut lines = BufReader::new(client.try_clone().unwrap());
    let before = snapshot(&mut lines)["step"].as_u64().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    let after = std::iter::repeat_with(|| snapshot(&mut lines)["step"].as_u64().unwrap())
        .find(|&step| step > before + 3);
    assert!(after.is_some());
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // Still a whole run: it can be scored.
    let scored = json(&run(&["metrics", out.to_str().unwrap(), "--json"]));
    assert_eq!(scored["n"], 0);
}
