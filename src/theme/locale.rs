//! Whether text may hold more than ASCII.

/// Whether the environment's locale writes UTF-8: `LC_ALL`, else `LC_CTYPE`, else `LANG`. Where none
/// is set, as in most containers, the terminal is trusted: those of today show UTF-8, and a missing
/// locale, unlike a locale `C`, says nothing against it.
pub fn is_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|locale| !locale.is_empty())
        .is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unicode(variables: &[(&str, &str)]) -> bool {
        is_unicode(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        assert!(unicode(&[("LANG", "de_DE.UTF-8")]));
        assert!(unicode(&[("LANG", "C.utf8")]));
        assert!(!unicode(&[("LANG", "de_DE.ISO-8859-1")]));
        assert!(!unicode(&[("LANG", "C")]));
        assert!(!unicode(&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")]));
        assert!(unicode(&[
            ("LC_ALL", ""),
            ("LC_CTYPE", "C.UTF-8"),
            ("LANG", "C")
        ]));
    }

    #[test]
    fn no_locale_at_all_says_nothing_against_unicode() {
        assert!(unicode(&[]));
        assert!(unicode(&[("LANG", "")]));
    }
}
