//! The invariants of ARCHITECTURE.md, held against the source text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use of ours; arrows go down only.
const LAYERS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("files", &[]),
    ("toml_file", &["text"]),
    ("graph", &[]),
    ("onnx", &["graph", "text"]),
    ("runtime", &["graph", "onnx"]),
    ("autodiff", &["graph"]),
    ("sampler", &[]),
    ("metrics", &["sampler"]),
    ("bundle", &["files", "graph", "onnx", "text"]),
    ("query", &["bundle", "graph", "onnx", "sampler", "text"]),
    (
        "engine",
        &[
            "autodiff", "bundle", "graph", "onnx", "query", "runtime", "sampler", "text",
        ],
    ),
    (
        "check",
        &[
            "autodiff", "bundle", "engine", "graph", "onnx", "query", "runtime", "sampler", "text",
        ],
    ),
    ("plot", &[]),
    (
        "real",
        &[
            "bundle", "engine", "files", "metrics", "query", "runtime", "text",
        ],
    ),
    (
        "run",
        &[
            "bundle", "engine", "files", "metrics", "plot", "query", "real", "runtime", "sampler",
            "text",
        ],
    ),
    ("preview", &["text"]),
    ("theme", &["text", "toml_file"]),
    ("machine", &[]),
    (
        "report",
        &[
            "bundle", "metrics", "preview", "real", "run", "sampler", "text",
        ],
    ),
    (
        "config",
        &["files", "preview", "text", "theme", "toml_file"],
    ),
    (
        "tui",
        &[
            "bundle", "config", "engine", "files", "machine", "metrics", "preview", "query",
            "real", "run", "runtime", "sampler", "text", "theme",
        ],
    ),
    (
        "cli",
        &[
            "autodiff",
            "bundle",
            "check",
            "config",
            "engine",
            "files",
            "graph",
            "machine",
            "metrics",
            "onnx",
            "preview",
            "query",
            "real",
            "report",
            "run",
            "runtime",
            "sampler",
            "text",
            "theme",
            "toml_file",
            "tui",
        ],
    ),
];

/// Crates that only some modules may name.
const CONFINED: &[(&str, &[&str])] = &[
    ("prost", &["onnx"]),
    ("ort", &["runtime"]),
    ("rten", &["runtime"]),
    ("rten_tensor", &["runtime"]),
    ("ratatui", &["tui", "preview", "theme"]),
    ("crossterm", &["tui", "preview", "theme"]),
    ("viuer", &["preview"]),
    ("plotters", &["report"]),
    ("nvml_wrapper", &["machine"]),
    ("clap", &["cli", "engine", "runtime", "preview"]),
];

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file with the module it belongs to and its code: comments and unit tests left out.
fn sources() -> Vec<(PathBuf, String, String)> {
    let mut files = Vec::new();
    collect(&source_folder(), &mut files);
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let relative = path.strip_prefix(source_folder()).unwrap().to_owned();
            let first = relative.components().next().unwrap().as_os_str();
            let module = first.to_string_lossy().trim_end_matches(".rs").to_owned();
            let code = code_of(&fs::read_to_string(&path).unwrap());
            (relative, module, code)
        })
        .filter(|(relative, _, _)| !is_test_file(relative))
        .collect()
}

fn is_test_file(path: &Path) -> bool {
    path.file_stem()
        .is_some_and(|stem| stem == "tests" || stem.to_string_lossy().starts_with("test_"))
        || path.components().any(|part| part.as_os_str() == "tests")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn code_of(text: &str) -> String {
    let before_tests = text
        .find("#[cfg(test)]\nmod tests {")
        .map_or(text, |at| &text[..at]);
    before_tests
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The identifiers that follow `prefix` in `code`.
fn names_after<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    code.match_indices(prefix)
        .filter(|(at, _)| {
            !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
        })
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

#[test]
fn modules_use_only_the_layers_below_them() {
    let mut broken = Vec::new();
    for (path, module, code) in sources() {
        if module == "main" || module == "lib" {
            continue;
        }
        let (_, allowed) = LAYERS
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("module {module} has no place in the layers"));
        for used in names_after(&code, "crate::") {
            let is_module = LAYERS.iter().any(|(name, _)| *name == used);
            if is_module && used != module && !allowed.contains(&used) {
                broken.push(format!("{}: {module} uses {used}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn libraries_stay_in_the_module_that_wraps_them() {
    let mut broken = Vec::new();
    for (path, module, code) in sources() {
        for (library, homes) in CONFINED {
            let named = names_after(&code, &format!("{library}::"));
            let used = code.contains(&format!("use {library}::")) || !named.is_empty();
            if used && !homes.contains(&module.as_str()) {
                broken.push(format!("{} names {library}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_front_end_writes_a_run_folder() {
    let writers = [
        "RunFolder::create",
        "LineFile",
        "Recorder",
        "RunLock",
        "SweepFolder",
        ".replace(",
    ];
    let mut broken = Vec::new();
    for (path, module, code) in sources() {
        if !["cli", "tui", "report", "preview"].contains(&module.as_str()) {
            continue;
        }
        // Replacing in a text is not replacing a file.
        let code = code.replace(".replace('", "").replace(".replace(\"", "");
        for writer in writers {
            if code.contains(writer) && code.contains("run::") {
                broken.push(format!("{} uses {writer}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_sampler_reads_no_clock() {
    for (path, module, code) in sources() {
        if module == "sampler" || module == "metrics" {
            for clock in ["Instant", "SystemTime", "std::time"] {
                assert!(!code.contains(clock), "{} names {clock}", path.display());
            }
        }
    }
}

/// What decides what happens on the screens can be tested without any of these.
#[test]
fn updates_of_the_screens_know_no_thread_file_terminal_or_clock() {
    let mut seen = 0;
    for (path, _, code) in sources() {
        if !["tui/update", "tui/model"]
            .iter()
            .any(|folder| path.starts_with(folder))
        {
            continue;
        }
        seen += 1;
        for outside in [
            "std::fs",
            "std::thread",
            "std::time",
            "Instant",
            "crossbeam",
            "std::io",
        ] {
            assert!(
                !code.contains(outside),
                "{} names {outside}",
                path.display()
            );
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_map_names_every_module() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md"))
        .expect("ARCHITECTURE.md");
    for (module, _) in LAYERS {
        assert!(
            map.contains(&format!("`src/{module}")),
            "ARCHITECTURE.md does not name src/{module}"
        );
    }
}
