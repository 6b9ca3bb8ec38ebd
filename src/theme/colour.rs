//! Colours: their spelling in theme files, and the nearest one that a terminal can show.

use ratatui::style::Color;

use super::depth::Depth;
use crate::text;

/// The sixteen colours of every terminal by name, with what they usually look like (VGA's): the
/// user's settings may say otherwise, and that is their charm.
const ANSI: [(&str, Color, [u8; 3]); 16] = [
    ("black", Color::Black, [0x00, 0x00, 0x00]),
    ("red", Color::Red, [0xaa, 0x00, 0x00]),
    ("green", Color::Green, [0x00, 0xaa, 0x00]),
    ("yellow", Color::Yellow, [0xaa, 0x55, 0x00]),
    ("blue", Color::Blue, [0x00, 0x00, 0xaa]),
    ("magenta", Color::Magenta, [0xaa, 0x00, 0xaa]),
    ("cyan", Color::Cyan, [0x00, 0xaa, 0xaa]),
    ("gray", Color::Gray, [0xaa, 0xaa, 0xaa]),
    ("dark-gray", Color::DarkGray, [0x55, 0x55, 0x55]),
    ("light-red", Color::LightRed, [0xff, 0x55, 0x55]),
    ("light-green", Color::LightGreen, [0x55, 0xff, 0x55]),
    ("light-yellow", Color::LightYellow, [0xff, 0xff, 0x55]),
    ("light-blue", Color::LightBlue, [0x55, 0x55, 0xff]),
    ("light-magenta", Color::LightMagenta, [0xff, 0x55, 0xff]),
    ("light-cyan", Color::LightCyan, [0x55, 0xff, 0xff]),
    ("white", Color::White, [0xff, 0xff, 0xff]),
];

/// The name of the terminal's own foreground or background.
const DEFAULT: &str = "default";

/// The first colour of xterm's 256 that no setting changes.
const FIRST_FIXED: u8 = 16;
/// The first of its greys; what is below is a cube of 6 levels.
const FIRST_GREY: u8 = 232;
const CUBE_LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The names that stand for colours in every theme.
pub(super) fn names<'a>() -> impl Iterator<Item = &'a str> {
    ANSI.iter().map(|(name, _, _)| *name).chain([DEFAULT])
}

/// A colour that a theme spells as `#rrggbb` or by one of the [`names`].
pub(super) fn parse(word: &str) -> Option<Color> {
    if let Some(digits) = word.strip_prefix('#') {
        let is_colour = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_colour)?;
        return Some(Color::from_u32(number));
    }
    if word == DEFAULT {
        return Some(Color::Reset);
    }
    let found = ANSI.iter().find(|(name, _, _)| *name == word)?;
    Some(found.1)
}

/// What to write in the place of a word that is no colour.
pub(super) fn remedy(word: &str, palette: &[&str]) -> String {
    if word.starts_with('#') {
        return "write # and six digits from 0 to f".to_owned();
    }
    let known = palette.iter().copied().chain(names());
    match text::nearest(word, known, 1).first() {
        Some(nearest) => format!("did you mean '{nearest}'?"),
        None => {
            "write #rrggbb, a name of the palette or one of the sixteen of terminals".to_owned()
        }
    }
}

/// The colour that looks most like this one, out of those that a terminal of this depth shows.
/// Without colours it is the terminal's own, so that bold and reversed text keep their meaning.
pub fn reduce(colour: Color, depth: Depth) -> Color {
    match depth {
        Depth::None => Color::Reset,
        Depth::True => colour,
        Depth::Indexed => match colour {
            Color::Rgb(red, green, blue) => {
                let fixed =
                    (FIRST_FIXED..=u8::MAX).map(|index| (Color::Indexed(index), fixed(index)));
                nearest([red, green, blue], fixed)
            }
            _ => colour,
        },
        Depth::Ansi => {
            let named = ANSI.iter().map(|&(_, colour, rgb)| (colour, rgb));
            match colour {
                Color::Rgb(red, green, blue) => nearest([red, green, blue], named),
                Color::Indexed(index) if index < FIRST_FIXED => ANSI[usize::from(index)].1,
                Color::Indexed(index) => nearest(fixed(index), named),
                _ => colour,
            }
        }
    }
}

