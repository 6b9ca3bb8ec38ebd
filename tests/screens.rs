//! What stands on the screens: every view and overlay at four sizes, drawn from a real bundle and a
//! run whose story is told by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub
)]

#[path = "screens/story.rs"]
mod story;
#[path = "screens/styled.rs"]
mod styled;

use std::sync::Arc;

use invset::tui::model::measuring::{Measurement, Measuring};
use story::{Story, press, type_text};

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];

/// Draws the same story at every size and compares it with what was accepted.
fn check(name: &str, tell: impl Fn(&mut Story)) {
    for (width, height) in SIZES {
        let mut story = Story::new(width, height);
        tell(&mut story);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), story.text());
    }
}

#[test]
fn the_query_begins_with_a_search() {
    check("query_empty", |_| {});
}

#[test]
fn a_unit_is_found_by_letters_of_its_label() {
    check("query_search", |story| type_text(story, "boot"));
}

#[test]
fn the_interval_stands_on_the_units_histogram() {
    check("query_interval", |story| story.choose_unit("ankle boot"));
}

#[test]
fn constraints_are_asked_for_together() {
    check("query_two", |story| {
        story.choose_unit("ankle boot");
        press(story, "/");
        press(story, "ctrl-u");
        type_text(story, "sneaker");
        press(story, "ctrl-a");
        press(story, "tab");
    });
}

#[test]
fn settings_are_turned_by_keys() {
    check("query_settings", |story| {
        story.choose_unit("ankle boot");
        press(story, "tab");
        press(story, "tab");
        press(story, "right");
        press(story, "down");
        press(story, "shift-right");
    });
}

#[test]
fn a_value_is_typed_and_refused_with_a_reason() {
    check("prompt_refused", |story| {
        story.choose_unit("ankle boot");
        press(story, "=");
        type_text(story, "x");
        press(story, "enter");
    });
}

#[test]
fn a_run_is_watched() {
    check("run_running", |story| {
        story.run();
        story.steps(1..=40);
        story.samples(5);
        story.scores(5);
    });
}

#[test]
fn scores_that_cannot_be_taken_say_why() {
    let mut story = Story::new(120, 40);
    story.run();
    story.samples(5);
    let scores = Err("run 'x': 'judge.onnx' of bundle 'b' has changed".to_owned());
    let run = invset::tui::message::RunId(0);
    story.tell(invset::tui::message::Message::Scores { run, scores });
    let text = story.text();
    assert!(text.contains("no scores: run 'x'"), "{text}");
}

#[test]
fn all_scores_are_what_metrics_prints() {
    let lines = [
        "5 of 5 samples inside on a fresh forward pass",
        "",
        "diversity       encoder                 judge",
        "mean distance   12.34 [11.02, 13.11]    3.210 [3.101, 3.411]",
        "least distance  4.210                   1.020",
        "Vendi           4.120 [3.900, 4.321]    3.870 [3.500, 4.011]",
    ];
    let measurement = Measurement {
        samples: 5,
        lines: lines.map(str::to_owned).into(),
    };
    let measured = Measuring::Done(Arc::new(measurement));
    check("scores", |story| {
        story.run();
        story.samples(6);
        press(story, "M");
        story.measured(measured.clone());
    });
    check("scores_failed", |story| {
        story.run();
        story.samples(6);
        press(story, "M");
        let reason = "run 'runs/x': 'judge.onnx' of bundle 'fashion' is not what it was when the run started";
        story.measured(Measuring::Failed(reason.to_owned()));
    });
    check("scores_at_work", |story| {
        story.run();
        story.samples(6);
        press(story, "M");
    });
}

#[test]
fn a_setting_is_pending_until_the_worker_has_taken_it() {
    check("run_pending", |story| {
        story.run();
        story.steps(1..=40);
        press(story, "right");
        press(story, "down");
    });
}

#[test]
fn a_run_that_has_just_begun_says_so() {
    check("run_begun", |story| story.run());
}

#[test]
fn the_gallery_shows_all_samples() {
    check("gallery", |story| {
        story.run();
        story.steps(1..=40);
        story.samples(12);
        press(story, "3");
        press(story, "space");
        press(story, "right");
        press(story, "m");
    });
}

#[test]
fn a_sample_is_shown_large() {
    check("large", |story| {
        story.run();
        story.samples(3);
        story.portrait(0);
        press(story, "3");
        press(story, "enter");
    });
}

#[test]
fn embeddings_lie_on_a_map() {
    check("map", |story| {
        story.run();
        story.samples(12);
        story.map(12);
        press(story, "4");
        press(story, "right");
    });
}

#[test]
fn runs_are_compared_side_by_side() {
    check("compare", |story| {
        story.run();
        story.steps(1..=20);
        story.samples(6);
        story.compare_with_another();
        story.scores(6);
        press(story, "5");
    });
}

#[test]
fn all_runs_are_listed() {
    check("runs", |story| {
        press(story, "esc");
        press(story, "6");
        story.catalogue();
    });
}

#[test]
fn screens_without_anything_say_what_to_do() {
    check("nothing_run", |story| {
        press(story, "esc");
        press(story, "2");
    });
    check("nothing_compare", |story| {
        press(story, "esc");
        press(story, "5");
    });
}

#[test]
fn the_help_lists_the_keys_of_this_place_first() {
    check("help", |story| {
        press(story, "esc");
        press(story, "?");
    });
}

#[test]
fn an_action_is_found_by_its_name() {
    check("palette", |story| {
        press(story, "ctrl-p");
        type_text(story, "the");
    });
}

#[test]
fn leaving_asks_what_becomes_of_the_run() {
    check("quit", |story| {
        story.run();
        story.steps(1..=3);
        press(story, "q");
    });
}

#[test]
fn deleting_a_run_is_asked_for_twice() {
    check("remove", |story| {
        press(story, "esc");
        press(story, "6");
        story.catalogue();
        press(story, "down");
        press(story, "x");
    });
}

#[test]
fn themes_are_chosen_from_a_list() {
    check("themes", |story| {
        press(story, "esc");
        press(story, "T");
        press(story, "down");
    });
}

#[test]
fn labels_of_a_model_are_text_and_nothing_else() {
    let mut story = Story::new(120, 40);
    story.run_of("\u{1b}[31mred\u{7}\u{1b}]0;title\u{7}");
    story.samples(1);
    let text = story.text();
    assert!(text.contains("red"), "{text}");
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{7}'),
        "{text}"
    );
}

#[test]
fn a_terminal_that_is_too_small_says_so() {
    let mut story = Story::new(59, 15);
    insta::assert_snapshot!(story.text());
}

/// Three screens with their styles, in every theme and at every depth.
#[test]
fn every_theme_draws_the_screens_at_every_depth() {
    for name in story::themes() {
        for depth in story::DEPTHS {
            let mut story = Story::new(80, 24);
            story.take_theme(&name, depth);
            story.choose_unit("ankle boot");
            let query = styled::of(&story.buffer());
            story.run();
            story.steps(1..=40);
            story.samples(5);
            let run = styled::of(&story.buffer());
            press(&mut story, "?");
            let help = styled::of(&story.buffer());
            insta::assert_snapshot!(
                format!("styled_{name}_{depth}"),
                [query, run, help].join("\n")
            );
        }
    }
}
