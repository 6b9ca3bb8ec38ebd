//! Orders to a running worker: from signals, from the process it lives in, from its socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, unbounded};
use serde::{Deserialize, Serialize};

pub use crate::sampler::Parameter;
use crate::sampler::Stop;

/// An order, taken between two steps. On the socket: `{"command":"pause"}`,
/// `{"command":"set","parameter":"step-size","value":0.02}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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
    /// Set a number from the next step on.
    Set {
        /// Which.
        parameter: Parameter,
        /// To what.
        value: f64,
    },
    /// Set when `joint` ends.
    SetStop {
        /// When.
        stop: Stop,
    },
    /// Put a row that is not accepted at its next start.
    Reseed {
        /// Which, from 0.
        row: u64,
    },
    /// Mark a sample, or take its mark away.
    Mark {
        /// Its index.
        sample: u64,
        /// Whether it is marked from now on.
        marked: bool,
    },
    /// Drop a sample from sight, or bring it back; it stays in the run.
    Drop {
        /// Its index.
        sample: u64,
        /// Whether it is dropped from now on.
        dropped: bool,
    },
}

/// What is sent to the worker.
#[derive(Debug)]
enum Order {
    Command(Command),
    /// Something that is no command; why not.
    Unreadable(String),
}

/// Gives orders; may be cloned and sent to other threads.
#[derive(Debug, Clone)]
pub struct Commander {
    sender: Sender<Order>,
    interrupt: Arc<AtomicBool>,
}

impl Commander {
    /// Gives an order.
    pub fn give(&self, command: Command) {
        self.send(Order::Command(command));
    }

    /// Says that something came that is no command.
    pub(super) fn complain(&self, reason: String) {
        self.send(Order::Unreadable(reason));
    }

    fn send(&self, order: Order) {
        // A worker that has ended needs no orders.
        let _ = self.sender.send(order);
    }

    /// The flag that a signal handler may set in place of [`Command::Stop`].
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupt)
    }
}

/// The worker's end.
#[derive(Debug)]
pub struct Control {
    receiver: Receiver<Order>,
    interrupt: Arc<AtomicBool>,
    paused: bool,
    taken: u64,
}

/// What the worker does next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Next {
    /// A step.
    Step,
    /// What is ordered, then ask again.
    Obey(Command),
    /// Say that an order could not be read, then ask again.
    Complain(String),
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
            taken: 0,
        },
    )
}

impl Control {
    /// Pauses a worker before its first step.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Whether the worker is paused.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Orders taken so far, those included that were refused or could not be read.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether orders wait.
    pub(super) fn has_waiting(&self) -> bool {
        !self.receiver.is_empty()
    }

    /// Takes one order, or goes on as before. Orders are taken in the order they were given, and
    /// all that wait before a step; one to step is a step.
    pub(super) fn next(&mut self) -> Next {
        loop {
            if self.interrupt.load(Ordering::SeqCst) {
                return Next::Stop;
            }
            let order = if self.paused {
                self.receiver.recv_timeout(PATIENCE).ok()
            } else {
                self.receiver.try_recv().ok()
            };
            let Some(order) = order else {
                return if self.paused { Next::Wait } else { Next::Step };
            };
            self.taken += 1;
            match order {
                Order::Command(Command::Stop) => return Next::Stop,
                Order::Command(Command::Pause) => {
                    self.paused = true;
                    return Next::Wait;
                }
                Order::Command(Command::Step) => {
                    self.paused = true;
                    return Next::Step;
                }
                Order::Command(Command::Resume) => self.paused = false,
                Order::Command(command) => return Next::Obey(command),
                Order::Unreadable(reason) => return Next::Complain(reason),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
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
        assert_eq!(control.taken(), 3);
    }

    #[test]
    fn all_orders_that_wait_are_taken_before_a_step_and_in_their_order() {
        let (commander, mut control) = line_of_command();
        control.pause();
        let set = |value| Command::Set {
            parameter: Parameter::Alpha,
            value,
        };
        let given = [
            set(0.5),
            Command::Reseed { row: 2 },
            Command::Step,
            set(0.25),
            Command::Resume,
            Command::Checkpoint,
        ];
        for command in given {
            commander.give(command);
        }
        assert_eq!(control.next(), Next::Obey(set(0.5)));
        assert_eq!(control.next(), Next::Obey(Command::Reseed { row: 2 }));
        assert!(control.has_waiting());
        assert_eq!(control.next(), Next::Step);
        assert_eq!(control.next(), Next::Obey(set(0.25)));
        assert_eq!(control.next(), Next::Obey(Command::Checkpoint));
        assert!(!control.has_waiting() && !control.is_paused());
        assert_eq!(control.next(), Next::Step);
        assert_eq!(control.taken(), 6);
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
    fn what_cannot_be_read_counts_as_an_order() {
        let (commander, mut control) = line_of_command();
        commander.complain("no JSON".to_owned());
        assert_eq!(control.next(), Next::Complain("no JSON".to_owned()));
        assert_eq!(control.taken(), 1);
    }

    #[test]
    fn commands_have_one_spelling_on_the_socket() {
        let spellings = [
            (Command::Pause, r#"{"command":"pause"}"#),
            (Command::Resume, r#"{"command":"resume"}"#),
            (Command::Step, r#"{"command":"step"}"#),
            (Command::Checkpoint, r#"{"command":"checkpoint"}"#),
            (Command::Stop, r#"{"command":"stop"}"#),
            (
                Command::Set {
                    parameter: Parameter::StepSize,
                    value: 0.02,
                },
                r#"{"command":"set","parameter":"step-size","value":0.02}"#,
            ),
            (
                Command::SetStop {
                    stop: Stop::Feasible,
                },
                r#"{"command":"set-stop","stop":"feasible"}"#,
            ),
            (
                Command::Reseed { row: 3 },
                r#"{"command":"reseed","row":3}"#,
            ),
            (
                Command::Mark {
                    sample: 12,
                    marked: true,
                },
                r#"{"command":"mark","sample":12,"marked":true}"#,
            ),
            (
                Command::Drop {
                    sample: 12,
                    dropped: false,
                },
                r#"{"command":"drop","sample":12,"dropped":false}"#,
            ),
        ];
        for (command, text) in spellings {
            assert_eq!(serde_json::to_string(&command).unwrap(), text);
            assert_eq!(serde_json::from_str::<Command>(text).unwrap(), command);
        }
        // A whole number is a number too.
        let whole = r#"{"command":"set","parameter":"max-steps","value":300}"#;
        assert_eq!(
            serde_json::from_str::<Command>(whole).unwrap(),
            Command::Set {
                parameter: Parameter::MaxSteps,
                value: 300.0
            }
        );
    }
}
