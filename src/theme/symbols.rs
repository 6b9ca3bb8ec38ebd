//! The characters that borders, bars, marks and charts are drawn with, each one column wide.

use std::fmt;
use std::str::FromStr;

use ratatui::symbols::{self, bar, border};

use super::role::Role;
use crate::text;
use crate::toml_file::instead;

/// How points of charts are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Marker {
    /// Braille: eight points in a cell.
    #[default]
    Braille,
    /// Half blocks: two points in a cell, and no need for a font with braille.
    HalfBlock,
    /// A dot in a cell.
    Dot,
    /// An ASCII character in a cell.
    Ascii,
}

impl Marker {
    /// Every marker, the finest first.
    pub const ALL: [Marker; 4] = [
        Marker::Braille,
        Marker::HalfBlock,
        Marker::Dot,
        Marker::Ascii,
    ];

    /// The word for it in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Marker::Braille => "braille",
            Marker::HalfBlock => "half-block",
            Marker::Dot => "dot",
            Marker::Ascii => "ascii",
        }
    }

    /// The finest that the terminal is sure to have: the console of Linux has no braille in its
    /// font.
    pub fn detect(unicode: bool, variable: impl Fn(&str) -> Option<String>) -> Marker {
        if !unicode {
            Marker::Ascii
        } else if variable("TERM").is_some_and(|term| term == "linux") {
            Marker::HalfBlock
        } else {
            Marker::Braille
        }
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A word that is no marker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no marker '{}'; {}", text::clean(.0), instead(.0, Marker::ALL.map(Marker::name)))]
pub struct MarkerError(String);

impl FromStr for Marker {
    type Err = MarkerError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Marker::ALL
            .into_iter()
            .find(|marker| marker.name() == word)
            .ok_or_else(|| MarkerError(word.to_owned()))
    }
}

/// The characters of a screen. Each is one column wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbols {
    /// Nothing but ASCII.
    pub is_ascii: bool,
    /// Points of charts that show one line.
    pub marker: symbols::Marker,
    /// Borders of panels.
    pub border: border::Set<'static>,
    /// The border of the panel that takes the keys, heavier where characters allow it.
    pub border_focus: border::Set<'static>,
    /// Bars that grow upwards: sparklines and histograms.
    pub bar: bar::Set<'static>,
    /// The filled part of a gauge.
    pub gauge_full: &'static str,
    /// The rest of a gauge.
    pub gauge_empty: &'static str,
    /// Stands before the selected row.
    pub selected: &'static str,
    /// Stands before what is switched on or chosen.
    pub check: &'static str,
    /// An event on the axis of a chart.
    pub tick: &'static str,
    /// The lower end of an interval in a horizontal gauge.
    pub band_low: &'static str,
    /// The upper end of an interval in a horizontal gauge.
    pub band_high: &'static str,
    /// The ends of an interval in a chart, across its whole width.
    pub band_line: &'static str,
    /// Where a text was cut off.
    pub ellipsis: &'static str,
    /// Between parts of a line.
    pub separator: &'static str,
    marks: [&'static str; 4],
    ramp: &'static [&'static str],
    points: &'static [char],
}

impl Symbols {
    /// The characters for a marker; without Unicode all of them are ASCII, whatever the marker.
    pub fn new(marker: Marker, unicode: bool) -> Symbols {
        if !unicode {
            return Symbols::ascii();
        }
        let symbols = Symbols::unicode();
        Symbols {
            marker: match marker {
                Marker::Braille => symbols::Marker::Braille,
                Marker::HalfBlock => symbols::Marker::HalfBlock,
                Marker::Dot => symbols::Marker::Dot,
                Marker::Ascii => symbols::Marker::Custom('*'),
            },
            ..symbols
        }
    }

