//! Text from files made safe for a terminal: no escape sequences, no control characters, known
//! width; and names suggested for mistyped ones.

use unicode_width::UnicodeWidthChar;

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';
/// Single-character forms of "control sequence introducer" and "string terminator".
const CONTROL_SEQUENCE: char = '\u{9b}';
const STRING_TERMINATOR: char = '\u{9c}';

/// `text` on one line without anything a terminal would obey: escape sequences are removed with
/// their parameters, tabs and line ends become spaces, other control characters and the marks that
/// reverse the direction of writing are dropped.
pub fn clean(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ESCAPE => skip_escape(&mut characters),
            CONTROL_SEQUENCE => skip_control_sequence(&mut characters),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut characters),
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => kept.push(' '),
            _ if character.is_control() || is_direction_mark(character) => {}
            _ => kept.push(character),
        }
    }
    kept
}

/// So many of a thing: `1 sample`, `2 samples`.
pub fn counted(count: usize, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}

/// A number with about four significant digits, short enough for a caption.
pub fn four_digits(number: f64) -> String {
    let magnitude = number.abs();
    let decimals = match magnitude {
        m if m >= 1e6 || (m > 0.0 && m < 1e-3) => return format!("{number:.2e}"),
        m if m >= 1000.0 => 0,
        m if m >= 100.0 => 1,
        m if m >= 10.0 => 2,
        m if m >= 1.0 => 3,
        _ => 4,
    };
    format!("{number:.decimals$}")
}

/// `word` as a POSIX shell reads it back: in single quotes unless every character is harmless.
pub fn shell_word(word: &str) -> String {
    let harmless =
        |character: char| character.is_ascii_alphanumeric() || "-_=.:/+,@".contains(character);
    if !word.is_empty() && word.chars().all(harmless) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A row of a table (RFC 4180).
pub fn csv_row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells
        .into_iter()
        .map(|cell| {
            if cell.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell
            }
        })
        .collect();
    cells.join(",") + "\r\n"
}

/// `text` in exactly so many columns: cut where it is longer, followed by spaces where it is shorter.
pub fn pad(text: &str, columns: usize) -> String {
    let mut padded = truncate(text, columns);
    let missing = columns - width(&padded);
    padded.extend(std::iter::repeat_n(' ', missing));
    padded
}

/// Columns that `text` occupies in a terminal.
pub fn width(text: &str) -> usize {
    text.chars().map(character_width).sum()
}

/// The longest beginning of `text` that fits `columns`, with `…` as its last column where something
/// was cut off. Never splits a wide character.
pub fn truncate(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else {
        return String::new();
    };
    let mut used = 0;
    let mut kept: String = text
        .chars()
        .take_while(|&character| {
            used += character_width(character);
            used <= room
        })
        .collect();
    kept.push('…');
    kept
}

