//! Draws figures, on whatever plotters draws on.

use std::sync::Arc;

use image::RgbImage;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::chart::{Axis, Chart, Dot, Estimate, Figure, Layer, Marks, Shape};
use super::font::FAMILY;
use super::layout::{
    BELOW, BELOW_UNLABELLED, HEAD, LEFT, LEFT_UNMARKED, LETTERS, PICTURE, RIGHT, SMALL_LETTERS,
    WIDTH,
};
use super::palette::Colour;
use crate::report::number;
use crate::text;

/// Most characters of a name on the left.
const LONGEST_NAME: usize = 28;

type Result<T, DB> =
    std::result::Result<T, DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;
type Context<'a, DB> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A small picture and the place of its middle. plotters would write it into an SVG pixel by pixel.
pub(super) struct Placed {
    pub(super) at: (i32, i32),
    pub(super) picture: Arc<RgbImage>,
}

/// Draws a figure; gives the pictures that belong on top of it.
pub(super) fn draw<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    figure: &Figure,
) -> Result<Vec<Placed>, DB> {
    let mut placed = Vec::new();
    let mut rest = area.clone();
    for chart in &figure.panels {
        let (panel, below) = rest.split_vertically(chart.height);
        placed.extend(draw_chart(&panel, chart)?);
        rest = below;
    }
    Ok(placed)
}

fn draw_chart<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    chart: &Chart,
) -> Result<Vec<Placed>, DB> {
    let (head, body) = area.split_vertically(chart.head());
    draw_head(&head, chart)?;
    let beside = match &chart.y.marks {
        Marks::Names(names) => names
            .iter()
            .map(|name| width_of(&body, &short(name)))
            .max()
            .unwrap_or(0)
            .saturating_add(40),
        Marks::None => LEFT_UNMARKED,
        Marks::Numbers | Marks::WholeNumbers => LEFT,
    };
    let mut context = ChartBuilder::on(&body)
        .margin_right(RIGHT)
        .x_label_area_size(if chart.x.label.is_empty() {
            BELOW_UNLABELLED
        } else {
            BELOW
        })
        .y_label_area_size(beside)
        .build_cartesian_2d(range(&chart.x), range(&chart.y))?;
    draw_mesh(&mut context, chart)?;
    if let Some((low, high)) = chart.interval {
        draw_interval(&mut context, chart, low, high)?;
    }
    let mut placed = Vec::new();
    for layer in &chart.layers {
        match &layer.shape {
            Shape::Lines(lines) => draw_lines(&mut context, layer, lines)?,
            Shape::Dots(dots) => placed.extend(draw_dots(&mut context, layer, dots)?),
            Shape::Intervals(estimates) => draw_estimates(&mut context, layer, estimates)?,
            Shape::Level(level) => {
                let (low, high) = chart.x.range;
                let style = layer.colour.light().stroke_width(3);
                let line = PathElement::new(vec![(low, *level), (high, *level)], style);
                context.draw_series([line])?;
            }
        }
    }
    Ok(placed)
}

fn range(axis: &Axis) -> std::ops::Range<f64> {
    axis.range.0..axis.range.1
}

fn letters(size: u32, colour: Colour) -> TextStyle<'static> {
    TextStyle {
        font: (FAMILY, size).into_font(),
        color: colour.light().to_backend_color(),
        pos: Pos::default(),
    }
}

fn short(name: &str) -> String {
    text::truncate(&text::clean(name), LONGEST_NAME)
}

/// The width of a text in letters of the usual size; a guess where it cannot be measured.
fn width_of<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, text: &str) -> u32 {
    let measured = area.estimate_text_size(text, &letters(LETTERS, Colour::Ink));
    measured.map_or(LETTERS * text.chars().count() as u32 / 2, |(width, _)| {
        width
    })
}

/// The title on the left, the legend on the right.
fn draw_head<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, chart: &Chart) -> Result<(), DB> {
    let style = letters(LETTERS, Colour::Ink).pos(Pos::new(HPos::Left, VPos::Center));
    let middle = HEAD as i32 / 2;
    area.draw_text(&text::clean(&chart.title), &style, (16, middle))?;
    let mut entries: Vec<(Colour, String)> = Vec::new();
    if chart.interval.is_some() {
        entries.push((Colour::Interval, "interval asked for".to_owned()));
    }
    let named = chart.layers.iter().filter(|layer| !layer.name.is_empty());
    entries.extend(named.map(|layer| (layer.colour, short(&layer.name))));
    let mut right = (WIDTH - RIGHT) as i32;
    for (colour, name) in entries.into_iter().rev() {
        let left = right - width_of(area, &name) as i32;
        area.draw_text(&name, &style, (left, middle))?;
        let square = [(left - 36, middle - 11), (left - 12, middle + 11)];
        area.draw(&Rectangle::new(square, colour.light().filled()))?;
        right = left - 72;
    }
    Ok(())
}

