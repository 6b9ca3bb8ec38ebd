//! The themes in the binary.

/// Name and text of each built-in theme, in the order in which they are offered.
pub(super) const BUILT_IN: [(&str, &str); 5] = [
    ("night", include_str!("../../themes/night.toml")),
    ("day", include_str!("../../themes/day.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("ansi", include_str!("../../themes/ansi.toml")),
    (COLOURLESS, include_str!("../../themes/mono.toml")),
];

/// The theme that every other one looks like where there are no colours.
pub(super) const COLOURLESS: &str = "mono";
