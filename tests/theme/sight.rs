//! What an eye makes of colours: contrast, distance, and colour blindness.

use ratatui::style::{Color, Modifier, Style};

pub(crate) type Rgb = [u8; 3];

/// Backgrounds of terminals that a theme must be legible on: the extreme, and a usual softer one.
pub(crate) fn assumed_backgrounds(dark: bool) -> [Rgb; 2] {
    if dark {
        [[0, 0, 0], [0x1e, 0x1e, 0x1e]]
    } else {
        [[255, 255, 255], [0xfd, 0xf6, 0xe3]]
    }
}

/// The terminal's own text.
fn assumed_text(dark: bool) -> Rgb {
    if dark { [0xcc; 3] } else { [0x22; 3] }
}

/// What a colour usually looks like: the sixteen named ones as on VGA, the others as xterm's.
pub(crate) fn values(colour: Color) -> Rgb {
    match colour {
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Black => [0, 0, 0],
        Color::Red => [0xaa, 0, 0],
        Color::Green => [0, 0xaa, 0],
        Color::Yellow => [0xaa, 0x55, 0],
        Color::Blue => [0, 0, 0xaa],
        Color::Magenta => [0xaa, 0, 0xaa],
        Color::Cyan => [0, 0xaa, 0xaa],
        Color::Gray => [0xaa; 3],
        Color::DarkGray => [0x55; 3],
        Color::LightRed => [0xff, 0x55, 0x55],
        Color::LightGreen => [0x55, 0xff, 0x55],
        Color::LightYellow => [0xff, 0xff, 0x55],
        Color::LightBlue => [0x55, 0x55, 0xff],
        Color::LightMagenta => [0xff, 0x55, 0xff],
        Color::LightCyan => [0x55, 0xff, 0xff],
        Color::White => [255; 3],
        Color::Indexed(index @ 232..) => [8 + 10 * (index - 232); 3],
        Color::Indexed(index @ 16..) => {
            let level = |place: u8| if place == 0 { 0 } else { 55 + 40 * place };
            let cube = index - 16;
            [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
        }
        Color::Indexed(_) | Color::Reset => panic!("{colour:?} looks as the terminal likes"),
    }
}

/// Ink and ground of a style on a background; dim text stands half-way to its ground.
pub(crate) fn over(style: Style, background: Rgb, dark: bool) -> (Rgb, Rgb) {
    let own = |colour: Option<Color>, terminal: Rgb| match colour {
        None | Some(Color::Reset) => terminal,
        Some(colour) => values(colour),
    };
    let mut ink = own(style.fg, assumed_text(dark));
    let mut ground = own(style.bg, background);
    if style.add_modifier.contains(Modifier::REVERSED) {
        (ink, ground) = (ground, ink);
    }
    if style.add_modifier.contains(Modifier::DIM) {
        for (ink, ground) in ink.iter_mut().zip(ground) {
            *ink = u8::midpoint(*ink, ground);
        }
    }
    (ink, ground)
}

/// Relative luminance of WCAG 2.2.
pub(crate) fn luminance(colour: Rgb) -> f64 {
    let [red, green, blue] = linear(colour);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// Contrast ratio of WCAG 2.2.
pub(crate) fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The eyes that look.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sight {
    Full,
    Deuteranopia,
}

impl Sight {
    pub(crate) const ALL: [Sight; 2] = [Sight::Full, Sight::Deuteranopia];

    /// Machado, Oliveira and Fernandes 2009, severity 1, on linear light.
    fn matrix(self) -> [[f64; 3]; 3] {
        match self {
            Sight::Full => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Sight::Deuteranopia => [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        }
    }
}

/// Distance of two colours in Oklab as an eye sees them.
pub(crate) fn distance(one: Rgb, other: Rgb, sight: Sight) -> f64 {
    let seen = |colour| {
        let light = linear(colour);
        let row = |row: [f64; 3]| -> f64 { row.iter().zip(light).map(|(a, b)| a * b).sum() };
        oklab(sight.matrix().map(row).map(|value| value.clamp(0.0, 1.0)))
    };
    let squares = seen(one)
        .into_iter()
        .zip(seen(other))
        .map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

fn linear(colour: Rgb) -> [f64; 3] {
    colour.map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn oklab([red, green, blue]: [f64; 3]) -> [f64; 3] {
    let [l, m, s] = [
        0.412_221_47 * red + 0.536_332_54 * green + 0.051_445_99 * blue,
        0.211_903_5 * red + 0.680_699_55 * green + 0.107_396_96 * blue,
        0.088_302_46 * red + 0.281_718_84 * green + 0.629_978_7 * blue,
    ]
    .map(f64::cbrt);
    [
        0.210_454_26 * l + 0.793_617_78 * m - 0.004_072_05 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_04 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}
