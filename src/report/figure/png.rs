//! Figures as PNG.

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{ImageFormat, RgbImage};
use plotters::prelude::{BitMapBackend, IntoDrawingArea};

use super::draw;
use super::layout::PICTURE;
use super::palette::Colour;
use super::{Figure, FigureError, font};
use crate::report::picture;

pub(super) fn file(figure: &Figure) -> Result<Vec<u8>, FigureError> {
    font::register()?;
    let (width, height) = figure.size();
    let mut pixels = vec![0; (width * height * 3) as usize];
    let placed = {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        area.fill(&Colour::Ground.light())
            .map_err(FigureError::because)?;
        let placed = draw::draw(&area, figure).map_err(FigureError::because)?;
        area.present().map_err(FigureError::because)?;
        placed
    };
    let mut image = RgbImage::from_raw(width, height, pixels)
        .ok_or_else(|| FigureError("its pixels do not fill it".to_owned()))?;
    for placed in placed {
        let (width, height) = picture::within(placed.picture.dimensions(), PICTURE);
        let small = imageops::resize(&*placed.picture, width, height, FilterType::Nearest);
        let x = i64::from(placed.at.0) - i64::from(width / 2);
        let y = i64::from(placed.at.1) - i64::from(height / 2);
        imageops::overlay(&mut image, &small, x, y);
    }
    let mut bytes = Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(FigureError::because)?;
    Ok(bytes.into_inner())
}
