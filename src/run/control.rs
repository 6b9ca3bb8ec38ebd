//! Orders to a running worker: from signals, from the process it lives in, from its socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, unbounded};
use serde::{Deserialize, Serialize};

/// An order, taken between two steps. On the socket: `{"command":"pause"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Stop stepping until told otherwise.
    Pause,
    /// Go on.
    Resume,
    /// One step, then pause.
    Step,
    /// Write a checkpoint now.
    Checkpoint,
    /// Write a checkpoint and end; the run can be resumed.
    Stop,
}

/// Gives orders; may be cloned and sent to other threads.
#[derive(Debug, Clone)]
pub struct Commander {
    sender: Sender<Command>,
    interrupt: Arc<AtomicBool>,
}

impl Commander {
    /// Gives an order.
    pub fn give(&self, command: Command) {
        // A worker that has ended needs no orders.
        let _ = self.sender.send(command);
    }

    /// The flag that a signal handler may set in place of [`Command::Stop`].
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupt)
    }
}

/// The worker's end.
#[derive(Debug)]
pub struct Control {
    receiver: Receiver<Command>,
    interrupt: Arc<AtomicBool>,
    paused: bool,
}

/// What the worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A step.
    Step,
    /// A checkpoint, then ask again.
    Checkpoint,
    /// Nothing now; ask again.
    Wait,
    /// A checkpoint, then the end.
    Stop,
}

/// How long a paused worker waits for an order before it looks at the interrupt flag.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(50);

/// Both ends of a line of command.
pub fn line_of_command() -> (Commander, Control) {
    line_of_command_with(Arc::new(AtomicBool::new(false)))
}

/// Both ends of a line of command whose interrupt flag others share: one signal then stops every
/// worker that follows, while orders reach only the one they were given to.
pub fn line_of_command_with(interrupt: Arc<AtomicBool>) -> (Commander, Control) {
    let (sender, receiver) = unbounded();
    (
        Commander {
            sender,
            interrupt: Arc::clone(&interrupt),
        },
        Control {
            receiver,
            interrupt,
            paused: false,
        },
    )
}

impl Control {
    /// Whether the worker is paused.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Takes one order, or goes on as before.
    pub(super) fn next(&mut self) -> Next {
        if self.interrupt.load(Ordering::SeqCst) {
            return Next::Stop;
        }
        let command = if self.paused {
            self.receiver.recv_timeout(PATIENCE).ok()
        } else {
            self.receiver.try_recv().ok()
        };
        match command {
            Some(Command::Stop) => Next::Stop,
            Some(Command::Checkpoint) => Next::Checkpoint,
            Some(Command::Pause) => {
                self.paused = true;
                Next::Wait
            }
            Some(Command::Step) => {
                self.paused = true;
                Next::Step
            }
            Some(Command::Resume) => {
                self.paused = false;
                Next::Step
            }
            None if self.paused => Next::Wait,
            None => Next::Step,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paused_worker_takes_single_steps_until_it_is_resumed() {
        let (commander, mut control) = line_of_command();
        assert_eq!(control.next(), Next::Step);
        commander.give(Command::Pause);
        assert_eq!(control.next(), Next::Wait);
        assert_eq!(control.next(), Next::Wait);
        commander.give(Command::Step);
        assert_eq!(control.next(), Next::Step);
        assert_eq!(control.next(), Next::Wait);
        commander.give(Command::Resume);
        assert_eq!(control.next(), Next::Step);
        assert_eq!(control.next(), Next::Step);
    }

    #[test]
    fn an_interrupt_stops_a_paused_worker() {
        let (commander, mut control) = line_of_command();
        commander.give(Command::Pause);
        assert_eq!(control.next(), Next::Wait);
        commander.interrupt_flag().store(true, Ordering::SeqCst);
        assert_eq!(control.next(), Next::Stop);
    }

    #[test]
    fn commands_have_one_spelling_on_the_socket() {
        let text = r#"{"command":"checkpoint"}"#;
        let command: Result<Command, _> = serde_json::from_str(text);
        assert_eq!(command.ok(), Some(Command::Checkpoint));
    }
}
