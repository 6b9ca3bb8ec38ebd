//! What lies over a screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::{large, look, scores};
use crate::preview::{Painter, Painters};
use crate::text;
use crate::theme::Role;
use crate::tui::action::Place;
use crate::tui::app::App;
use crate::tui::overlay::{HelpLine, Menu, Overlay, Prompt, help_lines};
use crate::tui::target::Target;
use crate::tui::widget::field::typed;
use crate::tui::widget::panel::{Look, centred, framed, write};

/// Columns of the keys in the help.
const KEYS: usize = 20;

pub(super) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    for at in 0..app.overlays.len() {
        match app.overlays[at].clone() {
            Overlay::Large => large::draw(app, area, buffer, painters),
            Overlay::Scores { scroll, across } => {
                scores::draw(app, (scroll, across), area, buffer, painters);
            }
            Overlay::Help { scroll, opened_in } => {
                help(app, scroll, opened_in, area, buffer, painters);
            }
            Overlay::Menu(mut menu) => {
                draw_menu(app, &mut menu, area, buffer, painters);
                app.overlays[at] = Overlay::Menu(menu);
            }
            Overlay::Prompt(prompt) => draw_prompt(app, &prompt, area, buffer, painters),
        }
    }
}

/// Clears a part in the middle and frames it.
pub(super) fn window(
    look: Look<'_>,
    (title, note): (&str, &str),
    (width, height): (u16, u16),
    area: Rect,
    buffer: &mut Buffer,
    painters: &mut Painters,
) -> Rect {
    let window = centred(area, width, height);
    painters.cover(window);
    Clear.render(window, buffer);
    framed(look, title, note, true, window, buffer)
}

fn help(
    app: &App,
    scroll: usize,
    opened_in: Place,
    area: Rect,
    buffer: &mut Buffer,
    painters: &mut Painters,
) {
    let look = look(app);
    let size = (area.width.min(92), area.height.saturating_sub(2).max(8));
    let inner = window(
        look,
        ("Keys", "type to search, esc leaves"),
        size,
        area,
        buffer,
        painters,
    );
    typed(look, "/", &app.help, true, inner, buffer);
    let lines = help_lines(app, opened_in);
    for (line, help) in lines
        .iter()
        .skip(scroll)
        .take(usize::from(inner.height) - 1)
        .enumerate()
    {
        let y = inner.y + 1 + line as u16;
        let line = match help {
            HelpLine::Place(title) => Line::from(look.span(Role::Title, (*title).to_owned())),
            HelpLine::Entry { keys, help } => Line::from(vec![
                look.span(Role::Key, format!("  {}", text::pad(keys, KEYS))),
                look.span(Role::Text, format!(" {help}")),
            ]),
        };
        write(look, &line, inner.x, y, inner.width, buffer);
    }
}

fn draw_menu(app: &App, menu: &mut Menu, area: Rect, buffer: &mut Buffer, painters: &mut Painters) {
    let look = look(app);
    let above = u16::from(menu.filter.is_some()) + u16::from(!menu.text.is_empty()) * 2;
    let height = (menu.items.len() as u16 + above + 2).min(area.height.saturating_sub(2));
    let width = if menu.filter.is_some() { 84 } else { 70 };
    let size = (width.min(area.width.saturating_sub(4)), height);
    let mut inner = window(look, (&menu.title, ""), size, area, buffer, painters);
    if !menu.text.is_empty() {
        let line = Line::from(look.span(Role::Text, text::clean(&menu.text)));
        write(
            look,
            &line,
            inner.x + 1,
            inner.y,
            inner.width.saturating_sub(1),
            buffer,
        );
        inner = Rect {
            y: inner.y + 2,
            height: inner.height.saturating_sub(2),
            ..inner
        };
    }
    if let Some(filter) = &menu.filter {
        typed(look, ">", filter, true, inner, buffer);
        inner = Rect {
            y: inner.y + 1,
            height: inner.height.saturating_sub(1),
            ..inner
        };
    }
    let length = menu.shown().len();
    let window = menu.cursor.window(length, usize::from(inner.height));
    let selected = menu.cursor.selected(length);
    let shown = menu.shown();
    for (line, at) in window.enumerate() {
        let row = Rect {
            y: inner.y + line as u16,
            height: 1,
            ..inner
        };
        app.targets.borrow_mut().note(row, Target::Item(at));
        let item = shown[at];
        let mark = look.pointer(selected == Some(at));
        let (role, note) = match item.disabled {
            Some(reason) => (Role::Dim, reason),
            None => (Role::Text, item.note.as_str()),
        };
        let mut spans = vec![
            look.span(Role::Accent, format!("{mark} ")),
            look.span(role, text::pad(&item.title, 22)),
        ];
        if menu.filter.is_some() {
            spans.push(look.span(Role::Key, text::pad(&item.key, 12)));
        }
        spans.push(look.span(Role::Dim, note.to_owned()));
        let line_of = look.row(spans, selected == Some(at));
        write(
            look,
            &line_of,
            inner.x,
            inner.y + line as u16,
            inner.width,
            buffer,
        );
    }
}

fn draw_prompt(
    app: &App,
    prompt: &Prompt,
    area: Rect,
    buffer: &mut Buffer,
    painters: &mut Painters,
) {
    let look = look(app);
    let size = (area.width.saturating_sub(4).min(84), 5);
    let title = text::clean(&prompt.title);
    let inner = window(
        look,
        (&title, "enter takes it, esc leaves"),
        size,
        area,
        buffer,
        painters,
    );
    typed(look, "=", &prompt.line, true, inner, buffer);
    let line = match &prompt.problem {
        Some(problem) => Line::from(look.span(
            Role::Bad,
            format!("{} {}", look.symbols.mark(Role::Bad), text::clean(problem)),
        )),
        None => Line::from(look.span(Role::Dim, text::clean(&prompt.hint))),
    };
    write(look, &line, inner.x, inner.y + 2, inner.width, buffer);
}