/// The values of one of xterm's 256 colours that no setting changes.
fn fixed(index: u8) -> [u8; 3] {
    if index >= FIRST_GREY {
        return [8 + 10 * (index - FIRST_GREY); 3];
    }
    let place = usize::from(index.saturating_sub(FIRST_FIXED));
    [place / 36, place / 6 % 6, place % 6].map(|level| CUBE_LEVELS[level])
}

fn nearest(wanted: [u8; 3], shown: impl Iterator<Item = (Color, [u8; 3])>) -> Color {
    let wanted = Oklab::of(wanted);
    shown
        .map(|(colour, rgb)| (wanted.distance(Oklab::of(rgb)), colour))
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
        .map_or(Color::Reset, |(_, colour)| colour)
}

/// The steps of a heat strip: where all stops are given by their values, `count` steps that are
/// equal to the eye, else the stops as they stand. Where the reduction would let the brightness turn
/// back on its way from the first to the last, the step before is kept.
pub(super) fn ramp(stops: &[Color], count: usize, depth: Depth) -> Vec<Color> {
    if depth == Depth::None {
        return Vec::new();
    }
    let value = |stop: &Color| match *stop {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        _ => None,
    };
    let Some(values) = stops.iter().map(value).collect::<Option<Vec<[u8; 3]>>>() else {
        return stops.iter().map(|stop| reduce(*stop, depth)).collect();
    };
    let steps = gradient(&values, count);
    let falls = match (steps.first(), steps.last()) {
        (Some(first), Some(last)) => luminance(*first) > luminance(*last),
        _ => false,
    };
    let mut ramp: Vec<Color> = Vec::with_capacity(steps.len());
    let mut reached = f64::NEG_INFINITY;
    for [red, green, blue] in steps {
        let colour = reduce(Color::Rgb(red, green, blue), depth);
        let brightness = luminance(shown(colour).unwrap_or([red, green, blue]));
        let brightness = if falls { -brightness } else { brightness };
        match ramp.last() {
            Some(&before) if brightness < reached => ramp.push(before),
            _ => {
                reached = brightness;
                ramp.push(colour);
            }
        }
    }
    ramp
}

/// What a colour usually looks like.
fn shown(colour: Color) -> Option<[u8; 3]> {
    match colour {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        Color::Indexed(index @ FIRST_FIXED..) => Some(fixed(index)),
        _ => ANSI
            .iter()
            .find(|(_, named, _)| *named == colour)
            .map(|(_, _, rgb)| *rgb),
    }
}

