//! Colours as a terminal has them: the nearest of its 256, and brightness as characters.

/// From dark to bright, on a dark background.
const BRIGHTNESS: &[u8] = b" .:-=+*#%@";

/// Relative luminance of ITU-R BT.709, in [0, 1], of the values as they are stored.
pub(super) fn luminance([red, green, blue]: [u8; 3]) -> f64 {
    (0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue)) / 255.0
}

/// The character for a level in [0, 1].
pub(super) fn shade(level: f64) -> char {
    let step = (level * BRIGHTNESS.len() as f64) as usize;
    char::from(BRIGHTNESS[step.min(BRIGHTNESS.len() - 1)])
}

/// The nearest of xterm's 6 × 6 × 6 cube (16 to 231) and its 24 grays (232 to 255).
pub(super) fn nearest_index(colour: [u8; 3]) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |value: u8| {
        let nearest = (0..STEPS.len()).min_by_key(|&i| STEPS[i].abs_diff(value));
        nearest.unwrap_or_default()
    };
    let [red, green, blue] = colour.map(step);
    let cube = [STEPS[red], STEPS[green], STEPS[blue]];
    let mean = colour.map(u32::from).iter().sum::<u32>() / 3;
    let shade = (mean.saturating_sub(3) / 10).min(23) as u8;
    let gray = [8 + 10 * shade; 3];
    if distance(colour, gray) < distance(colour, cube) {
        232 + shade
    } else {
        (16 + 36 * red + 6 * green + blue) as u8
    }
}

fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    let squares = one
        .iter()
        .zip(other)
        .map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2));
    squares.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexed_colours_are_the_nearest() {
        assert_eq!(nearest_index([0, 0, 0]), 16);
        assert_eq!(nearest_index([255, 255, 255]), 231);
        assert_eq!(nearest_index([128, 128, 128]), 244);
        assert_eq!(nearest_index([8, 8, 8]), 232);
        assert_eq!(nearest_index([0, 95, 135]), 24);
    }

    #[test]
    fn the_darkest_level_is_blank_and_the_brightest_is_full() {
        assert_eq!((shade(0.0), shade(0.5), shade(1.0)), (' ', '+', '@'));
        assert!((luminance([255; 3]) - 1.0).abs() < 1e-12);
    }
}