    fn unicode() -> Symbols {
        Symbols {
            is_ascii: false,
            marker: symbols::Marker::Braille,
            border: border::ROUNDED,
            border_focus: border::THICK,
            bar: bar::NINE_LEVELS,
            gauge_full: "━",
            gauge_empty: "─",
            selected: "▸",
            check: "✓",
            tick: "╵",
            band_low: "┣",
            band_high: "┫",
            band_line: "╌",
            ellipsis: "…",
            separator: "·",
            marks: ["✓", "▲", "✗", "◌"],
            ramp: &[" ", "░", "▒", "▓", "█"],
            points: &['●', '▲', '■', '◆', '×', '+'],
        }
    }

    fn ascii() -> Symbols {
        Symbols {
            is_ascii: true,
            marker: symbols::Marker::Custom('*'),
            border: ASCII_BORDER,
            border_focus: ASCII_BORDER_FOCUS,
            bar: ASCII_BAR,
            gauge_full: "=",
            gauge_empty: "-",
            selected: ">",
            check: "x",
            tick: "'",
            band_low: "[",
            band_high: "]",
            band_line: "-",
            ellipsis: "~",
            separator: "|",
            marks: ["+", "!", "x", "?"],
            ramp: &[" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"],
            points: &['*', '+', 'o', 'x', '#', '%'],
        }
    }

    /// The mark that stands before a state ([`Role::Good`], [`Role::Warn`], [`Role::Bad`],
    /// [`Role::Pending`]), so that its colour need not be seen; a space for what is no state.
    pub fn mark(&self, role: Role) -> &'static str {
        let [good, warn, bad, pending] = self.marks;
        match role {
            Role::Good => good,
            Role::Warn => warn,
            Role::Bad => bad,
            Role::Pending => pending,
            _ => " ",
        }
    }

    /// The character for a share between 0 and 1 where there are no colours, from empty to full.
    pub fn ramp(&self, share: f64) -> &'static str {
        let last = self.ramp.len().saturating_sub(1);
        let step = (share.clamp(0.0, 1.0) * last as f64).round() as usize;
        self.ramp.get(step.min(last)).copied().unwrap_or(" ")
    }

    /// The point of one line of several where colours cannot tell them apart, in the chart and in
    /// the legend; after the last comes the first again.
    pub fn point(&self, index: usize) -> char {
        let count = self.points.len().max(1);
        self.points.get(index % count).copied().unwrap_or('*')
    }

    /// The beginning of `text` that fits `columns`, with [`Symbols::ellipsis`] where it was cut off.
    pub fn truncate(&self, text: &str, columns: usize) -> String {
        let cut = text::truncate(text, columns);
        if cut == text || self.ellipsis == "…" {
            return cut;
        }
        match cut.strip_suffix('…') {
            Some(kept) => format!("{kept}{}", self.ellipsis),
            None => cut,
        }
    }
}

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

const ASCII_BORDER_FOCUS: border::Set<'static> = border::Set {
    top_left: "#",
    top_right: "#",
    bottom_left: "#",
    bottom_right: "#",
    vertical_left: "#",
    vertical_right: "#",
    horizontal_top: "=",
    horizontal_bottom: "=",
};

