//! A buffer as text with its styles: `TestBackend` shows none.

use ratatui::buffer::Buffer;

/// Runs of cells of one style, a line of the screen at a time: `text` is followed by its styles as
/// `column: style`.
pub fn of(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut lines = Vec::new();
    for y in area.top()..area.bottom() {
        let mut text = String::new();
        let mut styles = Vec::new();
        let mut before = None;
        for x in area.left()..area.right() {
            let cell = &buffer[(x, y)];
            text.push_str(cell.symbol());
            let style = (cell.fg, cell.bg, cell.modifier);
            if before != Some(style) {
                styles.push(format!("{x}:{}/{}/{:?}", cell.fg, cell.bg, cell.modifier));
                before = Some(style);
            }
        }
        lines.push(format!("{}\n    {}", text.trim_end(), styles.join(" ")));
    }
    lines.join("\n")
}
