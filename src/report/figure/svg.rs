//! Figures as SVG.

use plotters::prelude::{IntoDrawingArea, SVGBackend};

use super::draw::{self, Placed};
use super::layout::PICTURE;
use super::palette::Colour;
use super::{Figure, FigureError, font};
use crate::report::markup;
use crate::report::picture;

/// An SVG element, well-formed and with every text escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing(String);

impl Drawing {
    /// Its markup.
    pub fn markup(&self) -> &str {
        &self.0
    }
}

pub(super) fn drawing(figure: &Figure) -> Result<Drawing, FigureError> {
    element(figure, false).map(Drawing)
}

pub(super) fn file(figure: &Figure) -> Result<String, FigureError> {
    let header = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    Ok(format!("{header}{}", element(figure, true)?))
}

fn element(figure: &Figure, has_ground: bool) -> Result<String, FigureError> {
    font::register()?;
    let (width, height) = figure.size();
    let mut text = String::new();
    let placed = {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        if has_ground {
            area.fill(&Colour::Ground.light())
                .map_err(FigureError::because)?;
        }
        let placed = draw::draw(&area, figure).map_err(FigureError::because)?;
        area.present().map_err(FigureError::because)?;
        placed
    };
    // The element of plotters says its size in pixels; ours takes that of its place and has a name.
    let body = text
        .split_once('>')
        .and_then(|(_, rest)| rest.rsplit_once("</svg>"))
        .map(|(body, _)| body)
        .ok_or_else(|| FigureError("plotters wrote no SVG".to_owned()))?;
    let mut caption = String::new();
    markup::escape(&crate::text::clean(&figure.caption), &mut caption);
    let pictures: String = placed
        .iter()
        .map(image)
        .collect::<Result<_, FigureError>>()?;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{caption}\">{body}{pictures}</svg>\n"
    ))
}

fn image(placed: &Placed) -> Result<String, FigureError> {
    let (width, height) = picture::within(placed.picture.dimensions(), PICTURE);
    let (x, y) = (
        placed.at.0 - width as i32 / 2,
        placed.at.1 - height as i32 / 2,
    );
    let uri = picture::png_uri(&placed.picture).map_err(FigureError::because)?;
    Ok(format!(
        "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
         style=\"image-rendering: pixelated\" href=\"{uri}\"/>\n"
    ))
}
