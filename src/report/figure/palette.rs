//! Colours of figures: one set for paper and light screens, one for dark screens.
//!
//! The series' colours differ in lightness as well as in hue, after the set of Okabe and Ito (*Color
//! Universal Design*, 2008), darkened or lightened until each stands out from its ground.

use std::fmt;

use plotters::style::RGBColor;

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// What the figure is drawn on.
    Ground,
    /// Words and numbers.
    Ink,
    /// Axes and what is said in passing.
    Dim,
    /// Lines of the mesh.
    Mesh,
    /// The interval that is asked for.
    Interval,
    /// One of several things that are compared.
    Series(usize),
}

type Rgb = (u8, u8, u8);

/// On light ground, then on dark ground.
const GROUND: [Rgb; 2] = [(0xff, 0xff, 0xff), (0x14, 0x18, 0x1d)];
const INK: [Rgb; 2] = [(0x1b, 0x20, 0x26), (0xe4, 0xe8, 0xec)];
const DIM: [Rgb; 2] = [(0x5a, 0x65, 0x70), (0xa0, 0xab, 0xb6)];
const MESH: [Rgb; 2] = [(0xe3, 0xe7, 0xeb), (0x2a, 0x32, 0x3a)];
const INTERVAL: [Rgb; 2] = [(0x2e, 0x8b, 0x57), (0x4f, 0xc3, 0x8a)];
const SERIES: [[Rgb; 2]; 6] = [
    [(0x00, 0x63, 0xa6), (0x64, 0xb5, 0xf6)],
    [(0xb8, 0x4a, 0x00), (0xff, 0xa2, 0x5c)],
    [(0x6a, 0x3d, 0x9a), (0xc4, 0xa2, 0xf2)],
    [(0x8a, 0x62, 0x00), (0xe6, 0xc2, 0x4a)],
    [(0xa5, 0x2a, 0x5f), (0xf2, 0x8f, 0xb8)],
    [(0x00, 0x6d, 0x77), (0x4d, 0xd0, 0xd8)],
];

impl Colour {
    fn pair(self) -> [Rgb; 2] {
        match self {
            Colour::Ground => GROUND,
            Colour::Ink => INK,
            Colour::Dim => DIM,
            Colour::Mesh => MESH,
            Colour::Interval => INTERVAL,
            Colour::Series(number) => SERIES[number % SERIES.len()],
        }
    }

    /// The colour on light ground, which figures are drawn with.
    pub(super) fn light(self) -> RGBColor {
        let [(red, green, blue), _] = self.pair();
        RGBColor(red, green, blue)
    }
}

/// The style sheet that puts the colours for dark ground in the places of those that figures are drawn
/// with: a rule of a style sheet has precedence over an attribute of the drawing.
#[derive(Debug)]
pub struct Colours;

impl fmt::Display for Colours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = [
            Colour::Ground,
            Colour::Ink,
            Colour::Dim,
            Colour::Mesh,
            Colour::Interval,
        ];
        let series = (0..SERIES.len()).map(Colour::Series);
        formatter.write_str("@media screen and (prefers-color-scheme: dark) {\n")?;
        for colour in fixed.into_iter().chain(series) {
            let [light, dark] = colour.pair().map(hexadecimal);
            for property in ["fill", "stroke"] {
                writeln!(
                    formatter,
                    ".plot [{property}=\"{light}\"] {{ {property}: {dark}; }}"
                )?;
            }
        }
        formatter.write_str("}\n")
    }
}

fn hexadecimal((red, green, blue): Rgb) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast of two colours (WCAG 2.2, section 1.4.3).
    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let luminance = |(red, green, blue): Rgb| {
            let linear = |level: u8| {
                let share = f64::from(level) / 255.0;
                if share <= 0.04045 {
                    share / 12.92
                } else {
                    ((share + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn words_and_series_stand_out_from_light_and_dark_ground() {
        for side in 0..2 {
            let ground = GROUND[side];
            for words in [INK[side], DIM[side]] {
                assert!(contrast(words, ground) >= 4.5, "{words:?}");
            }
            for pair in SERIES {
                assert!(contrast(pair[side], ground) >= 4.5, "{:?}", pair[side]);
            }
            assert!(contrast(INTERVAL[side], ground) >= 3.0);
        }
    }

    #[test]
    fn no_two_colours_of_a_drawing_are_the_same() {
        let all = [GROUND, INK, DIM, MESH, INTERVAL].into_iter().chain(SERIES);
        let mut light: Vec<Rgb> = all.map(|pair| pair[0]).collect();
        let count = light.len();
        light.sort_unstable();
        light.dedup();
        assert_eq!(light.len(), count, "each has its own rule for dark ground");
    }
}
