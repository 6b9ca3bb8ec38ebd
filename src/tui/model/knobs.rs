//! Settings on keys: a list of which one is selected, and changes that can be taken back.

use super::applies::{Scene, Takes, applies};
use super::cursor::Cursor;
use super::knob::{Knob, Value};

/// The settings of a screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Knobs {
    knobs: Vec<Knob>,
    scene: Scene,
    /// Which of those shown the keys turn.
    pub cursor: Cursor,
    undo: Vec<(usize, Value)>,
}

/// The setting that others depend on.
const METHOD: &str = "method";
/// Changes that can be taken back.
const UNDO_DEPTH: usize = 200;

impl Knobs {
    /// Settings at their first values.
    pub fn new(knobs: Vec<Knob>, scene: Scene) -> Knobs {
        Knobs {
            knobs,
            scene,
            cursor: Cursor::default(),
            undo: Vec::new(),
        }
    }

    /// Those that mean something as things stand, in order.
    pub fn shown(&self) -> Vec<&Knob> {
        self.places()
            .into_iter()
            .map(|at| &self.knobs[at])
            .collect()
    }

    /// Where those shown stand among all.
    fn places(&self) -> Vec<usize> {
        let scene = self.scene();
        (0..self.knobs.len())
            .filter(|&at| applies(self.knobs[at].id, &scene))
            .collect()
    }

    /// What the settings are for: the method is the chosen one, where it can be chosen.
    fn scene(&self) -> Scene {
        let method = self.knobs.iter().find(|knob| knob.id == METHOD);
        let method = method.and_then(|knob| match knob.value() {
            Value::Text(name) => name.parse().ok(),
            _ => None,
        });
        Scene {
            method: method.unwrap_or(self.scene.method),
            ..self.scene
        }
    }

    /// Says what the bundle takes.
    pub fn set_bundle(&mut self, bundle: Takes) {
        self.scene.bundle = bundle;
    }

    /// The value of one, where it means something.
    pub fn value(&self, id: &str) -> Option<&Value> {
        let scene = self.scene();
        let mut knobs = self.knobs.iter();
        let knob = knobs.find(|knob| knob.id == id && applies(id, &scene));
        knob.map(Knob::value)
    }

    /// The one that the keys turn.
    pub fn selected(&self) -> Option<&Knob> {
        Some(&self.knobs[self.selected_place()?])
    }

    /// Its place among all.
    fn selected_place(&self) -> Option<usize> {
        let places = self.places();
        places.get(self.cursor.selected(places.len())?).copied()
    }

    /// Selects another.
    pub fn select(&mut self, lines: isize) {
        let length = self.places().len();
        self.cursor.step(lines, length);
    }

    /// Steps the selected one; says whether it changed.
    pub fn step(&mut self, steps: i32) -> bool {
        let value = self.selected().map(|knob| knob.stepped(steps));
        self.change(value)
    }

