//! Questions to the terminal, answered within a dead-line or not at all.
//!
//! One write asks for kitty graphics, the terminal's name, the size of a cell, the background colour
//! and the device attributes. Every terminal answers the last, so its answer is the full stop; a
//! silent one runs into the dead-line. A process asks once.

mod answers;

use std::io::Write;
use std::os::fd::BorrowedFd;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
};

use super::terminal::CellSize;
use answers::parse;

/// Kitty: would you take this picture of one pixel? Then the name, the cell's size, the background
/// colour and the attributes.
const QUESTIONS: &[u8] =
    b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[>q\x1b[16t\x1b]11;?\x07\x1b[c";
/// More than any honest answer has.
const LONGEST_ANSWER: usize = 4096;

/// What a terminal answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reply {
    /// It takes pictures by the kitty protocol.
    pub(super) kitty: bool,
    /// It lists sixel graphics among its attributes.
    pub(super) sixel: bool,
    /// Size of a cell.
    pub(super) cell: Option<CellSize>,
    /// Its name and version, without control characters.
    pub(super) terminal: Option<String>,
    /// What it draws on: red, green, blue.
    pub(super) background: Option<[u8; 3]>,
}

/// Asks the terminal on standard input and output, the first time. None where it cannot be asked
/// (this process is in the background, or the terminal's mode cannot be changed) or does not answer
/// in time.
pub(super) fn ask(patience: Duration) -> Option<Reply> {
    static REPLY: OnceLock<Option<Reply>> = OnceLock::new();
    REPLY.get_or_init(|| ask_now(patience)).clone()
}

fn ask_now(patience: Duration) -> Option<Reply> {
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
    let (mut reply, complete) = parse(&bytes);
    reply.cell = reply.cell.or_else(|| cell_of_window(stdin));
    raw.discard_input = !complete;
    complete.then_some(reply)
}

/// From the window's pixels, where the system knows them.
fn cell_of_window(terminal: BorrowedFd<'_>) -> Option<CellSize> {
    let window = tcgetwinsize(terminal).ok()?;
    let edge = |pixels: u16, cells: u16| u32::from(pixels).checked_div(u32::from(cells));
    CellSize {
        width: edge(window.ws_xpixel, window.ws_col)?,
        height: edge(window.ws_ypixel, window.ws_row)?,
    }
    .sensible()
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
