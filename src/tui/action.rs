//! The one table of everything the screens can be told to do.
//!
//! The keymap, the footer, the help overlay, the palette and the documentation page are all made
//! from [`TABLE`]; a key is written down nowhere else.

/// Something that a key, or the palette, asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Leave, after asking what becomes of a run at work.
    Quit,
    /// Show or hide the keys.
    Help,
    /// Find an action by its name.
    Palette,
    /// Go to a screen.
    Show(Tab),
    /// The screen to the right.
    NextTab,
    /// The screen to the left.
    PreviousTab,
    /// Choose a theme, with a preview.
    Themes,
    /// The next way of drawing pictures.
    Graphics,
    /// Draw everything anew.
    Redraw,
    /// Stop the program until the shell's `fg`.
    Suspend,
    /// Copy the command line that repeats the query.
    CopyCommand,
    /// Copy the path of the run, or of the selected picture.
    CopyPath,
    /// The next part of the screen.
    NextPane,
    /// The part before.
    PreviousPane,
    /// One up.
    Up,
    /// One down.
    Down,
    /// One to the left: the step below.
    Left,
    /// One to the right: the step above.
    Right,
    /// Ten steps below.
    FarLeft,
    /// Ten steps above.
    FarRight,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// The first.
    First,
    /// The last.
    Last,
    /// Take what is selected.
    Choose,
    /// Leave without a change.
    Back,
    /// Type the value.
    Type,
    /// Put the value back.
    Reset,
    /// Take back the last change.
    Undo,
    /// Write in the search field.
    Search,
    /// Another bundle.
    Bundles,
    /// Another constraint, for AND.
    Add,
    /// Remove what is selected.
    Remove,
    /// Open this end of the interval.
    OpenEnd,
    /// The other end of the interval.
    OtherEnd,
    /// Write the ends as quantiles or as values.
    EndKind,
    /// Start the run.
    Start,
    /// Pause, or go on.
    Pause,
    /// One step, then pause.
    SingleStep,
    /// Write a checkpoint now.
    Checkpoint,
    /// Stop the run and keep what it has.
    Stop,
    /// Start the same query anew, in another folder.
    Restart,
    /// Go on with a run that was stopped.
    Resume,
    /// Put the row that lies farthest from its interval at a new start.
    Reseed,
    /// The sample before.
    PreviousSample,
    /// The next sample.
    NextSample,
    /// The next constraint on the chart.
    NextConstraint,
    /// The whole history, or the last steps.
    Zoom,
    /// Mark the sample.
    Mark,
    /// Hide the sample, or show it again.
    Drop,
    /// Show hidden samples too.
    ShowDropped,
    /// Add to the selection, or take away.
    Select,
    /// Select all, or none.
    SelectAll,
    /// The next order.
    Sort,
    /// Larger pictures.
    Larger,
    /// Smaller pictures.
    Smaller,
    /// Save the selected samples elsewhere.
    Export,
    /// Every score of the run's samples, with the judge's and those against real images.
    Scores,
    /// Look again.
    Refresh,
    /// Start a run for each constraint alone.
    Alone,
    /// Put the real images inside the interval beside the samples.
    RealImages,
}

/// The screens, in the order of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tab {
    /// What is asked.
    Query,
    /// The run at work.
    Run,
    /// Its samples.
    Gallery,
    /// Its embeddings in the plane.
    Map,
    /// Several runs side by side.
    Compare,
    /// All run folders.
    Runs,
}

impl Tab {
    /// All, from left to right.
    pub const ALL: [Tab; 6] = [
        Tab::Query,
        Tab::Run,
        Tab::Gallery,
        Tab::Map,
        Tab::Compare,
        Tab::Runs,
    ];

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Tab::Query => "Query",
            Tab::Run => "Run",
            Tab::Gallery => "Gallery",
            Tab::Map => "Map",
            Tab::Compare => "Compare",
            Tab::Runs => "Runs",
        }
    }
}

/// What has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Everywhere, where nothing nearer takes the key.
    Everywhere,
    /// The search field of the query screen.
    Search,
    /// Its list of units.
    Units,
    /// Its interval.
    Interval,
    /// Its constraints.
    Constraints,
    /// Its settings.
    Settings,
    /// The run screen.
    Run,
    /// The gallery.
    Gallery,
    /// The map.
    Map,
    /// The comparison.
    Compare,
    /// The list of runs.
    Runs,
    /// The filter of the list of runs.
    Filter,
    /// One picture, large.
    Large,
    /// The keys.
    Help,
    /// The palette.
    Palette,
    /// A question with answers to choose from.
    Question,
    /// A line to type.
    Prompt,
    /// The themes.
    Themes,
    /// Every score of a run.
    Scores,
}

