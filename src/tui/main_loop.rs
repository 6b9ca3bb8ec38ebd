//! The screen's thread: waits, updates, draws where something changed.

use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossterm::clipboard::CopyToClipboard;
use crossterm::queue;
use rustix::process::{Signal, getpid, kill_process};

use super::answers::Answers;
use super::app::App;
use super::effect::Effect;
use super::frame_log::FrameLog;
use super::input::{self, Woken};
use super::message::Message;
use super::signals::Signals;
use super::start::{Options, ScreenError};
use super::tasks::Tasks;
use super::terminal::{self, Screen};
use super::{Ended, panic, update, view, wanted};
use crate::config::OnHangup;
use crate::preview::{Painter, Painters};
use crate::run::control::Command;

/// Frames a second on a terminal of this machine.
const LOCAL_FPS: f64 = 10.0;
/// Frames a second over a network.
const REMOTE_FPS: f64 = 4.0;
/// Shortest time between two frames after a key: whoever types wants to see it.
const KEY_FRAME: Duration = Duration::from_millis(33);

/// The loop's state besides the program's.
pub(super) struct Loop {
    screen: Screen,
    app: App,
    painters: Painters,
    tasks: Tasks,
    signals: Signals,
    answers: Answers,
    frame_time: Duration,
    last_frame: Instant,
    /// Something changed since the last frame.
    is_dirty: bool,
    /// When the first key since then was pressed.
    pressed_at: Option<Instant>,
    /// What workers are told when the terminal is gone.
    on_hang_up: Command,
    /// Where the time and the size of every frame are noted, for measurements.
    frame_log: Option<FrameLog>,
    /// When pictures may be sent that had to wait.
    pictures_due: Option<Instant>,
}

/// What an effect means for the loop.
enum Next {
    GoOn,
    End,
}

impl Loop {
    pub(super) fn new(
        screen: Screen,
        app: App,
        painters: Painters,
        options: &Options,
        is_remote: bool,
        frame_log: Option<FrameLog>,
        signals: Signals,
    ) -> Loop {
        let usual = if is_remote { REMOTE_FPS } else { LOCAL_FPS };
        let fps = options.fps.or(options.config.fps).unwrap_or(usual);
        let library = options.manner.runtime.library.clone();
        let tasks = Tasks::new(signals.waker.clone(), options.root.clone(), library);
        Loop {
            screen,
            app,
            painters,
            tasks,
            signals,
            answers: Answers::default(),
            frame_time: Duration::from_secs_f64(1.0 / fps.clamp(0.1, 60.0)),
            last_frame: Instant::now(),
            is_dirty: true,
            pressed_at: None,
            on_hang_up: match options.config.on_hangup.unwrap_or_default() {
                OnHangup::Continue => Command::Checkpoint,
                OnHangup::Stop => Command::Stop,
            },
            frame_log,
            pictures_due: None,
        }
    }