/// Relative luminance of WCAG 2.2.
fn luminance(rgb: [u8; 3]) -> f64 {
    let [red, green, blue] = rgb.map(|value| linear(f64::from(value) / 255.0));
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// `count` colours from the first stop to the last, at equal steps to the eye.
fn gradient(stops: &[[u8; 3]], count: usize) -> Vec<[u8; 3]> {
    let Some(last) = stops.len().checked_sub(1) else {
        return Vec::new();
    };
    (0..count)
        .map(|step| {
            let along = step as f64 / count.saturating_sub(1).max(1) as f64 * last as f64;
            let from = (along as usize).min(last);
            let to = (from + 1).min(last);
            let (a, b) = (Oklab::of(stops[from]), Oklab::of(stops[to]));
            a.towards(b, along - from as f64).to_rgb()
        })
        .collect()
}

/// A colour in Björn Ottosson's Oklab, where distances are those that the eye sees.
#[derive(Debug, Clone, Copy)]
struct Oklab([f64; 3]);

impl Oklab {
    fn of(rgb: [u8; 3]) -> Oklab {
        let [red, green, blue] = rgb.map(|value| linear(f64::from(value) / 255.0));
        let long = 0.412_221_47 * red + 0.536_332_54 * green + 0.051_445_99 * blue;
        let medium = 0.211_903_5 * red + 0.680_699_55 * green + 0.107_396_96 * blue;
        let short = 0.088_302_46 * red + 0.281_718_84 * green + 0.629_978_7 * blue;
        let [l, m, s] = [long, medium, short].map(f64::cbrt);
        Oklab([
            0.210_454_26 * l + 0.793_617_78 * m - 0.004_072_05 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904_04 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ])
    }

    fn to_rgb(self) -> [u8; 3] {
        let Oklab([lightness, a, b]) = self;
        let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
        let m = (lightness - 0.105_561_35 * a - 0.063_854_17 * b).powi(3);
        let s = (lightness - 0.089_484_18 * a - 1.291_485_55 * b).powi(3);
        [
            4.076_741_66 * l - 3.307_711_59 * m + 0.230_969_93 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
            -0.004_196_09 * l - 0.703_418_61 * m + 1.707_614_7 * s,
        ]
        .map(|value| (encoded(value.clamp(0.0, 1.0)) * 255.0).round() as u8)
    }

    fn distance(self, other: Oklab) -> f64 {
        let squares = self.0.iter().zip(other.0).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f64>().sqrt()
    }

    fn towards(self, other: Oklab, share: f64) -> Oklab {
        let [a, b, c] = self.0;
        let [d, e, f] = other.0;
        Oklab([
            a + (d - a) * share,
            b + (e - b) * share,
            c + (f - c) * share,
        ])
    }
}

/// The sRGB curve, undone.
fn linear(value: f64) -> f64 {
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

/// The sRGB curve.
fn encoded(value: f64) -> f64 {
    if value <= 0.003_130_8 {
        value * 12.92
    } else {
        1.055 * value.powf(1.0 / 2.4) - 0.055
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn colours_are_spelt_as_six_digits_or_by_name() {
        assert_eq!(parse("#7cc0ee"), Some(Color::Rgb(0x7c, 0xc0, 0xee)));
        assert_eq!(parse("light-cyan"), Some(Color::LightCyan));
        assert_eq!(parse("default"), Some(Color::Reset));
        for wrong in [
            "#7cc", "#7cc0eg", "#+cc0ee", "7cc0ee", "Cyan", "ice", "", "#é0000",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_colour_that_a_terminal_has_is_its_own_nearest() {
        for index in FIRST_FIXED..=u8::MAX {
            let [red, green, blue] = fixed(index);
            let reduced = reduce(Color::Rgb(red, green, blue), Depth::Indexed);
            let Color::Indexed(found) = reduced else {
                unreachable!("{reduced:?}");
            };
            // The greys of the cube stand among the greys too.
            assert_eq!(fixed(found), fixed(index));
        }
        for (_, colour, [red, green, blue]) in ANSI {
            assert_eq!(reduce(Color::Rgb(red, green, blue), Depth::Ansi), colour);
        }
    }

    #[test]
    fn the_nearest_is_that_of_the_eye() {
        assert_eq!(
            reduce(Color::Rgb(0x7c, 0xc0, 0xee), Depth::Indexed),
            Color::Indexed(110)
        );
        assert_eq!(
            reduce(Color::Rgb(250, 240, 90), Depth::Ansi),
            Color::LightYellow
        );
        assert_eq!(reduce(Color::Indexed(196), Depth::Ansi), Color::LightRed);
        assert_eq!(reduce(Color::Indexed(3), Depth::Ansi), Color::Yellow);
    }

    #[test]
    fn names_stay_and_nothing_stays_without_colours() {
        for colour in [Color::Cyan, Color::Reset] {
            for depth in [Depth::True, Depth::Indexed, Depth::Ansi] {
                assert_eq!(reduce(colour, depth), colour);
            }
        }
        for colour in [Color::Cyan, Color::Rgb(1, 2, 3), Color::Indexed(99)] {
            assert_eq!(reduce(colour, Depth::None), Color::Reset);
        }
    }

    #[test]
    fn a_gradient_meets_its_stops_and_goes_evenly_between() {
        let stops = [[0, 0, 0], [124, 192, 238], [255, 255, 255]];
        let steps = gradient(&stops, 9);
        assert_eq!(
            (steps[0], steps[4], steps[8]),
            (stops[0], stops[1], stops[2])
        );
        assert!(
            steps.windows(2).all(|pair| pair[0][1] < pair[1][1]),
            "{steps:?}"
        );
        assert_eq!(gradient(&stops[..1], 2), [[0, 0, 0], [0, 0, 0]]);
        assert!(gradient(&[], 3).is_empty());
    }
}
