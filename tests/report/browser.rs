//! The page in a browser: Debian's chromium without a window, cut off from every network.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{reported, sampled};

/// What a reader sees, left by a script as attributes of the page's body.
const WITNESS: &str = r#"<script>
addEventListener("load", () => {
  const count = (what) => document.querySelectorAll(what).length;
  const pictures = [...document.querySelectorAll(".sample img")];
  const decoded = pictures.filter((picture) => picture.complete && picture.naturalWidth > 0);
  const fetched = performance.getEntriesByType("resource").filter((entry) => !entry.name.startsWith("data:"));
  const hidden = [...document.querySelectorAll("h1, h2, h3, figure")].filter((node) => node.offsetHeight === 0);
  const seen = { decoded: decoded.length, fetched: fetched.length, hidden: hidden.length,
    headings: count("h1, h2, h3"), plots: count(".plot svg"), orders: count(".order select"),
    over: document.documentElement.scrollWidth - innerWidth };
  for (const [name, value] of Object.entries(seen)) document.body.setAttribute("data-" + name, value);
});
</script></body>"#;

/// The browser; says so where there is none.
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("INVSET_TEST_CHROMIUM").map(PathBuf::from);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths)
        .flat_map(|folder| ["chromium", "chromium-browser"].map(|name| folder.join(name)))
        .find(|path| path.is_file());
    let browser = named.or(found);
    if browser.is_none() {
        eprintln!(
            "SKIPPED: there is no chromium, which shows reports in a test (INVSET_TEST_CHROMIUM)"
        );
    }
    browser
}

/// Runs the browser on a page; gives what it prints.
fn browse(browser: &Path, page: &Path, width: u32, more: &[&str]) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},2000"))
        .args(more)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_browser_shows_every_picture_and_asks_nobody_for_anything() {
    let Some(browser) = chromium() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "6", "-k", "3"]);
    let (page, _) = reported(folder.path(), &[&place], &[]);
    let witnessed = folder.path().join("witnessed.html");
    std::fs::write(&witnessed, page.replace("</body>", WITNESS)).unwrap();
    let headings =
        page.matches("<h1").count() + page.matches("<h2").count() + page.matches("<h3").count();
    for width in [360, 1400] {
        let seen = browse(&browser, &witnessed, width, &["--dump-dom"]);
        let body = seen
            .split("<body")
            .nth(1)
            .unwrap()
            .split('>')
            .next()
            .unwrap();
        let value = |name: &str| {
            let start = body.split(&format!("data-{name}=\"")).nth(1);
            start
                .unwrap_or_else(|| panic!("{body}"))
                .split('"')
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(value("decoded"), "6", "pictures at {width}");
        assert_eq!(value("plots"), "3");
        assert_eq!(value("headings"), headings.to_string());
        assert_eq!(
            value("hidden"),
            "0",
            "headings and figures are seen at {width}"
        );
        assert_eq!(value("orders"), "1", "the page's own script runs");
        assert_eq!(value("fetched"), "0");
        assert_eq!(value("over"), "0", "nothing sticks out at {width}");
    }
}

#[test]
fn a_picture_of_the_page_is_not_blank() {
    let Some(browser) = chromium() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let place = sampled(folder.path(), "run", &["-n", "6", "-k", "3"]);
    reported(folder.path(), &[&place], &["--no-scores"]);
    let page = folder.path().join("report.html");
    for width in [360, 1400] {
        let picture = folder.path().join(format!("{width}.png"));
        let screenshot = format!("--screenshot={}", picture.display());
        browse(&browser, &page, width, &[&screenshot]);
        let image = image::open(&picture).unwrap().to_rgb8();
        let ground = *image.get_pixel(0, 0);
        let drawn = image.pixels().filter(|&&pixel| pixel != ground).count();
        let share = drawn as f64 / image.pixels().len() as f64;
        assert!(
            share > 0.05 && share < 0.95,
            "{share} of the page at {width}"
        );
    }
}
