//! Changing the way.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use image::GrayImage;

use super::*;
use crate::preview::{Background, Colours, Decision, Picture};

const SCREEN: Rect = Rect::new(0, 0, 40, 10);

fn facts(medium: Option<Medium>) -> Facts {
    Facts {
        decision: Decision {
            medium,
            cell: None,
            note: None,
        },
        media: vec![Medium::Kitty, Medium::Sixel, Medium::Cells(Colours::True)],
        background: Background::Dark,
        terminal: None,
        colours: Colours::True,
        multiplexer: false,
        remote: false,
    }
}

fn shot() -> Shot {
    Shot {
        area: SCREEN,
        picture: Arc::new(Picture::Gray(GrayImage::new(8, 8))),
        id: 1,
    }
}

fn symbol(painters: &mut Painters) -> String {
    let mut buffer = Buffer::empty(SCREEN);
    let place = painters.place(&shot(), &mut buffer);
    buffer[(place.x, place.y)].symbol().to_owned()
}

#[test]
fn a_key_goes_through_all_ways_that_work_here() {
    let mut painters = Painters::new(&facts(Some(Medium::Kitty)), Blocks::Half);
    let mut seen = vec![painters.way()];
    let mut out = Vec::new();
    for _ in 1..painters.ways().len() {
        seen.push(painters.switch_to_next(&mut out).unwrap());
    }
    assert_eq!(seen, painters.ways());
    assert_eq!(painters.switch_to_next(&mut out).unwrap(), seen[0]);
    let names: Vec<&str> = seen.iter().map(|way| way.name()).collect();
    assert_eq!(
        names,
        [
            "kitty graphics",
            "sixel graphics",
            "half blocks",
            "quadrant blocks",
            "no pictures"
        ]
    );
}

#[test]
fn pictures_of_the_old_way_are_deleted_first() {
    let mut painters = Painters::new(&facts(Some(Medium::Kitty)), Blocks::Half);
    assert_eq!(symbol(&mut painters), " ");
    let mut out = Vec::new();
    painters
        .switch(Way::Characters(Blocks::Half), &mut out)
        .unwrap();
    assert_eq!(out, b"\x1b_Gq=2,a=d,d=A\x1b\\");
    assert_eq!(symbol(&mut painters), "▀");
}

#[test]
fn a_way_that_does_not_work_here_is_not_taken() {
    let mut painters = Painters::new(&facts(None), Blocks::Half);
    assert_eq!(painters.way(), Way::Off);
    painters
        .switch(Way::Protocol(Medium::Iterm), &mut Vec::new())
        .unwrap();
    assert_eq!(painters.way(), Way::Off);
    assert!(
        painters
            .thumbnail(&shot(), &mut Buffer::empty(SCREEN))
            .is_empty()
    );
}

#[test]
fn after_a_failure_characters_are_shown_for_the_rest_of_the_session() {
    let mut painters = Painters::new(&facts(Some(Medium::Kitty)), Blocks::Half);
    let print: Print = Box::new(|_, _| false);
    painters.painter = Box::new(Graphics::new(Medium::Kitty, CellSize::USUAL, false, print));
    symbol(&mut painters);
    let now = Instant::now();
    let painted = painters.finish(now, &mut Vec::new()).unwrap();
    assert!(painted.failed && painted.due == Some(now));
    assert_eq!(painters.way(), Way::Characters(Blocks::Half));
    assert!(!painters.ways().contains(&Way::Protocol(Medium::Kitty)));
    assert_eq!(symbol(&mut painters), "▀");
}
