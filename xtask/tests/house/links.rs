//! Links between the documents.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{files, root, shown, text};

/// Targets of `[words](target)` outside code.
fn links(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    let prose = prose.flat_map(|block| block.split('`').step_by(2));
    // A link's words may hold code, so its end can be at the start of a piece.
    prose.flat_map(|piece| piece.split("](").skip(1).filter_map(|rest| rest.split(')').next())).collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let prose: String = page.split("```").step_by(2).collect();
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let headings = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let anchor = |heading: String| -> String {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn no_link_between_documents_is_dead() {
    let (mut count, mut dead) = (0, Vec::new());
    for path in files(root(), "md") {
        let page = text(&path);
        for link in links(&page).into_iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let is_page = |path: &Path| path.extension().is_some_and(|its| its == "md");
            let is_there =
                target.exists() && (anchor.is_empty() || is_page(&target) && anchors(&text(&target)).contains(anchor));
            if !is_there {
                dead.push(format!("{}: {link}", shown(&path)));
            }
            count += 1;
        }
    }
    assert!(count >= 40, "{count}");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn links_and_anchors_are_read_as_github_reads_them() {
    let page = "# A `b` & C, d!\n[one](x.md#a-b--c-d), ![two](y.png)\n```\n[no](z)\n```\n[`code`](w.md)";
    assert_eq!(links(page), ["x.md#a-b--c-d", "y.png", "w.md"]);
    assert!(anchors(page).contains("a-b--c-d"));
}
