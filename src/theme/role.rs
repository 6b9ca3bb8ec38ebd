//! What a piece of the screen means; a theme gives each meaning a style.

/// A meaning that has a style of its own in every theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Plain text.
    Text,
    /// Text that may be overlooked: units, hints, what is switched off.
    Dim,
    /// The title of a panel or a column.
    Title,
    /// The one colour that draws the eye: the value that matters, the cursor of an input.
    Accent,
    /// The border of a panel.
    Border,
    /// The border of the panel that takes the keys.
    BorderFocus,
    /// The row or the picture that is selected.
    Select,
    /// Inside the interval, finished, accepted.
    Good,
    /// Worth a look: not feasible yet, slow, stopped by hand.
    Warn,
    /// Failed or refused.
    Bad,
    /// A key of the keyboard, in the footer and in the help.
    Key,
    /// The interval asked for, in charts and gauges.
    Band,
    /// A value that was sent and is not in force yet.
    Pending,
    /// The letters that a search found.
    Match,
    /// Bars of histograms and the filled part of gauges.
    Bar,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 15] = [
        Role::Text,
        Role::Dim,
        Role::Title,
        Role::Accent,
        Role::Border,
        Role::BorderFocus,
        Role::Select,
        Role::Good,
        Role::Warn,
        Role::Bad,
        Role::Key,
        Role::Band,
        Role::Pending,
        Role::Match,
        Role::Bar,
    ];

    /// The role's key in a theme file.
    pub fn name(self) -> &'static str {
        match self {
            Role::Text => "text",
            Role::Dim => "dim",
            Role::Title => "title",
            Role::Accent => "accent",
            Role::Border => "border",
            Role::BorderFocus => "border_focus",
            Role::Select => "select",
            Role::Good => "good",
            Role::Warn => "warn",
            Role::Bad => "bad",
            Role::Key => "key",
            Role::Band => "band",
            Role::Pending => "pending",
            Role::Match => "match",
            Role::Bar => "bar",
        }
    }

    /// What it marks, in one line for the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Role::Text => "plain text",
            Role::Dim => "what may be overlooked: units, hints, what is switched off",
            Role::Title => "titles of panels and columns",
            Role::Accent => "what draws the eye: the value that matters, the cursor of an input",
            Role::Border => "borders of panels",
            Role::BorderFocus => "the border of the panel that takes the keys",
            Role::Select => "the selected row or picture",
            Role::Good => "inside the interval, finished, accepted",
            Role::Warn => "worth a look: not feasible yet, slow, stopped by hand",
            Role::Bad => "failed or refused",
            Role::Key => "keys of the keyboard, in the footer and in the help",
            Role::Band => "the interval asked for, in charts and gauges",
            Role::Pending => "a value that was sent and is not in force yet",
            Role::Match => "the letters that a search found",
            Role::Bar => "bars of histograms, the filled part of gauges",
        }
    }

    /// The role of a name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}