fn draw_mesh<DB: DrawingBackend>(context: &mut Context<'_, DB>, chart: &Chart) -> Result<(), DB> {
    let format = |axis: &Axis| {
        let marks = axis.marks.clone();
        move |value: &f64| match marks {
            Marks::Numbers => number::mark(*value),
            Marks::WholeNumbers if value.fract() == 0.0 => number::mark(*value),
            _ => String::new(),
        }
    };
    let (along, upwards) = (format(&chart.x), format(&chart.y));
    let (x_label, y_label) = (text::clean(&chart.x.label), text::clean(&chart.y.label));
    let mut mesh = context.configure_mesh();
    mesh.x_desc(x_label)
        .axis_desc_style(letters(LETTERS, Colour::Ink))
        .label_style(letters(LETTERS, Colour::Dim))
        .axis_style(Colour::Dim.light().stroke_width(2))
        .bold_line_style(Colour::Mesh.light().stroke_width(2))
        .max_light_lines(0)
        .x_labels(10)
        .y_labels(if chart.height < 400 { 5 } else { 8 })
        .x_label_formatter(&along)
        .y_label_formatter(&upwards);
    if !matches!(chart.y.marks, Marks::Names(_)) {
        mesh.y_desc(y_label);
    }
    if !matches!(chart.y.marks, Marks::Numbers | Marks::WholeNumbers) {
        mesh.disable_y_mesh();
    }
    if chart.x.marks == Marks::None {
        mesh.disable_x_mesh().set_all_tick_mark_size(0);
    }
    mesh.draw()?;
    if let Marks::Names(names) = &chart.y.marks {
        let style = letters(LETTERS, Colour::Ink).pos(Pos::new(HPos::Right, VPos::Center));
        for (place, name) in names.iter().enumerate() {
            let at = (chart.x.range.0, place as f64);
            let label = EmptyElement::at(at) + Text::new(short(name), (-16, 0), style.clone());
            context.draw_series([label])?;
        }
    }
    Ok(())
}

fn draw_interval<DB: DrawingBackend>(
    context: &mut Context<'_, DB>,
    chart: &Chart,
    low: Option<f64>,
    high: Option<f64>,
) -> Result<(), DB> {
    let (left, right) = chart.x.range;
    let (bottom, top) = chart.y.range;
    let ends = (
        low.unwrap_or(bottom).max(bottom),
        high.unwrap_or(top).min(top),
    );
    let shade = Colour::Interval.light().mix(0.16).filled();
    context.draw_series([Rectangle::new([(left, ends.0), (right, ends.1)], shade)])?;
    let edges = [low, high].into_iter().flatten();
    for edge in edges.filter(|edge| (bottom..=top).contains(edge)) {
        let style = Colour::Interval.light().stroke_width(3);
        context.draw_series([PathElement::new(vec![(left, edge), (right, edge)], style)])?;
    }
    Ok(())
}

fn draw_lines<DB: DrawingBackend>(
    context: &mut Context<'_, DB>,
    layer: &Layer,
    lines: &[Vec<(f64, f64)>],
) -> Result<(), DB> {
    let opacity = (8.0 / lines.len().max(1) as f64).clamp(0.3, 1.0);
    let style = layer.colour.light().mix(opacity).stroke_width(3);
    for line in lines {
        for part in line.split(|(x, y)| !(x.is_finite() && y.is_finite())) {
            match part {
                [] => {}
                [alone] => {
                    let dot = Circle::new(*alone, 4, layer.colour.light().filled());
                    context.draw_series([dot])?;
                }
                _ => {
                    context.draw_series([PathElement::new(part.to_vec(), style)])?;
                }
            }
        }
    }
    Ok(())
}

fn draw_dots<DB: DrawingBackend>(
    context: &mut Context<'_, DB>,
    layer: &Layer,
    dots: &[Dot],
) -> Result<Vec<Placed>, DB> {
    let mut placed = Vec::new();
    let filled = layer.colour.light().filled();
    let half = PICTURE as i32 / 2 + 4;
    for dot in dots
        .iter()
        .filter(|dot| dot.at.0.is_finite() && dot.at.1.is_finite())
    {
        let label = text::clean(&dot.label);
        let style = letters(SMALL_LETTERS, Colour::Ink);
        match &dot.picture {
            Some(picture) => {
                let style = style.pos(Pos::new(HPos::Center, VPos::Top));
                // What is left of it around the picture is a frame.
                let ground = Rectangle::new([(-half, -half), (half, half)], filled);
                let text = Text::new(label, (0, half + 2), style);
                context.draw_series([EmptyElement::at(dot.at) + ground + text])?;
                placed.push(Placed {
                    at: context.backend_coord(&dot.at),
                    picture: Arc::clone(picture),
                });
            }
            None => {
                let style = style.pos(Pos::new(HPos::Left, VPos::Center));
                let circle = Circle::new((0, 0), 7, filled);
                let text = Text::new(label, (12, 0), style);
                context.draw_series([EmptyElement::at(dot.at) + circle + text])?;
            }
        }
    }
    Ok(placed)
}

/// Estimates lie along the axis of values, one beside each name.
fn draw_estimates<DB: DrawingBackend>(
    context: &mut Context<'_, DB>,
    layer: &Layer,
    estimates: &[Estimate],
) -> Result<(), DB> {
    let style = layer.colour.light().stroke_width(4);
    let filled = layer.colour.light().filled();
    for estimate in estimates
        .iter()
        .filter(|estimate| estimate.value.is_finite())
    {
        let (low, high) = estimate.interval;
        if low.is_finite() && high.is_finite() {
            let bar = PathElement::new(vec![(low, estimate.place), (high, estimate.place)], style);
            context.draw_series([bar])?;
        }
        context.draw_series([Circle::new((estimate.value, estimate.place), 9, filled)])?;
    }
    Ok(())
}
