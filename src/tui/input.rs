//! Keys from the terminal, other threads' calls, and the loss of either.
//!
//! The terminal is polled by us before crossterm looks at it: crossterm 0.29 spins for ever on a
//! terminal that is gone (crossterm issue 793).

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::answers::Answers;
use super::chord::Chord;
use super::message::{Message, Mouse};
use super::wake::Alarm;

/// What waiting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// The terminal is there; messages may have come.
    Up,
    /// The terminal is gone.
    HungUp,
}

/// Waits for a key, a call from another thread or the end of `patience`; adds what was typed, and
/// leaves out what are late answers of the terminal.
///
/// # Errors
/// The terminal cannot be read.
pub(super) fn wait(
    alarm: &mut Alarm,
    patience: Option<Duration>,
    answers: &mut Answers,
    messages: &mut Vec<Message>,
) -> io::Result<Woken> {
    let stdin = io::stdin();
    let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
    let mut waiting = [
        PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN),
        PollFd::from_borrowed_fd(alarm.as_fd(), PollFlags::IN),
    ];
    match poll(&mut waiting, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let (terminal, called) = (waiting[0].revents(), waiting[1].revents());
    if is_lost(terminal) {
        return Ok(Woken::HungUp);
    }
    if called.contains(PollFlags::IN) {
        alarm.quieten();
    }
    // Without a key on the terminal this finds no more than a change of its size.
    while event::poll(Duration::ZERO)? {
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                let more_follows = event::poll(Duration::ZERO)?;
                if !answers.take(&key, more_follows, Instant::now()) {
                    messages.push(Message::Key(Chord::from(key)));
                }
            }
            Event::Paste(text) => messages.push(Message::Paste(text)),
            Event::Mouse(mouse) => messages.extend(mouse_of(mouse).map(Message::Mouse)),
            Event::Resize(width, height) => messages.push(Message::Resized { width, height }),
            _ => {}
        }
    }
    Ok(Woken::Up)
}

/// Whether the terminal is gone.
pub(super) fn is_hung_up() -> bool {
    let stdin = io::stdin();
    let mut terminal = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
    let looked = poll(&mut terminal, Some(&Timespec::default()));
    looked.is_ok() && is_lost(terminal[0].revents())
}

fn is_lost(terminal: PollFlags) -> bool {
    terminal.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// What of the mouse means something here.
fn mouse_of(mouse: MouseEvent) -> Option<Mouse> {
    match mouse.kind {
        MouseEventKind::ScrollUp => Some(Mouse::WheelUp),
        MouseEventKind::ScrollDown => Some(Mouse::WheelDown),
        MouseEventKind::Down(MouseButton::Left) => Some(Mouse::Click {
            column: mouse.column,
            row: mouse.row,
        }),
        _ => None,
    }
}
