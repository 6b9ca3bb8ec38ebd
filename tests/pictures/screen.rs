//! A small screen with one picture, as the program's own screens are built: it runs inside the
//! pseudo-terminals of the tests, and every key changes something.

use std::io::{self, stdout};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, poll, read};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use image::{Rgb, RgbImage};
use invset::preview::cells::Blocks;
use invset::preview::{GraphicsChoice, Painter, Painters, Picture, Shot, terminal_facts};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Paragraph};

/// Where the picture stands: column, row, width, height; or else everywhere between the first and
/// the last row.
pub(crate) const AREA: &str = "INVSET_TEST_AREA";
/// Width and height of the picture.
pub(crate) const PICTURE: &str = "INVSET_TEST_PICTURE";
/// The choice of `--graphics`.
pub(crate) const GRAPHICS: &str = "INVSET_TEST_GRAPHICS";

struct State {
    frames: usize,
    picture: u64,
    shift: u16,
    covered: bool,
    keys: String,
}

/// Keys: `n` another picture, `m` move it, `o` something over it and away again, `w` the next way,
/// `c` clear the screen, `q` quit. Any other: only a frame.
pub(crate) fn run() -> io::Result<()> {
    let facts = terminal_facts(choice());
    let mut painters = Painters::new(&facts, Blocks::Half);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)?;
    let mut terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    let mut state = State {
        frames: 0,
        picture: 0,
        shift: 0,
        covered: false,
        keys: String::new(),
    };
    loop {
        state.frames += 1;
        terminal.draw(|frame| draw(frame, &state, &mut painters))?;
        let painted = painters.finish(Instant::now(), terminal.backend_mut())?;
        let wait = painted.due.map_or(Duration::from_secs(60), |due| {
            due.saturating_duration_since(Instant::now())
        });
        if !poll(wait)? {
            continue;
        }
        let Event::Key(key) = read()? else { continue };
        let KeyCode::Char(key) = key.code else {
            state.keys.push('?');
            continue;
        };
        state.keys.push(key);
        match key {
            'n' => state.picture += 1,
            'm' => state.shift += 1,
            'o' => state.covered = !state.covered,
            'w' => {
                painters.switch_to_next(terminal.backend_mut())?;
            }
            'c' => {
                // Not `clear`: that asks for the cursor, which a silent terminal does not tell.
                let size = terminal.size()?;
                terminal.resize(Rect::new(0, 0, size.width, size.height))?;
                painters.invalidate();
            }
            'q' => break,
            _ => {}
        }
    }
    painters.clear(terminal.backend_mut())?;
    execute!(stdout(), LeaveAlternateScreen)?;
    disable_raw_mode()
}

fn draw(frame: &mut ratatui::Frame<'_>, state: &State, painters: &mut Painters) {
    let screen = frame.area();
    let between = Rect::new(0, 1, screen.width, screen.height - 2);
    let mut area = numbers(AREA).map_or(between, |numbers| {
        Rect::new(numbers[0], numbers[1], numbers[2], numbers[3])
    });
    area.x += state.shift;
    frame.render_widget(Paragraph::new("TOP"), screen);
    let bottom = Rect::new(0, screen.height - 1, screen.width, 1);
    let status = format!(
        "frame {} by {}, keys {:?}",
        state.frames,
        painters.way().name(),
        state.keys
    );
    frame.render_widget(Paragraph::new(status), bottom);
    let size = numbers(PICTURE).unwrap_or(vec![64, 64]);
    let picture = RgbImage::from_fn(size[0].into(), size[1].into(), |x, y| {
        Rgb([(x * 4) as u8, (y * 4) as u8, (state.picture * 40) as u8])
    });
    let shot = Shot {
        area,
        picture: Arc::new(Picture::Rgb(picture)),
        id: state.picture,
    };
    painters.place(&shot, frame.buffer_mut());
    if state.covered {
        let over = Rect::new(area.x, area.y, 12, 3).intersection(screen);
        frame.render_widget(Clear, over);
        frame.render_widget(Paragraph::new("OVER"), over);
        painters.cover(over);
    }
}

fn choice() -> GraphicsChoice {
    match std::env::var(GRAPHICS).as_deref() {
        Ok("blocks") => GraphicsChoice::Blocks,
        Ok("sixel") => GraphicsChoice::Sixel,
        Ok("iterm") => GraphicsChoice::Iterm,
        Ok("none") => GraphicsChoice::None,
        _ => GraphicsChoice::Auto,
    }
}

fn numbers(variable: &str) -> Option<Vec<u16>> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.split(',')
            .map(|number| number.parse().unwrap())
            .collect(),
    )
}
