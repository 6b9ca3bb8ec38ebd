//! The terminal while the screens are on it, and its way back to what it was: on leaving, on a
//! panic in any thread, on a signal.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossterm::{cursor, event, execute, queue, terminal};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};

use super::input;

/// Whether the screens are on the terminal now.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Bytes collected before they are written: a frame is one write.
const BUFFER: usize = 64 * 1024;

/// Standard output with a count of what went through.
pub(super) struct Counted {
    stdout: Stdout,
    count: Arc<AtomicU64>,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stdout.write(bytes)?;
        self.count.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}

/// ratatui's terminal over buffered standard output.
pub(super) type Terminal = ratatui::Terminal<CrosstermBackend<BufWriter<Counted>>>;

/// The screens on the terminal; dropping it gives the terminal back.
pub(super) struct Screen {
    /// Where frames are drawn.
    pub(super) terminal: Terminal,
    written: Arc<AtomicU64>,
    has_mouse: bool,
}

impl Screen {
    /// Takes the terminal: raw mode, the alternate screen, no cursor.
    ///
    /// # Errors
    /// The terminal refuses; it is as it was then.
    pub(super) fn enter(has_mouse: bool) -> io::Result<Screen> {
        let written = Arc::new(AtomicU64::new(0));
        let output = Counted {
            stdout: io::stdout(),
            count: Arc::clone(&written),
        };
        let output = BufWriter::with_capacity(BUFFER, output);
        let terminal = ratatui::Terminal::new(CrosstermBackend::new(output))?;
        let mut screen = Screen {
            terminal,
            written,
            has_mouse,
        };
        screen.resume()?;
        Ok(screen)
    }

    /// Takes the terminal again after [`Screen::suspend`].
    ///
    /// # Errors
    /// The terminal refuses.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        let output = self.terminal.backend_mut();
        queue!(
            output,
            terminal::EnterAlternateScreen,
            event::EnableBracketedPaste,
            cursor::Hide
        )?;
        if self.has_mouse {
            queue!(output, event::EnableMouseCapture)?;
        }
        output.flush()?;
        self.clear()
    }

    /// Blanks the screen and has the next frame written whole.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        // `Terminal::clear` would first ask the terminal where its cursor is, and fail after two
        // seconds where it does not answer; `resize` clears without a question.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    /// Gives the terminal back for a while.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().flush()?;
        restore()
    }

    /// Bytes written so far.
    pub(super) fn bytes_written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Draws between the two marks that tell the terminal to show it all at once.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub(super) fn frame<T>(
        &mut self,
        draw: impl FnOnce(&mut Terminal) -> io::Result<T>,
    ) -> io::Result<T> {
        queue!(
            self.terminal.backend_mut(),
            terminal::BeginSynchronizedUpdate
        )?;
        let drawn = draw(&mut self.terminal);
        // Ended also after an error: a terminal left waiting would look frozen.
        queue!(self.terminal.backend_mut(), terminal::EndSynchronizedUpdate)?;
        self.terminal.backend_mut().flush()?;
        drawn
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if input::is_hung_up() {
            abandon();
        }
        let _ = self.terminal.backend_mut().flush();
        // The terminal may be gone, and then there is nothing to give back.
        let _ = restore();
    }
}

/// Lets everything that is still written go nowhere: the terminal is gone. ratatui would panic over
/// a cursor that it cannot show and an error that it cannot print.
fn abandon() {
    let Ok(nowhere) = OpenOptions::new().write(true).open("/dev/null") else {
        return;
    };
    let _ = rustix::stdio::dup2_stdout(&nowhere);
    let _ = rustix::stdio::dup2_stderr(&nowhere);
}

/// Gives the terminal back, once, whoever asks.
///
/// # Errors
/// The terminal is gone.
pub(super) fn restore() -> io::Result<()> {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let mut stdout = io::stdout();
    let written = execute!(
        stdout,
        terminal::EndSynchronizedUpdate,
        event::DisableMouseCapture,
        event::DisableBracketedPaste,
        terminal::LeaveAlternateScreen,
        cursor::Show
    );
    terminal::disable_raw_mode()?;
    written
}
