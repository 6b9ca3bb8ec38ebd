//! The answers of a terminal, byte by byte.

use super::Reply;
use crate::preview::terminal::CellSize;
use crate::text;

/// No font has cells beyond this; a guard against nonsense.
const LARGEST_CELL: u32 = 1024;
/// Longer names are cut.
const LONGEST_NAME: usize = 60;

/// What the bytes read so far say, and whether the device attributes, the last answer, are there.
/// Bytes that belong to no answer (keys pressed meanwhile) are passed over.
pub(super) fn parse(bytes: &[u8]) -> (Reply, bool) {
    let mut reply = Reply::default();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == 0x1b) {
        rest = &rest[at + 1..];
        match rest.first() {
            Some(b'_') => {
                if let Some((text, after)) = string(&rest[1..]) {
                    reply.kitty |= text == b"Gi=31;OK";
                    rest = after;
                }
            }
            Some(b'P') => {
                if let Some((text, after)) = string(&rest[1..]) {
                    reply.terminal = name(text).or(reply.terminal);
                    rest = after;
                }
            }
            Some(b']') => {
                if let Some((text, after)) = string(&rest[1..]) {
                    reply.background = background(text).or(reply.background);
                    rest = after;
                }
            }
            Some(b'[') => {
                let body = &rest[1..];
                let Some(end) = body.iter().position(|byte| (0x40..=0x7e).contains(byte)) else {
                    continue;
                };
                let parameters = std::str::from_utf8(&body[..end]).unwrap_or_default();
                match (body[end], parameters.strip_prefix('?')) {
                    (b'c', Some(attributes)) => {
                        reply.sixel = attributes.split(';').skip(1).any(|a| a == "4");
                        return (reply, true);
                    }
                    (b't', None) => reply.cell = cell_size(parameters).or(reply.cell),
                    _ => {}
                }
                rest = &body[end + 1..];
            }
            _ => {}
        }
    }
    (reply, false)
}

/// The text of a string sequence up to its terminator, and what follows it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| matches!(byte, 0x07 | 0x1b))?;
    let after = match bytes[end..] {
        [0x07, ..] => end + 1,
        [0x1b, b'\\', ..] => end + 2,
        _ => return None,
    };
    Some((&bytes[..end], &bytes[after..]))
}

/// `>|NAME`.
fn name(text: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(text.strip_prefix(b">|")?).into_owned();
    let name = text::truncate(text::clean(&name).trim(), LONGEST_NAME);
    (!name.is_empty()).then_some(name)
}

/// `11;rgb:RRRR/GGGG/BBBB`, with one to four digits for each.
fn background(text: &[u8]) -> Option<[u8; 3]> {
    let text = std::str::from_utf8(text).ok()?.strip_prefix("11;")?;
    let (_, channels) = text
        .split_once(':')
        .filter(|(kind, _)| kind.starts_with("rgb"))?;
    let mut levels = channels.split('/').map(level);
    Some([levels.next()??, levels.next()??, levels.next()??])
}

/// A hexadecimal share of the most that its digits can write, as a byte.
fn level(digits: &str) -> Option<u8> {
    if !(1..=4).contains(&digits.len()) {
        return None;
    }
    let most = (1u32 << (4 * digits.len())) - 1;
    let value = u32::from_str_radix(digits, 16).ok()?;
    u8::try_from((value * 255 + most / 2) / most).ok()
}

/// `6;height;width`.
fn cell_size(parameters: &str) -> Option<CellSize> {
    let mut numbers = parameters.split(';').map(str::parse::<u32>);
    let (Some(Ok(6)), Some(Ok(height)), Some(Ok(width))) =
        (numbers.next(), numbers.next(), numbers.next())
    else {
        return None;
    };
    CellSize { width, height }.sensible()
}

impl CellSize {
    /// None where no font is like that.
    pub(super) fn sensible(self) -> Option<CellSize> {
        let known = 1..=LARGEST_CELL;
        (known.contains(&self.width) && known.contains(&self.height)).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_answer_is_understood() {
        let (reply, complete) = parse(b"\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;4;22c");
        assert!(complete && reply.kitty && reply.sixel);
        assert_eq!(
            reply.cell,
            Some(CellSize {
                width: 10,
                height: 20
            })
        );
    }

    #[test]
    fn device_attributes_alone_are_complete() {
        assert_eq!(parse(b"\x1b[?1;2c"), (Reply::default(), true));
        // The first number is the class of the terminal: a VT 400-like 4 is not sixel.
        assert_eq!(parse(b"\x1b[?4c"), (Reply::default(), true));
    }

    #[test]
    fn an_answer_is_incomplete_at_every_cut() {
        let whole = b"\x1b_Gi=31;OK\x1b\\\x1bP>|foot(1.16)\x1b\\\x1b[6;20;10t\
            \x1b]11;rgb:0/0/0\x1b\\\x1b[?62;4c";
        for length in 0..whole.len() {
            assert!(!parse(&whole[..length]).1, "{length}");
        }
    }

    #[test]
    fn refusals_keys_and_nonsense_are_passed_over() {
        let (reply, complete) =
            parse(b"q\x1b[A\x1b_Gi=31;ENOTSUP:no\x1b\\\x1b[6;0;99999t\x1bO\x1b[?64c");
        assert_eq!((reply, complete), (Reply::default(), true));
    }

    #[test]
    fn the_name_and_the_background_are_understood_with_either_terminator() {
        for (end, digits) in [("\x1b\\", "1e1e/1E1E/2e2e"), ("\x07", "1e/1e/2e")] {
            let answer = format!("\x1bP>|kitty(0.42.2){end}\x1b]11;rgb:{digits}{end}\x1b[?62c");
            let (reply, complete) = parse(answer.as_bytes());
            assert!(complete);
            assert_eq!(reply.terminal.as_deref(), Some("kitty(0.42.2)"));
            assert_eq!(reply.background, Some([30, 30, 46]));
        }
    }

    #[test]
    fn a_name_is_text_and_a_colour_that_is_none_is_not_taken() {
        let (reply, _) = parse(b"\x1bP>|a\x08b\xff\x1b\\\x1b]11;rgb:12345/0/0\x07\x1b[?1c");
        assert_eq!(reply.terminal.as_deref(), Some("ab\u{fffd}"));
        assert_eq!(reply.background, None);
        let long = [b"\x1bP>|".as_slice(), &[b'x'; 500], b"\x07\x1b[?1c"].concat();
        let name = parse(&long).0.terminal.unwrap_or_default();
        assert_eq!(text::width(&name), LONGEST_NAME);
        for nonsense in [
            "\x1b]11;?\x07",
            "\x1b]11;rgb:0/0\x07",
            "\x1b]10;rgb:0/0/0\x07",
            "\x1bP>|\x07",
        ] {
            let (reply, _) = parse(format!("{nonsense}\x1b[?1c").as_bytes());
            assert_eq!(reply, Reply::default());
        }
    }
}
