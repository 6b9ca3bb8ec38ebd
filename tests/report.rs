//! Reports from outside: one page that is whole, its figures and tables as files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "report/browser.rs"]
mod browser;
mod common;
#[path = "report/files.rs"]
mod files;
#[path = "report/page.rs"]
mod page;
#[path = "report/refusals.rs"]
mod refusals;

use std::path::{Path, PathBuf};

use common::{invset, json, run};

/// A small run in a folder of that name.
fn sampled(parent: &Path, name: &str, more: &[&str]) -> PathBuf {
    let folder = parent.join(name);
    let place = folder.to_str().unwrap();
    let arguments = [
        "sample",
        "--where",
        "sneaker in p90..p99",
        "--json",
        "--quiet",
        "--out",
        place,
    ];
    json(&run(&[&arguments[..], more].concat()));
    folder
}

/// The page of some runs, and what the command printed.
fn reported(parent: &Path, runs: &[&Path], more: &[&str]) -> (String, serde_json::Value) {
    let file = parent.join("report.html");
    let mut arguments = vec!["report"];
    arguments.extend(runs.iter().map(|run| run.to_str().unwrap()));
    arguments.extend(["-o", file.to_str().unwrap(), "--json"]);
    arguments.extend(more);
    // No folder of real images is remembered from elsewhere.
    let output = invset()
        .args(&arguments)
        .env("INVSET_CACHE", parent.join("cache"))
        .output()
        .unwrap();
    let printed = json(&output);
    (std::fs::read_to_string(file).unwrap(), printed)
}

/// The page read as XML.
fn parsed(page: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    roxmltree::Document::parse_with_options(page, options).unwrap()
}

/// The elements of a name, in their order.
fn elements<'a, 'i>(
    page: &'a roxmltree::Document<'i>,
    name: &'a str,
) -> impl Iterator<Item = roxmltree::Node<'a, 'i>> {
    page.descendants()
        .filter(move |node| node.tag_name().name() == name)
}

/// All text within an element.
fn text_of(node: roxmltree::Node<'_, '_>) -> String {
    node.descendants()
        .filter_map(|inner| inner.text().filter(|_| inner.is_text()))
        .collect()
}
