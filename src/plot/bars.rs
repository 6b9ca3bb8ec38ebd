//! A row of a table: one bar for each feature, from 0 (or the nearest end of its axis) to its value.

use image::{Rgb, RgbImage};

use super::Plot;
use super::paper::{self, CHARACTER, INK, RULE, WIDTH, blend};

/// Height of all bars, where they are many.
const BARS: u32 = 384;
/// Height of a bar with the space between it and the next.
const PITCH: u32 = 12;
/// A bar must be this high for a name beside it.
const NAMED: u32 = 9;
/// Characters of the longest name.
const NAME: usize = 10;

pub(super) fn draw(plot: &Plot, values: &[f32]) -> RgbImage {
    let values = &values[..values.len().min(BARS as usize)];
    let pitch = (BARS / values.len().max(1) as u32).clamp(1, PITCH);
    let mut sheet = paper::sheet(pitch * values.len().max(1) as u32);
    let longest = plot.names.iter().map(|name| name.chars().count()).max();
    let columns = match longest {
        Some(longest) if pitch >= NAMED => longest.min(NAME),
        _ => 0,
    };
    let left = match columns as u32 * CHARACTER {
        0 => 0,
        width => width + 6,
    };
    for (feature, &value) in values.iter().enumerate() {
        let row = Row {
            left,
            top: feature as u32 * pitch,
            height: (pitch - 1).max(1),
        };
        let middle = row.top + (row.height.saturating_sub(CHARACTER)) / 2;
        paper::write(&mut sheet, plot.name(feature), 3, middle, columns);
        let axis = plot.axis(feature);
        row.fill(&mut sheet, 0.0, 1.0, RULE, 0.35);
        if value.is_finite() {
            let end = axis.share(value.into()).clamp(0.0, 1.0);
            row.fill(
                &mut sheet,
                axis.origin().min(end),
                axis.origin().max(end),
                INK,
                1.0,
            );
        }
    }
    sheet
}

/// The place of one bar.
struct Row {
    left: u32,
    top: u32,
    height: u32,
}

impl Row {
    /// Fills a part of the axis; a part without length is a mark one pixel wide.
    fn fill(&self, sheet: &mut RgbImage, from: f64, to: f64, colour: Rgb<u8>, share: f64) {
        let width = f64::from(WIDTH - self.left - 1);
        let column = |share: f64| i64::from(self.left) + (share * width).round() as i64;
        for y in self.top..self.top + self.height {
            for x in column(from)..=column(to) {
                blend(sheet, x, y.into(), colour, share);
            }
        }
    }
}
