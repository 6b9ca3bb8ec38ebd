//! A signal: one lane for each channel, the value upwards, the place along the signal to the right.

use image::RgbImage;

use super::paper::{self, INK, WIDTH, blend};
use super::{Axis, Plot};

/// Height of the lane of a single channel.
const LANE: u32 = 96;
/// Height of all lanes of a signal of several channels.
const LANES: u32 = 256;
/// Lowest lane.
const LEAST: u32 = 8;
/// Channels drawn; those behind them would make the picture endless.
const MOST: usize = 64;
/// Half of the line's thickness. Thick, so that it stays a line in a picture of a few characters.
const RADIUS: f64 = 2.0;
/// A lane must be this high for a name in it.
const NAMED: u32 = 20;

pub(super) fn draw<'a>(plot: &Plot, channels: impl Iterator<Item = &'a [f32]>) -> RgbImage {
    let channels: Vec<&[f32]> = channels.take(MOST).collect();
    let count = channels.len().max(1) as u32;
    let lane = (LANES / count).clamp(LEAST, LANE);
    let mut sheet = paper::sheet(lane * count);
    for (number, values) in channels.into_iter().enumerate() {
        let top = number as u32 * lane;
        if number > 0 {
            paper::rule(&mut sheet, top.into());
        }
        let lane = Lane {
            axis: plot.axis(number),
            top: top.into(),
            height: lane.into(),
        };
        // 0 is marked where it is on the axis.
        if (0.0..=1.0).contains(&lane.axis.share(0.0)) {
            paper::rule(&mut sheet, lane.y(0.0));
        }
        if lane.height >= f64::from(NAMED) {
            paper::write(
                &mut sheet,
                plot.name(number),
                3,
                top + 3,
                WIDTH as usize / 8 - 1,
            );
        }
        lane.line(&mut sheet, values);
    }
    sheet
}

struct Lane {
    axis: Axis,
    top: f64,
    height: f64,
}

impl Lane {
    /// The row of a value, between the middles of the lane's first and last row.
    fn y(&self, value: f64) -> f64 {
        self.top + (1.0 - self.axis.share(value)) * (self.height - 1.0)
    }

    /// The polyline through the values. What is off the axis runs along its end; what is no number is a
    /// gap.
    fn line(&self, sheet: &mut RgbImage, values: &[f32]) {
        let step = f64::from(WIDTH - 1) / values.len().saturating_sub(1).max(1) as f64;
        let place = |at: usize| {
            let value = f64::from(*values.get(at)?);
            let on_axis = value.clamp(self.axis.low, self.axis.high);
            value
                .is_finite()
                .then(|| (at as f64 * step, self.y(on_axis)))
        };
        let mut covered = vec![0.0; WIDTH as usize * self.height as usize];
        for at in 0..values.len() {
            if let Some(from) = place(at) {
                let to = place(at + 1).unwrap_or(from);
                self.segment(&mut covered, from, to);
            }
        }
        for (at, &share) in covered
            .iter()
            .enumerate()
            .filter(|&(_, &share)| share > 0.0)
        {
            let (x, y) = (at % WIDTH as usize, at / WIDTH as usize);
            blend(sheet, x as i64, self.top as i64 + y as i64, INK, share);
        }
    }

    /// How far each pixel of the lane is covered by a segment with round ends.
    fn segment(&self, covered: &mut [f64], from: (f64, f64), to: (f64, f64)) {
        let reach = RADIUS + 0.5;
        let columns = ends(
            from.0.min(to.0) - reach,
            from.0.max(to.0) + reach,
            WIDTH.into(),
        );
        let (top, bottom) = (from.1.min(to.1) - reach, from.1.max(to.1) + reach);
        let rows = ends(top - self.top, bottom - self.top, self.height);
        for row in rows {
            for column in columns.clone() {
                let point = (column as f64, self.top + row as f64);
                let share = (reach - distance(point, from, to)).clamp(0.0, 1.0);
                let pixel = &mut covered[row * WIDTH as usize + column];
                *pixel = pixel.max(share);
            }
        }
    }
}

/// The pixels from `low` to `high` that there are.
fn ends(low: f64, high: f64, length: f64) -> std::ops::Range<usize> {
    low.ceil().max(0.0) as usize..(high.floor() + 1.0).clamp(0.0, length) as usize
}

/// The distance of a point from a segment.
fn distance(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let squared = dx * dx + dy * dy;
    let along =
        ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / squared.max(f64::MIN_POSITIVE);
    let along = along.clamp(0.0, 1.0);
    (from.0 + along * dx - point.0).hypot(from.1 + along * dy - point.1)
}
