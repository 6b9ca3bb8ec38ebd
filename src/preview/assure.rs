//! Tells viuer what the terminal has confirmed.
//!
//! Before it prints, viuer asks the terminal by itself and waits for ever for the answer, and it
//! takes an answer that is split after its first byte for a key. The terminal has already answered
//! us, so viuer gets the same answer from a pseudo-terminal of our own, which is there whole before
//! it asks. Nothing of this reaches the real terminal.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::OnceLock;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use viuer::KittySupport;

use super::terminal::Medium;

/// Pictures are taken, the attributes end the answer; then pictures in temporary files are not
/// taken: with files viuer would wait for an answer to every picture and take a key press for it.
const KITTY: &[u8] = b"\x1b_Gi=31;OK\x1b\\\x1b[?62c\x1b_Gi=31;EBADF\x1b\\";
/// Attribute 4 is sixel graphics.
const SIXEL: &[u8] = b"\x1b[?62;4c";

/// Whether viuer prints by this medium. The first call for each exchanges standard input and output
/// for a moment: it must come before any thread that reads keys.
pub(super) fn viuer_agrees(medium: Medium) -> bool {
    static KITTY_AGREED: OnceLock<bool> = OnceLock::new();
    static SIXEL_AGREED: OnceLock<bool> = OnceLock::new();
    match medium {
        Medium::Kitty => *KITTY_AGREED.get_or_init(|| {
            answered(KITTY, || viuer::get_kitty_support() == KittySupport::Remote).unwrap_or(false)
        }),
        Medium::Sixel => *SIXEL_AGREED
            .get_or_init(|| answered(SIXEL, viuer::is_sixel_supported).unwrap_or(false)),
        Medium::Iterm => viuer::is_iterm_supported(),
        Medium::Cells(_) => true,
    }
}

/// Runs `ask` with a terminal that has already answered as standard input and output.
fn answered(answer: &[u8], ask: impl FnOnce() -> bool) -> rustix::io::Result<bool> {
    let (ours, theirs) = pseudo_terminal()?;
    rustix::io::write(&ours, answer)?;
    std::thread::scope(|scope| {
        // Some systems wait for what was written to be read before they change a terminal's mode.
        scope.spawn(|| {
            let mut buffer = [0; 256];
            while rustix::io::read(&ours, &mut buffer).is_ok_and(|count| count > 0) {}
        });
        // Dropped before the reader is waited for, or its end would never come.
        let exchanged = Exchanged::with(theirs)?;
        let agreed = ask();
        drop(exchanged);
        Ok(agreed)
    })
}

/// Both ends; the second is in raw mode, so that an answer without a line end can be read.
fn pseudo_terminal() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
    let mut mode = tcgetattr(&theirs)?;
    mode.make_raw();
    tcsetattr(&theirs, OptionalActions::Now, &mode)?;
    Ok((ours, theirs))
}

/// Another terminal in place of standard input and output, until dropped.
struct Exchanged {
    stdin: OwnedFd,
    stdout: OwnedFd,
}

impl Exchanged {
    fn with(terminal: OwnedFd) -> rustix::io::Result<Exchanged> {
        let copy = |fd| rustix::io::fcntl_dupfd_cloexec(fd, 0);
        let before = Exchanged {
            stdin: copy(std::io::stdin().as_fd())?,
            stdout: copy(std::io::stdout().as_fd())?,
        };
        // What is still in the buffer belongs to the real terminal.
        let _ = std::io::Write::flush(&mut std::io::stdout());
        rustix::stdio::dup2_stdin(&terminal)?;
        rustix::stdio::dup2_stdout(&terminal)?;
        Ok(before)
    }
}

impl Drop for Exchanged {
    fn drop(&mut self) {
        let _ = std::io::Write::flush(&mut std::io::stdout());
        // The copies are open: putting them back does not fail.
        let _ = rustix::stdio::dup2_stdin(&self.stdin);
        let _ = rustix::stdio::dup2_stdout(&self.stdout);
    }
}
