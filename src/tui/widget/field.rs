//! A line that is being typed.

use ratatui::text::Span;

use super::panel::Look;
use crate::theme::Role;

/// A text with the place of the next character marked.
pub fn field(look: Look<'_>, before: &str, after: &str, has_keys: bool) -> Vec<Span<'static>> {
    let mut spans = vec![look.span(Role::Text, before.to_owned())];
    let mut rest = after.chars();
    if has_keys {
        let at = rest.next().unwrap_or(' ');
        spans.push(look.span(Role::Select, at.to_string()));
    }
    spans.push(look.span(Role::Text, rest.collect::<String>()));
    spans
}