impl Place {
    /// All, in the order of the documentation.
    pub const ALL: [Place; 19] = [
        Place::Everywhere,
        Place::Search,
        Place::Units,
        Place::Interval,
        Place::Constraints,
        Place::Settings,
        Place::Run,
        Place::Gallery,
        Place::Map,
        Place::Compare,
        Place::Runs,
        Place::Filter,
        Place::Large,
        Place::Help,
        Place::Palette,
        Place::Question,
        Place::Prompt,
        Place::Themes,
        Place::Scores,
    ];

    /// Its name in the help and in the documentation.
    pub fn title(self) -> &'static str {
        match self {
            Place::Everywhere => "Everywhere",
            Place::Search => "Query: search",
            Place::Units => "Query: units",
            Place::Interval => "Query: interval",
            Place::Constraints => "Query: constraints",
            Place::Settings => "Query: settings",
            Place::Run => "Run",
            Place::Gallery => "Gallery",
            Place::Map => "Map",
            Place::Compare => "Compare",
            Place::Runs => "Runs",
            Place::Filter => "Runs: filter",
            Place::Large => "One picture, large",
            Place::Help => "Help",
            Place::Palette => "Palette",
            Place::Question => "Question",
            Place::Prompt => "Typing a value",
            Place::Themes => "Themes",
            Place::Scores => "All scores",
        }
    }

    /// Whether plain characters are text here: only chords that type nothing are actions then.
    pub fn is_typing(self) -> bool {
        matches!(
            self,
            Place::Search | Place::Filter | Place::Palette | Place::Prompt | Place::Help
        )
    }

    /// Whether actions of [`Place::Everywhere`] hold here too.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            Place::Help
                | Place::Palette
                | Place::Question
                | Place::Prompt
                | Place::Themes
                | Place::Scores
        )
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What is done.
    pub action: Action,
    /// Its name in keymap files.
    pub id: &'static str,
    /// Two or three words, for the footer and the palette.
    pub title: &'static str,
    /// A sentence, for the help and the documentation.
    pub help: &'static str,
    /// The chords that ask for it, as in keymap files; the first is the one shown.
    pub keys: &'static [&'static str],
    /// Where.
    pub places: &'static [Place],
    /// How early it stands in the footer of its place; 0 keeps it out.
    pub footer: u8,
}

use Place::{
    Compare, Constraints, Everywhere, Filter, Gallery, Help, Interval, Large, Map, Palette, Prompt,
    Question, Run, Runs, Scores, Search, Settings, Themes, Units,
};

macro_rules! table {
    ($($action:expr, $id:literal, $title:literal, [$($key:literal),*], [$($place:ident),*], $footer:literal, $help:literal;)+) => {
        /// Every action.
        pub const TABLE: &[Entry] = &[$(Entry {
            action: $action,
            id: $id,
            title: $title,
            help: $help,
            keys: &[$($key),*],
            places: &[$($place),*],
            footer: $footer,
        }),+];
    };
}

