//! Questions to the terminal, answered within a dead-line or not at all.
//!
//! One write asks for kitty graphics, the size of a cell and the device attributes. Every terminal
//! answers the last, so its answer is the full stop; a silent one runs into the dead-line.

use std::io::Write;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

use super::terminal::CellSize;

/// Kitty: would you take this picture of one pixel? Then the cell's size, then the attributes.
const QUESTIONS: &[u8] = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c";
/// More than any honest answer has.
const LONGEST_ANSWER: usize = 4096;
/// No font has cells beyond this; a guard against nonsense.
const LARGEST_CELL: u32 = 1024;

/// What a terminal answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reply {
    /// It takes pictures by the kitty protocol.
    pub(super) kitty: bool,
    /// It lists sixel graphics among its attributes.
    pub(super) sixel: bool,
    /// Size of a cell.
    pub(super) cell: Option<CellSize>,
}

/// Asks the terminal on standard input and output. None where it cannot be asked (this process is
/// in the background, or the terminal's mode cannot be changed) or does not answer in time.
pub(super) fn ask(patience: Duration) -> Option<Reply> {
    let stdin = std::io::stdin();
    let stdin = std::os::fd::AsFd::as_fd(&stdin);
    // A background process that changes the terminal's mode is stopped by the system.
    if tcgetpgrp(stdin).ok()? != rustix::process::getpgrp() {
        return None;
    }
    let mut raw = RawMode::enter(stdin)?;
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(QUESTIONS)
        .and_then(|()| stdout.flush())
        .ok()?;
    let bytes = read_answers(stdin, Instant::now() + patience);
    let (reply, complete) = parse(&bytes);
    raw.discard_input = !complete;
    complete.then_some(reply)
}

fn read_answers(stdin: BorrowedFd<'_>, deadline: Instant) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 256];
    while bytes.len() < LONGEST_ANSWER && !parse(&bytes).1 {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(timeout) = Timespec::try_from(left) else {
            break;
        };
        let mut waiting = [PollFd::from_borrowed_fd(stdin, PollFlags::IN)];
        match poll(&mut waiting, Some(&timeout)) {
            Ok(count) if count > 0 && waiting[0].revents().contains(PollFlags::IN) => {}
            Err(rustix::io::Errno::INTR) => continue,
            _ => break,
        }
        match rustix::io::read(stdin, &mut buffer) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            Err(rustix::io::Errno::INTR) => {}
            _ => break,
        }
    }
    bytes
}

/// Restores the terminal's mode when dropped.
struct RawMode<'a> {
    stdin: BorrowedFd<'a>,
    before: Termios,
    /// Throw away what is left of an answer, lest the shell reads it as typed.
    discard_input: bool,
}

impl<'a> RawMode<'a> {
    fn enter(stdin: BorrowedFd<'a>) -> Option<Self> {
        let before = tcgetattr(stdin).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        raw.local_modes.insert(LocalModes::ISIG);
        tcsetattr(stdin, OptionalActions::Now, &raw).ok()?;
        Some(RawMode {
            stdin,
            before,
            discard_input: true,
        })
    }
}

impl Drop for RawMode<'_> {
    fn drop(&mut self) {
        let action = if self.discard_input {
            OptionalActions::Flush
        } else {
            OptionalActions::Now
        };
        // Nothing can be done about a terminal that has gone away.
        let _ = tcsetattr(self.stdin, action, &self.before);
    }
}

/// What the bytes read so far say, and whether the device attributes, the last answer, are there.
/// Bytes that belong to no answer (keys pressed meanwhile) are passed over.
fn parse(bytes: &[u8]) -> (Reply, bool) {
    let mut reply = Reply::default();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == 0x1b) {
        rest = &rest[at + 1..];
        match rest.first() {
            Some(b'_') => {
                if let Some(end) = rest.windows(2).position(|pair| pair == b"\x1b\\") {
                    reply.kitty |= &rest[1..end] == b"Gi=31;OK";
                    rest = &rest[end + 2..];
                }
            }
            Some(b'[') => {
                let body = &rest[1..];
                let Some(end) = body.iter().position(|byte| (0x40..=0x7e).contains(byte)) else {
                    continue;
                };
                let parameters = std::str::from_utf8(&body[..end]).unwrap_or_default();
                match (body[end], parameters.strip_prefix('?')) {
                    (b'c', Some(attributes)) => {
                        reply.sixel = attributes.split(';').skip(1).any(|a| a == "4");
                        return (reply, true);
                    }
                    (b't', None) => reply.cell = cell_size(parameters).or(reply.cell),
                    _ => {}
                }
                rest = &body[end + 1..];
            }
            _ => {}
        }
    }
    (reply, false)
}

/// `6;height;width`.
fn cell_size(parameters: &str) -> Option<CellSize> {
    let mut numbers = parameters.split(';').map(str::parse::<u32>);
    let (Some(Ok(6)), Some(Ok(height)), Some(Ok(width))) =
        (numbers.next(), numbers.next(), numbers.next())
    else {
        return None;
    };
    let sensible = (1..=LARGEST_CELL).contains(&width) && (1..=LARGEST_CELL).contains(&height);
    sensible.then_some(CellSize { width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_answer_is_understood() {
        let (reply, complete) = parse(b"\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;4;22c");
        assert!(complete && reply.kitty && reply.sixel);
        assert_eq!(
            reply.cell,
            Some(CellSize {
                width: 10,
                height: 20
            })
        );
    }

    #[test]
    fn device_attributes_alone_are_complete() {
        assert_eq!(parse(b"\x1b[?1;2c"), (Reply::default(), true));
        // The first number is the class of the terminal: a VT 400-like 4 is not sixel.
        assert_eq!(parse(b"\x1b[?4c"), (Reply::default(), true));
    }

    #[test]
    fn an_answer_is_incomplete_at_every_cut() {
        let whole = b"\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;4c";
        for length in 0..whole.len() {
            assert!(!parse(&whole[..length]).1, "{length}");
        }
    }

    #[test]
    fn refusals_keys_and_nonsense_are_passed_over() {
        let (reply, complete) =
            parse(b"q\x1b[A\x1b_Gi=31;ENOTSUP:no\x1b\\\x1b[6;0;99999t\x1bO\x1b[?64c");
        assert_eq!((reply, complete), (Reply::default(), true));
    }
}
