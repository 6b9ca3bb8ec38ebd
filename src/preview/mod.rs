//! Pictures in the terminal: contact sheets printed once into the scroll-back, and pictures inside the
//! screens; and what the terminal says about itself.

mod assure;
pub mod cells;
mod colour;
mod environment;
mod facts;
mod fit;
mod layout;
mod painter;
mod picture;
mod print;
mod probe;
mod sheet;
mod terminal;

use crate::text;
use std::io::{self, Write};

pub use cells::Blocks;
pub use environment::Environment;
pub use facts::{Facts, terminal_facts};
pub use painter::{Painted, Painter, Painters, Shot, Way};
pub use picture::Picture;
pub use terminal::{Background, CellSize, Colours, Decision, GraphicsChoice, Medium, decide};

use layout::{GAP, Layout, Room};
use print::Printer;
use sheet::{Grain, compose_row};

/// How a contact sheet is printed.
#[derive(Debug, Clone, Default)]
pub struct SheetOptions {
    /// The way pictures reach the screen, as chosen by the user.
    pub graphics: GraphicsChoice,
    /// Pictures in a row; none: as many as look well.
    pub across: Option<usize>,
    /// Where the files are, said when no picture can be shown.
    pub location: String,
}

/// Prints pictures in rows, each with its caption below, to `out`, which is standard output (the
/// graphics protocols go there whatever `out` is). Where standard output is no terminal, no escape
/// code is written: only where the files are.
///
/// # Errors
/// `out` cannot be written.
pub fn contact_sheet(
    pictures: &[Picture],
    captions: &[String],
    options: &SheetOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    contact_sheet_by(decide(options.graphics), pictures, captions, options, out)
}

fn contact_sheet_by(
    decision: Decision,
    pictures: &[Picture],
    captions: &[String],
    options: &SheetOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(note) = &decision.note {
        writeln!(out, "{note}")?;
    }
    let Some(medium) = decision.medium.filter(|_| !pictures.is_empty()) else {
        let location = text::clean(&options.location);
        return writeln!(out, "{} pictures in {location}", pictures.len());
    };
    let cell = decision.cell.unwrap_or(CellSize::USUAL);
    let mut printer = Printer::new(medium, cell, Environment::detect().plain_colours());
    let (columns, rows) = viuer::terminal_size();
    let room = Room {
        columns: usize::from(columns).min(printer.widest()),
        rows: usize::from(rows),
        cell,
        medium: printer.medium(),
    };
    let size = pictures.iter().fold((1, 1), |(width, height), picture| {
        let (w, h) = picture.size();
        (width.max(w), height.max(h))
    });
    let layout = Layout::new(pictures.len(), size, options.across, room);
    let grain = Grain::new(&layout, size, printer.medium(), cell);
    for (row, pictures) in pictures.chunks(layout.across).enumerate() {
        let width = layout.row_columns(pictures.len());
        printer.print(compose_row(pictures, grain), width, layout.rows, out)?;
        let first = row * layout.across;
        let captions = captions.iter().skip(first).take(pictures.len());
        let line = caption_line(captions, layout.columns);
        if !line.is_empty() {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()
}

/// Captions below their pictures, cut to their width.
fn caption_line<'a>(captions: impl Iterator<Item = &'a String>, columns: usize) -> String {
    let mut line = String::new();
    for caption in captions {
        let caption = text::truncate(&text::clean(caption), columns);
        let blank = columns + GAP - text::width(&caption);
        line.push_str(&caption);
        line.push_str(&" ".repeat(blank));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use image::{GrayImage, Luma};

    use super::*;

    fn sheet(medium: Option<Medium>, note: Option<String>) -> String {
        let pictures: Vec<Picture> = (0..3)
            .map(|i| Picture::Gray(GrayImage::from_pixel(2, 4, Luma([i * 127]))))
            .collect();
        let captions = ["a", "\x1b[31mlong", "c"].map(str::to_owned);
        let decision = Decision {
            medium,
            cell: None,
            note,
        };
        let options = SheetOptions {
            location: "runs/x/images\x07".to_owned(),
            across: Some(2),
            ..SheetOptions::default()
        };
        let mut out = Vec::new();
        contact_sheet_by(decision, &pictures, &captions, &options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rows_of_pictures_have_their_captions_below() {
        let text = sheet(Some(Medium::Cells(Colours::None)), None);
        assert_eq!(text, "   ==\n   ==\na  l…\n@@\n@@\nc\n");
    }

    #[test]
    fn without_a_medium_only_the_place_is_told() {
        assert_eq!(sheet(None, None), "3 pictures in runs/x/images\n");
        let note = Some("the terminal is shy".to_owned());
        assert_eq!(
            sheet(None, note),
            "the terminal is shy\n3 pictures in runs/x/images\n"
        );
    }

    #[test]
    fn captions_are_cut_to_their_picture() {
        let captions = ["volcano".to_owned(), "漢字漢字".to_owned(), String::new()];
        assert_eq!(caption_line(captions.iter(), 5), "volc… 漢字…");
    }
}