    pub(super) fn run(mut self, first: Vec<Effect>) -> Result<Ended, ScreenError> {
        for effect in first {
            self.tasks.perform(effect);
        }
        loop {
            match self.turn() {
                Ok(None) => {}
                Ok(Some(ended)) => return Ok(ended),
                // A terminal may go while it is drawn on.
                Err(_) if input::is_hung_up() => return Ok(self.hang_up()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits, takes in what came, draws where that is due; says how the screens ended, once they
    /// have.
    fn turn(&mut self) -> io::Result<Option<Ended>> {
        let mut messages = Vec::new();
        let patience = self.patience();
        let (alarm, answers) = (&mut self.signals.alarm, &mut self.answers);
        match input::wait(alarm, patience, answers, &mut messages)? {
            Woken::Up => {}
            Woken::HungUp => return Ok(Some(self.hang_up())),
        }
        if self.signals.hang_up.load(Ordering::SeqCst) {
            return Ok(Some(self.hang_up()));
        }
        if self.signals.end.load(Ordering::SeqCst) {
            self.order_all(Command::Checkpoint);
            return Ok(Some(Ended::Interrupted));
        }
        if self.signals.stop.swap(false, Ordering::SeqCst) {
            self.suspend()?;
        }
        if self.signals.resize.swap(false, Ordering::SeqCst) {
            let size = self.screen.terminal.size()?;
            messages.push(Message::Resized {
                width: size.width,
                height: size.height,
            });
        }
        self.tasks.take(&mut messages);
        for message in messages {
            self.is_dirty = true;
            if matches!(message, Message::Key(_) | Message::Paste(_)) {
                self.pressed_at.get_or_insert_with(Instant::now);
            }
            for effect in update(&mut self.app, message) {
                if let Next::End = self.perform(effect)? {
                    return Ok(Some(Ended::Left));
                }
            }
        }
        if self.frame_due().is_some_and(|due| due <= Instant::now()) {
            self.draw()?;
        }
        Ok(None)
    }

    /// When the next frame may be drawn, where one is wanted.
    fn frame_due(&self) -> Option<Instant> {
        let pace = match self.pressed_at {
            Some(_) => KEY_FRAME.min(self.frame_time),
            None => self.frame_time,
        };
        let earliest = self.last_frame + pace;
        if self.is_dirty {
            return Some(earliest);
        }
        self.pictures_due.map(|due| due.max(earliest))
    }

    fn patience(&self) -> Option<Duration> {
        self.frame_due()
            .map(|due| due.saturating_duration_since(Instant::now()))
    }

    fn draw(&mut self) -> io::Result<()> {
        let (app, painters) = (&mut self.app, &mut self.painters);
        let painted = self.screen.frame(|terminal| {
            terminal.draw(|frame| view::draw(app, frame, painters))?;
            // ratatui has flushed its frame: graphics protocols write to standard output themselves.
            painters.finish(Instant::now(), &mut io::stdout())
        })?;
        if let Some(log) = &mut self.frame_log {
            log.note(self.screen.bytes_written(), self.pressed_at.take())?;
        }
        for effect in wanted(&mut self.app) {
            self.tasks.perform(effect);
        }
        self.pictures_due = painted.due;
        self.last_frame = Instant::now();
        self.is_dirty = painted.failed;
        self.pressed_at = None;
        if painted.failed {
            self.app.graphics = self.painters.way().name().to_owned();
            self.app
                .complain("the terminal did not take a picture; characters from now on");
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect) -> io::Result<Next> {
        match effect {
            Effect::Quit => return Ok(Next::End),
            Effect::Suspend => self.suspend()?,
            Effect::Redraw => {
                panic::rehearse("screen");
                self.screen.clear()?;
                self.painters.invalidate();
            }
            Effect::NextGraphics => {
                let way = self.painters.switch_to_next(&mut io::stdout())?;
                self.app.graphics = way.name().to_owned();
                self.app.say(format!("pictures: {}", way.name()));
                self.screen.clear()?;
            }
            Effect::Copy(text) => {
                let backend = self.screen.terminal.backend_mut();
                queue!(backend, CopyToClipboard::to_clipboard_from(&text))?;
                io::Write::flush(backend)?;
                self.app.say(format!("copied: {text}"));
            }
            effect => self.tasks.perform(effect),
        }
        Ok(Next::GoOn)
    }

    /// Back to the shell until `fg`.
    fn suspend(&mut self) -> io::Result<()> {
        self.painters.clear(&mut io::stdout())?;
        self.screen.suspend()?;
        // Stops here; the shell's fg goes on with the next line.
        kill_process(getpid(), Signal::STOP)?;
        self.screen.resume()?;
        self.painters.invalidate();
        self.is_dirty = true;
        Ok(())
    }

    /// The terminal is gone: nothing can be written to it, and the runs go on.
    fn hang_up(&mut self) -> Ended {
        self.order_all(self.on_hang_up);
        Ended::Interrupted
    }

    /// Gives an order to every worker that takes orders from here.
    fn order_all(&mut self, command: Command) {
        let at_work = self.app.runs.iter().filter(|(_, run)| run.takes_orders());
        for (id, _) in at_work {
            self.tasks.perform(Effect::Give(*id, command));
        }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        // Where the terminal is gone its pictures are too.
        let _ = self.painters.clear(&mut io::stdout());
        let _ = terminal::restore();
    }
}