const ASCII_BAR: bar::Set<'static> = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "+",
    five_eighths: "+",
    half: "=",
    three_eighths: "-",
    one_quarter: "-",
    one_eighth: ".",
    empty: " ",
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn all(symbols: &Symbols) -> Vec<String> {
        let mut all: Vec<&str> = Vec::new();
        for set in [symbols.border, symbols.border_focus] {
            all.extend([
                set.top_left,
                set.top_right,
                set.bottom_left,
                set.bottom_right,
            ]);
            all.extend([set.vertical_left, set.vertical_right]);
            all.extend([set.horizontal_top, set.horizontal_bottom]);
        }
        let bar = &symbols.bar;
        all.extend([
            bar.full,
            bar.seven_eighths,
            bar.three_quarters,
            bar.five_eighths,
        ]);
        all.extend([
            bar.half,
            bar.three_eighths,
            bar.one_quarter,
            bar.one_eighth,
            bar.empty,
        ]);
        all.extend([
            symbols.gauge_full,
            symbols.gauge_empty,
            symbols.selected,
            symbols.check,
        ]);
        all.extend([
            symbols.tick,
            symbols.band_low,
            symbols.band_high,
            symbols.band_line,
        ]);
        all.extend([symbols.ellipsis, symbols.separator]);
        all.extend(symbols.marks.iter().chain(symbols.ramp));
        let points = symbols.points.iter().map(char::to_string);
        all.into_iter()
            .map(ToOwned::to_owned)
            .chain(points)
            .collect()
    }

    #[test]
    fn every_symbol_is_one_column_wide() {
        for unicode in [true, false] {
            for symbol in all(&Symbols::new(Marker::Braille, unicode)) {
                assert_eq!(text::width(&symbol), 1, "{symbol}");
            }
        }
    }

    #[test]
    fn without_unicode_everything_is_ascii_whatever_the_marker() {
        for marker in Marker::ALL {
            let symbols = Symbols::new(marker, false);
            assert!(all(&symbols).iter().all(|symbol| symbol.is_ascii()));
            assert_eq!(symbols.marker, symbols::Marker::Custom('*'));
        }
    }

    #[test]
    fn states_points_and_steps_differ_without_colours() {
        for unicode in [true, false] {
            let symbols = Symbols::new(Marker::Dot, unicode);
            let states = [Role::Good, Role::Warn, Role::Bad, Role::Pending, Role::Text];
            let mut marks = states.map(|role| symbols.mark(role)).to_vec();
            marks.sort_unstable();
            marks.dedup();
            assert_eq!(marks.len(), states.len());
            let mut points: Vec<char> = (0..6).map(|index| symbols.point(index)).collect();
            assert_eq!(symbols.point(6), points[0]);
            points.sort_unstable();
            points.dedup();
            assert_eq!(points.len(), 6);
            let mut steps = symbols.ramp.to_vec();
            steps.sort_unstable();
            steps.dedup();
            assert_eq!(steps.len(), symbols.ramp.len());
        }
    }

    #[test]
    fn the_ramp_goes_from_empty_to_full() {
        let symbols = Symbols::new(Marker::Braille, true);
        assert_eq!((symbols.ramp(0.0), symbols.ramp(1.0)), (" ", "█"));
        assert_eq!((symbols.ramp(-3.0), symbols.ramp(7.0)), (" ", "█"));
        assert_eq!(symbols.ramp(f64::NAN), " ");
        assert_eq!(symbols.ramp(0.5), "▒");
    }

    #[test]
    fn what_is_cut_off_is_marked_in_the_terminals_characters() {
        assert_eq!(
            Symbols::new(Marker::Dot, true).truncate("volcano", 4),
            "vol…"
        );
        assert_eq!(
            Symbols::new(Marker::Dot, false).truncate("volcano", 4),
            "vol~"
        );
        assert_eq!(
            Symbols::new(Marker::Dot, false).truncate("volcano", 7),
            "volcano"
        );
        assert_eq!(Symbols::new(Marker::Dot, false).truncate("vol…", 4), "vol…");
        assert_eq!(Symbols::new(Marker::Dot, false).truncate("volcano", 0), "");
    }

    #[test]
    fn markers_read_back_and_are_found_out() {
        for marker in Marker::ALL {
            assert_eq!(marker.to_string().parse(), Ok(marker));
        }
        let refused = "brail".parse::<Marker>().unwrap_err().to_string();
        assert!(refused.contains("did you mean 'braille'?"), "{refused}");
        let console = |name: &str| (name == "TERM").then(|| "linux".to_owned());
        assert_eq!(Marker::detect(true, console), Marker::HalfBlock);
        assert_eq!(Marker::detect(true, |_| None), Marker::Braille);
        assert_eq!(Marker::detect(false, |_| None), Marker::Ascii);
    }
}