    /// Sets the selected one to what was typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn set_text(&mut self, text: &str) -> Result<bool, String> {
        let value = self.selected().map(|knob| knob.parse(text)).transpose()?;
        Ok(self.change(value))
    }

    /// Puts the selected one back to its first value.
    pub fn reset(&mut self) -> bool {
        let value = self.selected().map(|knob| knob.initial.clone());
        self.change(value)
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Takes back the last change, and selects what it changes.
    pub fn undo(&mut self) -> bool {
        let Some((at, value)) = self.undo.pop() else {
            return false;
        };
        self.knobs[at].value = value;
        if let Some(line) = self.places().iter().position(|&place| place == at) {
            self.cursor.select(line);
        }
        true
    }

    /// Sets one from outside: it is no change of the user's.
    pub fn set(&mut self, id: &str, value: Value) {
        if let Some(knob) = self.knobs.iter_mut().find(|knob| knob.id == id) {
            knob.value = value;
        }
    }

    fn change(&mut self, value: Option<Value>) -> bool {
        let Some((at, value)) = self.selected_place().zip(value) else {
            return false;
        };
        if self.knobs[at].value == value {
            return false;
        }
        let before = std::mem::replace(&mut self.knobs[at].value, value);
        if self.undo.len() == UNDO_DEPTH {
            self.undo.remove(0);
        }
        self.undo.push((at, before));
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::sampler::MethodKind;
    use crate::tui::model::knob::{Form, Range};

    fn knobs() -> Knobs {
        let whole = |automatic| Range::Whole {
            low: 1,
            high: 1000,
            automatic,
            by_ratio: true,
        };
        let settings = vec![
            Knob::new(
                "step-size",
                "step size",
                "",
                Range::Positive { high: 10.0 },
                Value::Number(0.05),
            ),
            Knob::new("n", "n", "", whole(false), Value::Whole(48)),
            Knob::new("batch", "batch", "", whole(true), Value::Automatic),
            Knob::new(
                "method",
                "method",
                "",
                Range::Choice(vec!["incremental".into(), "joint".into()]),
                Value::Text("joint".into()),
            ),
            Knob::new("k", "k", "", whole(false), Value::Whole(8)),
        ];
        Knobs::new(settings, scene())
    }

    fn scene() -> Scene {
        Scene {
            method: MethodKind::Joint,
            bundle: Takes::default(),
        }
    }

    #[test]
    fn what_the_chosen_method_lacks_is_neither_shown_nor_reached_nor_told() {
        let mut knobs = knobs();
        let ids =
            |knobs: &Knobs| -> Vec<&str> { knobs.shown().iter().map(|knob| knob.id).collect() };
        assert_eq!(ids(&knobs), ["step-size", "n", "batch", "method"]);
        assert_eq!(knobs.value("k"), None);
        knobs.select(9);
        assert_eq!(knobs.selected().unwrap().id, "method");
        knobs.step(1);
        knobs.select(1);
        assert_eq!(knobs.selected().unwrap().id, "k");
        knobs.set_text("3").unwrap();
        assert_eq!(knobs.value("k"), Some(&Value::Whole(3)));
        knobs.select(-1);
        knobs.step(1);
        assert_eq!(knobs.value("k"), None);
        knobs.step(1);
        assert_eq!(knobs.value("k"), Some(&Value::Whole(3)), "it is kept");
        for _ in 0..3 {
            assert!(knobs.undo());
        }
        assert!(knobs.undo() && !knobs.undo());
        assert_eq!(ids(&knobs), ["step-size", "n", "batch", "method"]);
    }

    #[test]
    fn numbers_step_by_a_factor_and_stay_short() {
        let mut knobs = knobs();
        assert!(knobs.step(1));
        assert_eq!(knobs.value("step-size"), Some(&Value::Number(0.062)));
        assert!(knobs.step(10));
        assert_eq!(knobs.value("step-size"), Some(&Value::Number(0.58)));
        assert!(knobs.reset());
        assert_eq!(knobs.value("step-size"), Some(&Value::Number(0.05)));
    }

    #[test]
    fn every_change_can_be_undone_in_turn() {
        let mut knobs = knobs();
        let first = knobs.clone();
        knobs.step(1);
        knobs.select(1);
        knobs.step(-1);
        knobs.set_text("7").unwrap();
        assert_eq!(knobs.value("n"), Some(&Value::Whole(7)));
        while knobs.undo() {}
        assert_eq!(knobs.shown(), first.shown());
    }

    #[test]
    fn automatic_lies_below_the_least_number() {
        let mut knobs = knobs();
        knobs.select(2);
        knobs.step(1);
        assert_eq!(knobs.value("batch"), Some(&Value::Whole(1)));
        knobs.step(-1);
        assert_eq!(knobs.value("batch"), Some(&Value::Automatic));
    }

    #[test]
    fn small_whole_numbers_move_too() {
        let mut knobs = knobs();
        knobs.select(1);
        knobs.set_text("2").unwrap();
        knobs.step(1);
        assert_eq!(knobs.value("n"), Some(&Value::Whole(3)));
        knobs.step(-10);
        assert_eq!(knobs.value("n"), Some(&Value::Whole(1)));
    }

    #[test]
    fn an_amount_may_be_none_or_left_to_the_program() {
        let amount = Range::Amount {
            high: 10.0,
            step: 0.25,
            automatic: true,
        };
        let knob = Knob::new("s", "s", "", amount, Value::Automatic);
        let mut knobs = Knobs::new(vec![knob], scene());
        for (steps, value) in [(1, 0.0), (6, 1.5), (-2, 1.0), (100, 10.0), (-40, 0.0)] {
            knobs.step(steps);
            assert_eq!(knobs.value("s"), Some(&Value::Number(value)));
        }
        knobs.step(-1);
        assert_eq!(knobs.value("s"), Some(&Value::Automatic));
        knobs.set_text("0.7").unwrap();
        assert_eq!(knobs.value("s"), Some(&Value::Number(0.7)));
        knobs.set_text("auto").unwrap();
        assert_eq!(knobs.value("s"), Some(&Value::Automatic));
        assert!(knobs.set_text("-1").unwrap_err().contains("from 0 to 10"));
    }

    #[test]
    fn an_amount_that_is_never_left_to_the_program_stays_at_its_ends() {
        let amount = Range::Amount {
            high: 1.0,
            step: 0.01,
            automatic: false,
        };
        let knob = Knob::new("decay", "decay", "", amount, Value::Number(0.99));
        let scene = Scene {
            method: MethodKind::Maximise,
            ..scene()
        };
        let mut knobs = Knobs::new(vec![knob], scene);
        for (steps, value) in [(-1, 0.98), (-3, 0.95), (10, 1.0), (-100, 0.0), (7, 0.07)] {
            knobs.step(steps);
            assert_eq!(knobs.value("decay"), Some(&Value::Number(value)));
        }
        let error = knobs.set_text("auto").unwrap_err();
        assert_eq!(error, "decay: a number from 0 to 1");
    }

    #[test]
    fn what_is_written_as_a_flag_is_read_as_the_flag_is() {
        let written = |form, value| {
            let knob = Knob::new("w", "w", "", Range::Written(form), value);
            Knobs::new(vec![knob], scene())
        };
        let mut transforms = written(Form::Transforms, Value::Automatic);
        assert!(transforms.step(1));
        transforms.set_text("noise:0.1, shift:3").unwrap();
        let set = Value::Text("shift:3,noise:0.1".to_owned());
        assert_eq!(transforms.value("w"), Some(&set));
        let error = transforms.set_text("shift:far").unwrap_err();
        assert!(error.contains("a number of pixels"), "{error}");
        assert!(transforms.set_text("auto").unwrap());
        let mut encoder = written(Form::Encoder, Value::Text("bundle".to_owned()));
        assert!(encoder.set_text("tensor:logits").unwrap());
        let error = encoder.set_text("logits").unwrap_err();
        assert!(error.contains("tensor:NAME"), "{error}");
        let mut start = written(Form::Start, Value::Text("random".to_owned()));
        assert!(start.set_text("images:my pictures").unwrap());
        let error = start.set_text("my pictures").unwrap_err();
        assert!(error.contains("images:DIR"), "{error}");
    }

    #[test]
    fn choices_go_round() {
        let mut knobs = knobs();
        knobs.select(3);
        knobs.step(1);
        assert_eq!(
            knobs.value("method"),
            Some(&Value::Text("incremental".into()))
        );
    }

    #[test]
    fn a_typed_value_out_of_range_says_what_is_right() {
        let mut knobs = knobs();
        let error = knobs.set_text("-3").unwrap_err();
        assert!(error.contains("above 0"), "{error}");
        knobs.select(1);
        let error = knobs.set_text("2000").unwrap_err();
        assert!(error.contains("1 to 1000"), "{error}");
    }
}