table! {
    Action::Quit, "quit", "quit", ["q", "ctrl-q", "ctrl-c"], [Everywhere], 90, "Leave; a run at work goes on, or stops, as you answer.";
    Action::Help, "help", "help", ["?", "f1"], [Everywhere, Help], 80, "Show all keys, or hide them.";
    Action::Palette, "palette", "actions", [":", "ctrl-p"], [Everywhere, Palette], 85, "Find an action by its name.";
    Action::Show(Tab::Query), "query", "query", ["1"], [Everywhere], 0, "Go to the query: units, interval, settings.";
    Action::Show(Tab::Run), "run", "run", ["2"], [Everywhere], 0, "Go to the run at work.";
    Action::Show(Tab::Gallery), "gallery", "gallery", ["3"], [Everywhere], 0, "Go to the gallery of samples.";
    Action::Show(Tab::Map), "map", "map", ["4"], [Everywhere], 0, "Go to the map of the embeddings.";
    Action::Show(Tab::Compare), "compare", "compare", ["5"], [Everywhere], 0, "Go to the comparison of runs.";
    Action::Show(Tab::Runs), "runs", "runs", ["6"], [Everywhere], 0, "Go to the list of all runs.";
    Action::NextTab, "next-screen", "next screen", ["alt-right", "ctrl-right"], [Everywhere], 65, "Go to the screen on the right.";
    Action::PreviousTab, "previous-screen", "previous screen", ["alt-left", "ctrl-left"], [Everywhere], 0, "Go to the screen on the left.";
    Action::Themes, "themes", "themes", ["T"], [Everywhere], 0, "Choose a theme; the screen shows each at once.";
    Action::Graphics, "graphics", "pictures", ["K"], [Everywhere], 0, "Draw pictures in the next way: the terminal's graphics, half blocks, quadrants.";
    Action::Redraw, "redraw", "redraw", ["ctrl-l"], [Everywhere], 0, "Draw the whole screen anew.";
    Action::Suspend, "suspend", "suspend", ["ctrl-z"], [Everywhere], 0, "Back to the shell until fg; a run goes on.";
    Action::CopyCommand, "copy-command", "copy command", ["y", "ctrl-y"], [Everywhere], 0, "Copy the invset command that repeats this query.";
    Action::CopyPath, "copy-path", "copy path", ["Y"], [Everywhere], 0, "Copy the path of the run, or of the selected picture.";
    Action::Start, "start", "start", ["ctrl-r", "f5"], [Search, Units, Interval, Constraints, Settings], 5, "Start a run with this query.";
    Action::NextPane, "next-pane", "next part", ["tab"], [Search, Units, Interval, Constraints, Settings], 40, "Go to the next part of the screen.";
    Action::PreviousPane, "previous-pane", "part before", ["backtab"], [Search, Units, Interval, Constraints, Settings], 0, "Go to the part of the screen before.";
    Action::Up, "up", "up", ["up", "k"], [Search, Units, Interval, Constraints, Settings, Run, Gallery, Map, Compare, Runs, Filter, Help, Palette, Question, Themes, Scores], 0, "One up.";
    Action::Down, "down", "down", ["down", "j"], [Search, Units, Interval, Constraints, Settings, Run, Gallery, Map, Compare, Runs, Filter, Help, Palette, Question, Themes, Scores], 0, "One down.";
    Action::Left, "left", "less", ["left", "h"], [Interval, Settings, Run, Gallery, Map, Compare, Large, Question, Scores], 0, "One to the left, or the value a step down.";
    Action::Right, "right", "more", ["right", "l"], [Interval, Settings, Run, Gallery, Map, Compare, Large, Question, Scores], 0, "One to the right, or the value a step up.";
    Action::FarLeft, "far-left", "ten less", ["shift-left", "H"], [Interval, Settings, Run], 0, "The value ten steps down.";
    Action::FarRight, "far-right", "ten more", ["shift-right", "L"], [Interval, Settings, Run], 0, "The value ten steps up.";
    Action::PageUp, "page-up", "page up", ["pageup"], [Search, Units, Gallery, Compare, Runs, Filter, Help, Palette, Themes, Scores], 0, "A page up.";
    Action::PageDown, "page-down", "page down", ["pagedown"], [Search, Units, Gallery, Compare, Runs, Filter, Help, Palette, Themes, Scores], 0, "A page down.";
    Action::First, "first", "first", ["home", "g"], [Units, Gallery, Map, Compare, Runs, Help, Themes, Scores], 0, "Go to the first.";
    Action::Last, "last", "last", ["end", "G"], [Units, Gallery, Map, Compare, Runs, Help, Themes, Scores], 0, "Go to the last.";
    Action::Choose, "choose", "choose", ["enter"], [Search, Units, Constraints, Settings, Run, Gallery, Map, Compare, Runs, Filter, Palette, Question, Prompt, Themes], 10, "Take what is selected: the unit, the picture large, the run.";
    Action::Back, "back", "back", ["esc"], [Search, Units, Interval, Constraints, Settings, Gallery, Map, Compare, Runs, Filter, Large, Help, Palette, Question, Prompt, Themes, Scores], 70, "Leave without a change.";
    Action::Search, "search", "search", ["/"], [Units, Interval, Constraints, Settings, Runs], 20, "Search by typing.";
    Action::Bundles, "bundles", "bundle", ["b", "ctrl-b"], [Search, Units, Interval, Constraints, Settings], 35, "Choose another bundle of networks.";
    Action::Add, "add", "and", ["a", "ctrl-a"], [Search, Units, Interval, Constraints], 30, "Ask for this unit too: all constraints hold at once.";
    Action::Remove, "remove", "remove", ["x", "delete"], [Constraints, Compare, Runs], 30, "Remove the constraint, the run from the comparison, or the run's folder after asking.";
    Action::OtherEnd, "other-end", "other end", ["space"], [Interval], 21, "Move the other end of the interval.";
    Action::OpenEnd, "open-end", "open end", ["o"], [Interval], 22, "Leave this end of the interval open, or close it again.";
    Action::EndKind, "end-kind", "quantile/value", ["v"], [Interval], 23, "Write this end as a quantile of real images or as a value.";
    Action::Type, "type", "type value", ["="], [Interval, Settings, Run], 24, "Type the value.";
    Action::Reset, "reset", "reset", ["r"], [Interval, Settings, Run], 25, "Put the value back to what it was at first.";
    Action::Undo, "undo", "undo", ["u"], [Interval, Constraints, Settings, Run], 26, "Take back the last change.";
    Action::Pause, "pause", "pause/go on", ["space"], [Run], 11, "Pause the run, or let it go on.";
    Action::SingleStep, "single-step", "one step", ["s"], [Run], 12, "Make one step, then pause.";
    Action::Checkpoint, "checkpoint", "checkpoint", ["c"], [Run], 0, "Write a checkpoint now.";
    Action::Stop, "stop", "stop, keep", ["x"], [Run], 14, "Stop the run and keep what it has; it can be resumed.";
    Action::Restart, "restart", "restart", ["R"], [Run, Gallery, Map], 0, "Start the same query anew, in another folder.";
    Action::Resume, "resume", "resume", ["ctrl-g"], [Run, Gallery, Map, Runs], 28, "Go on with a run that was stopped or killed.";
    Action::PreviousSample, "previous-sample", "sample before", ["[", "p"], [Run, Gallery, Map, Large], 0, "Select the sample before.";
    Action::NextSample, "next-sample", "next sample", ["]", "n"], [Run, Gallery, Map, Large], 27, "Select the next sample.";
    Action::NextConstraint, "next-constraint", "next constraint", ["t"], [Run], 0, "Chart the next constraint.";
    Action::Zoom, "zoom", "zoom", ["z"], [Run], 0, "Chart the whole history, or the last steps.";
    Action::Reseed, "reseed", "re-seed", ["e"], [Run], 0, "Put the row that lies farthest from its interval at a new start.";
    Action::Mark, "mark", "mark", ["m"], [Run, Gallery, Map, Large], 15, "Mark the sample, or take the mark away.";
    Action::Drop, "drop", "hide", ["d"], [Run, Gallery, Map, Large], 16, "Hide the sample from galleries and exports, or show it again; its files stay.";
    Action::ShowDropped, "show-dropped", "show hidden", ["D"], [Gallery], 0, "Show hidden samples too.";
    Action::Select, "select", "select", ["space"], [Gallery, Runs], 12, "Add to the selection, or take away; in the list of runs: to the comparison.";
    Action::SelectAll, "select-all", "select all", ["A"], [Gallery], 0, "Select all, or none.";
    Action::Sort, "sort", "sort", ["o"], [Gallery, Runs], 18, "Order by the next: index, activation, distinctness, step.";
    Action::Larger, "larger", "larger", ["+"], [Gallery], 0, "Larger pictures.";
    Action::Smaller, "smaller", "smaller", ["-"], [Gallery], 0, "Smaller pictures.";
    Action::Export, "export", "export", ["e"], [Gallery, Large], 13, "Save the selected samples as pictures with a table beside them.";
    Action::Alone, "alone", "each alone", ["a"], [Compare], 31, "Start a run for each constraint of the run alone, and compare them with it.";
    Action::RealImages, "real-images", "real images", ["i"], [Run, Gallery, Compare], 0, "Put the real images inside the interval beside the samples, out of the folder last measured with invset stats.";
    Action::Scores, "scores", "all scores", ["M"], [Run, Gallery, Map], 17, "Every score of the samples, in the encoder and in the judge and against real images: takes networks and time.";
    Action::Refresh, "refresh", "refresh", ["ctrl-u"], [Runs, Scores], 72, "Look for run folders again; of all scores: take them again.";
}

/// The entry of an action.
pub fn entry(action: Action) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.action == action)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_has_one_line_one_name_and_a_key() {
        let ids: BTreeSet<_> = TABLE.iter().map(|entry| entry.id).collect();
        assert_eq!(ids.len(), TABLE.len());
        let actions: BTreeSet<_> = TABLE.iter().map(|entry| entry.action).collect();
        assert_eq!(actions.len(), TABLE.len());
        for entry in TABLE {
            assert!(!entry.keys.is_empty(), "{}", entry.id);
            assert!(!entry.places.is_empty(), "{}", entry.id);
            assert!(entry.help.ends_with('.'), "{}", entry.id);
        }
    }

    #[test]
    fn an_overlay_can_always_be_left() {
        let back = entry(Action::Back).map_or(&[][..], |entry| entry.places);
        for place in Place::ALL.into_iter().filter(|place| !place.is_open()) {
            assert!(back.contains(&place), "{place:?}");
        }
    }
}
