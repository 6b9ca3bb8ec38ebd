//! Markup that is well-formed by the way it is written: every element is closed, and text is escaped
//! wherever it comes from. Read as XML it is the same document.

use std::fmt::Write as _;

use super::figure::Drawing;
use crate::text;

/// Attributes of an element, by name.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document, or a part of one, as it is written.
#[derive(Debug, Default)]
pub(super) struct Markup {
    text: String,
}

impl Markup {
    /// What stands before the root of a page.
    pub(super) fn page() -> Markup {
        Markup {
            text: "<!DOCTYPE html>\n".to_owned(),
        }
    }

    /// An element with what `inside` writes.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Markup),
    ) {
        self.open(name, attributes);
        self.text.push('>');
        inside(self);
        let _ = write!(self.text, "</{name}>");
        // A line end between blocks, never inside a line of text.
        if BLOCKS.contains(&name) {
            self.text.push('\n');
        }
    }

    /// An element with text and nothing else.
    pub(super) fn line(&mut self, name: &str, attributes: Attributes<'_>, text: &str) {
        self.element(name, attributes, |markup| markup.text(text));
    }

    /// An element that is always empty.
    pub(super) fn void(&mut self, name: &str, attributes: Attributes<'_>) {
        self.open(name, attributes);
        self.text.push_str(" />");
    }

    /// Text, escaped; what no document may hold is left out.
    pub(super) fn text(&mut self, text: &str) {
        escape(&text::clean(text), &mut self.text);
    }

    /// A figure.
    pub(super) fn drawing(&mut self, drawing: &Drawing) {
        self.text.push_str(drawing.markup());
    }

    /// A style sheet or a script of the program's own, which holds no `<` and no `&`.
    pub(super) fn own(&mut self, name: &str, text: &'static str) {
        self.raw(name, text);
    }

    /// A style sheet made of colours.
    pub(super) fn style(&mut self, colours: &super::figure::Colours) {
        self.raw("style", &colours.to_string());
    }

    fn raw(&mut self, name: &str, text: &str) {
        debug_assert!(
            !text.contains(['<', '&']),
            "{name} would have to be escaped"
        );
        let _ = writeln!(self.text, "<{name}>{text}</{name}>");
    }

    fn open(&mut self, name: &str, attributes: Attributes<'_>) {
        let _ = write!(self.text, "<{name}");
        for (attribute, value) in attributes {
            let _ = write!(self.text, " {attribute}=\"");
            escape(&text::clean(value), &mut self.text);
            self.text.push('"');
        }
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Elements after which a line ends.
const BLOCKS: &[&str] = &[
    "html",
    "head",
    "title",
    "body",
    "header",
    "main",
    "footer",
    "section",
    "nav",
    "div",
    "p",
    "h1",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "figure",
    "figcaption",
    "details",
    "summary",
    "pre",
    "dl",
];

/// Adds `text` with what has a meaning in markup replaced, and without the characters that XML 1.0
/// forbids (section 2.2, production 2).
pub(super) fn escape(text: &str, to: &mut String) {
    for character in text.chars() {
        match character {
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '&' => to.push_str("&amp;"),
            '"' => to.push_str("&quot;"),
            '\'' => to.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            _ if character.is_control() => {}
            _ => to.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_cannot_leave_their_place() {
        let mut markup = Markup::default();
        let hostile = "</p><script>alert(\"1\")</script> & 'x'\u{0}\u{1b}[31m\u{ffff}";
        markup.line("p", &[("title", hostile)], hostile);
        let escaped =
            "&lt;/p&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;";
        assert_eq!(
            markup.finish(),
            format!("<p title=\"{escaped}\">{escaped}</p>\n")
        );
    }

    #[test]
    fn elements_close_in_their_order() {
        let mut markup = Markup::default();
        markup.element("div", &[], |markup| {
            markup.line("b", &[], "x");
            markup.void("img", &[("alt", "")]);
        });
        assert_eq!(markup.finish(), "<div><b>x</b><img alt=\"\" /></div>\n");
    }
}
