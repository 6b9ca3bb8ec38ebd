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

fn worker(out: &Path) -> Child {
    invset()
        .arg("worker")
        .arg(out)
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