fn character_width(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// Embeddings, overrides and isolates of the Unicode bidirectional algorithm.
fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_escape(characters: &mut Characters<'_>) {
    match characters.peek() {
        Some('[') => {
            characters.next();
            skip_control_sequence(characters);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            characters.next();
            skip_string(characters);
        }
        Some(' '..='/') => {
            while characters.next_if(|c| (' '..='/').contains(c)).is_some() {}
            characters.next_if(|c| ('0'..='~').contains(c));
        }
        Some('0'..='~') => {
            characters.next();
        }
        _ => {}
    }
}

/// Parameters up to and with the final byte; stops before anything that cannot belong to it.
fn skip_control_sequence(characters: &mut Characters<'_>) {
    while characters.next_if(|c| (' '..='?').contains(c)).is_some() {}
    characters.next_if(|c| ('@'..='~').contains(c));
}

/// The text of a string sequence up to its terminator (or the end: it has no other).
fn skip_string(characters: &mut Characters<'_>) {
    while let Some(character) = characters.next() {
        match character {
            BELL | STRING_TERMINATOR => return,
            ESCAPE if characters.next_if_eq(&'\\').is_some() => return,
            _ => {}
        }
    }
}

/// At most `count` of `candidates` that are spelt most like `wanted`, the nearest first.
pub fn nearest<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    count: usize,
) -> Vec<String> {
    const ALIKE: f64 = 0.5;
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .filter(|candidate| !candidate.is_empty())
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let part = lower.contains(&wanted) && !wanted.is_empty();
            let score = strsim::normalized_damerau_levenshtein(&wanted, &lower);
            (if part { score.max(ALIKE) + 0.1 } else { score }, candidate)
        })
        .filter(|(score, _)| *score > ALIKE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup();
    scored
        .into_iter()
        .take(count)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn plain_text_is_kept() {
        assert_eq!(clean("crane, grue"), "crane, grue");
        assert_eq!(clean("漢字 é"), "漢字 é");
    }

    #[test]
    fn escape_sequences_go_with_their_parameters() {
        assert_eq!(clean("a\x1b[31;1mb\x1b[0m"), "ab");
        assert_eq!(clean("a\x1b]0;title\x07b"), "ab");
        assert_eq!(clean("a\x1b]52;c;AAAA\x1b\\b"), "ab");
        assert_eq!(clean("a\x1b_Ga=d\x1b\\b"), "ab");
        assert_eq!(clean("a\u{9b}31mb"), "ab");
        assert_eq!(clean("a\x1b(Bb\x1bcd"), "abd");
    }

    #[test]
    fn unfinished_sequences_leave_nothing_behind() {
        assert_eq!(clean("a\x1b"), "a");
        assert_eq!(clean("a\x1b[31"), "a");
        assert_eq!(clean("a\x1b]0;title"), "a");
    }

    #[test]
    fn control_characters_and_direction_marks_go() {
        assert_eq!(clean("a\u{0}\u{8}b\u{7f}c\u{85}"), "abc");
        assert_eq!(clean("a\u{202e}b"), "ab");
        assert_eq!(clean("a\tb\r\n"), "a b  ");
    }

    #[test]
    fn quoted_words_reach_a_command_as_they_were() {
        for word in [
            "",
            "plain-1.5",
            "a b",
            "it's",
            "'",
            "$HOME",
            "`id`",
            "a\"b",
            "*",
            "~",
            "!x",
            "#",
            "back\\slash",
            "new\nline",
            "日本",
            "-n",
            "a;b",
            "&",
            "|",
            "(c)",
            "{a,b}",
            "[0]",
        ] {
            let line = format!("printf '%s.' {}", shell_word(word));
            let output = std::process::Command::new("sh")
                .args(["-c", &line])
                .output();
            let output = String::from_utf8(output.unwrap().stdout).unwrap();
            assert_eq!(output, format!("{word}."));
        }
        assert_eq!(shell_word("plain-1.5"), "plain-1.5");
    }

    #[test]
    fn truncation_counts_columns_not_characters() {
        assert_eq!(width("漢字"), 4);
        assert_eq!(truncate("volcano", 7), "volcano");
        assert_eq!(truncate("volcano", 4), "vol…");
        assert_eq!(truncate("漢字漢", 4), "漢…");
        assert_eq!(truncate("volcano", 1), "…");
        assert_eq!(truncate("volcano", 0), "");
    }

    #[test]
    fn a_number_for_a_caption_has_about_four_digits() {
        assert_eq!(four_digits(12_345_678.0), "1.23e7");
        assert_eq!(four_digits(1234.5), "1234");
        assert_eq!(four_digits(-0.5), "-0.5000");
        assert_eq!(four_digits(0.0), "0.0000");
    }

    #[test]
    fn a_row_of_a_table_quotes_what_would_end_a_cell() {
        let cells = ["plain", "a,b", "say \"x\"", "two\nlines", ""];
        assert_eq!(
            csv_row(cells.map(str::to_owned)),
            "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\r\n"
        );
    }

    #[test]
    fn nearest_prefers_what_contains_the_word() {
        let names = ["layer1.conv", "layer4.relu2", "features", ""];
        assert_eq!(nearest("relu2", names, 1), ["layer4.relu2"]);
        assert_eq!(nearest("feature", names, 1), ["features"]);
        assert!(nearest("zzz", names, 3).is_empty());
    }
}
