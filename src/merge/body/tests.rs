//! What becomes of a request/response page: as it was generated, edited and generated anew.

use super::merge;
use crate::merge::{Conflicts, Eyes, Merged, Steps};
use crate::model::{Body, Exchange, FindingKind, Message, Recording, Request};

/// A generated section with the lines of its header.
fn section(step: usize, title: &str, header: &[&str]) -> String {
    let header: String = header.iter().map(|line| format!("    {line}\n")).collect();
    format!(
        "\n### ({step}) {title}\n`a` --> `b`\n\n=== \"Header\"\n    ``` http title=\"{title}\" linenums=\"1\"\n{header}    ```\n\n=== \"Body\"\n    ``` json title=\"{title}\" linenums=\"1\"\n    none\n    ```\n\n"
    )
}

fn page(sections: &[(&str, &[&str])]) -> String {
    let numbered = sections.iter().zip(1..);
    numbered.map(|((title, header), step)| section(step, title, header)).collect()
}

/// Requests without answers, one for each title.
fn recording(sections: &[(&str, &[&str])]) -> Recording {
    let exchange = |(title, _): &(&str, &[&str])| {
        let (method, path) = title.split_once(' ').expect("a title has a path");
        Exchange {
            from: "a".to_owned(),
            to: "b".to_owned(),
            request: Request {
                method: method.to_owned(),
                url: format!("http://h{path}"),
                headers: Vec::new(),
                body: Body::Empty,
            },
            response: None,
            process: None,
        }
    };
    Recording {
        exchanges: sections.iter().map(exchange).collect(),
        messages: (0..sections.len()).map(Message::Request).collect(),
    }
}

type Sections<'a> = &'a [(&'a str, &'a [&'a str])];

fn merged(base: Sections<'_>, own: &str, new: Sections<'_>, conflicts: Conflicts) -> Merged {
    let partners: Vec<Option<usize>> =
        new.iter().map(|(title, _)| base.iter().position(|(other, _)| other == title)).collect();
    let steps = Steps::new(&recording(base), &recording(new), &partners);
    let eyes = Eyes {
        hide: &|text| text.replace("s3cret", "[redacted]"),
        mask: &|text| text.to_owned(),
        conflicts,
    };
    merge(Some(&page(base)), own, &page(new), &steps, &eyes)
}

fn text(merged: &Merged) -> String {
    merged.lines.iter().map(|line| format!("{line}\n")).collect()
}

#[track_caller]
fn becomes(base: Sections<'_>, own: &str, new: Sections<'_>, expected: &str) {
    let merged = merged(base, own, new, Conflicts::Keep);
    assert_eq!(text(&merged), expected);
    assert_eq!(merged.findings, []);
    let again = super::merge(
        Some(&page(new)),
        expected,
        &page(new),
        &Steps::new(
            &recording(new),
            &recording(new),
            &(0..new.len()).map(Some).collect::<Vec<_>>(),
        ),
        &Eyes {
            hide: &|text| text.to_owned(),
            mask: &|text| text.to_owned(),
            conflicts: Conflicts::Keep,
        },
    );
    assert_eq!(text(&again), expected, "twice is once");
}

const X: (&str, &[&str]) = ("GET /x", &["Host: h", "Token: t"]);
const Y: (&str, &[&str]) = ("GET /y", &["Host: h"]);
const W: (&str, &[&str]) = ("GET /w", &["Host: w"]);

const PROSE: &str = "`a` --> `b`\n\n!!! reference \"API\"\n    [link](x)\n\nafter `(1)`\n    ``` ini\n    # (1)\n    ```\n\n=== \"Header\"";

/// A page of X and Y with words below the heading of X, and its token marked.
fn edited() -> String {
    page(&[X, Y]).replacen("`a` --> `b`\n\n=== \"Header\"", PROSE, 1).replacen(
        "linenums=\"1\"",
        "linenums=\"1\" hl_lines=\"2\"",
        1,
    )
}

#[test]
fn a_page_without_news_stays_as_it_is() {
    becomes(&[X, Y], &edited(), &[X, Y], &edited());
}

#[test]
fn words_and_marks_follow_their_message_and_its_lines() {
    let more: (&str, &[&str]) = ("GET /x", &["Host: h", "New: n", "Token: u"]);
    let expected = page(&[W, more, Y])
        .replacen(
            "(2) GET /x\n`a` --> `b`\n\n=== \"Header\"",
            &format!("(2) GET /x\n{}", PROSE.replace("`(1)`", "`(2)`")),
            1,
        )
        .replace(
            "title=\"GET /x\" linenums=\"1\"\n    Host",
            "title=\"GET /x\" linenums=\"1\" hl_lines=\"3\"\n    Host",
        );
    becomes(&[X, Y], &edited(), &[W, more, Y], &expected);
}

#[test]
fn line_numbers_in_words_follow_the_marked_line() {
    let more: (&str, &[&str]) = ("GET /x", &["Host: h", "New: n", "Token: t"]);
    let told = |page: String, line: usize, words: &str| {
        page.replacen("`a` --> `b`\n", &format!("`a` --> `b`\n\n{words}\n"), 1).replacen(
            "linenums=\"1\"",
            &format!("linenums=\"1\" hl_lines=\"{line}\""),
            1,
        )
    };
    let own = told(page(&[X, Y]), 2, "See line 2, not line 1.");
    becomes(&[X, Y], &own, &[more, Y], &told(page(&[more, Y]), 3, "See line 3, not line 1."));
}

#[test]
fn sections_that_swap_their_places_take_their_words_along() {
    let merged = merged(&[X, Y], &edited(), &[Y, X], Conflicts::Keep);
    let expected = page(&[Y, X])
        .replacen(
            "(2) GET /x\n`a` --> `b`\n\n=== \"Header\"",
            &format!("(2) GET /x\n{}", PROSE.replace("`(1)`", "`(2)`")),
            1,
        )
        .replace(
            "title=\"GET /x\" linenums=\"1\"\n    Host",
            "title=\"GET /x\" linenums=\"1\" hl_lines=\"2\"\n    Host",
        );
    assert_eq!(text(&merged), expected);
}

#[test]
fn a_style_that_is_the_same_throughout_is_taken_over() {
    let styled = |page: String| {
        let page = ["(1) ", "(2) ", "(3) "].iter().fold(page, |page, step| page.replace(step, ""));
        page.replace("### GET", "## GET")
            .replace("=== \"Header\"", "=== \"Kopf\"")
            .replace(" linenums=\"1\"", "")
            .replace("    none\n", "    (no body)\n")
    };
    becomes(&[X, Y], &styled(page(&[X, Y])), &[X, W, Y], &styled(page(&[X, W, Y])));
}

#[test]
fn lines_in_a_fence_are_merged_and_secrets_that_stand_there_are_left() {
    let base: (&str, &[&str]) = ("GET /x", &["Host: h", "Token: [redacted]", "Size: 1"]);
    let new: (&str, &[&str]) = ("GET /x", &["Host: h", "Token: [redacted]", "Size: 2"]);
    let own = |size: u8| {
        page(&[("GET /x", &["# which host", "Host: h", "Token: s3cret", &format!("Size: {size}")])])
    };
    becomes(&[base], &own(1), &[new], &own(2));
}

#[test]
fn a_conflict_leaves_the_place_as_it_was_unless_a_side_is_chosen() {
    let header = |size| -> String { format!("Size: {size}") };
    let [one, two, three] = [1, 2, 3].map(header);
    let (base, new): (&[&str], &[&str]) = (&["Host: h", &one], &["Host: h", &three]);
    let (base, new) = ([("GET /x", base)], [("GET /x", new)]);
    let own = page(&[("GET /x", &["Host: h", &two])]);
    let kept = merged(&base, &own, &new, Conflicts::Keep);
    assert_eq!(text(&kept), own);
    let [finding] = &*kept.findings else { panic!("{:?}", kept.findings) };
    assert_eq!((finding.kind, finding.page_line, finding.new_line), (FindingKind::Conflict, 7, 7));
    let sides = finding.sides.as_ref().expect("a conflict has sides");
    assert_eq!((&sides.base[0], &sides.page[0], &sides.run[0]), (&one, &two, &three));
    assert_eq!(text(&merged(&base, &own, &new, Conflicts::Theirs)), page(&new));
    let mine = merged(&base, &own, &new, Conflicts::Mine);
    assert_eq!((text(&mine), mine.findings.len()), (own.clone(), 0));
    let marks = own.replace(
        "    Size: 2\n",
        "    <<<<<<< page\n    Size: 2\n    =======\n    Size: 3\n    >>>>>>> run\n",
    );
    assert_eq!(text(&merged(&base, &own, &new, Conflicts::Markers)), marks);
}

#[test]
fn what_a_person_made_of_a_generated_line_is_kept_and_told() {
    let own = page(&[X, Y]).replace("Token: t", "Token: other");
    let kept = merged(&[X, Y], &own, &[X, Y], Conflicts::Keep);
    assert_eq!(text(&kept), own);
    assert_eq!(
        kept.findings.iter().map(|finding| finding.kind).collect::<Vec<_>>(),
        [FindingKind::HandEdit]
    );
    assert_eq!(text(&merged(&[X, Y], &own, &[X, Y], Conflicts::Theirs)), page(&[X, Y]));
    for plain in ["Token: ...", "Token: <token>", "...", "Token: t\n    # (1)"] {
        let own = page(&[X, Y]).replace("Token: t", plain);
        becomes(&[X, Y], &own, &[X, Y], &own);
    }
}

#[test]
fn what_was_written_about_a_message_that_is_gone_is_kept_at_the_end() {
    let merged_once = merged(&[X, Y], &edited(), &[Y], Conflicts::Keep);
    let once = text(&merged_once);
    let told = "\n??? warning \"Written about messages that are no longer sent\"\n\n    **GET /x** `a` --> `b`\n\n    !!! reference \"API\"\n        [link](x)\n\n    after `(1)`\n        ``` ini\n        # (1)\n        ```\n\n";
    assert_eq!(once, format!("{}{told}", page(&[Y]).strip_suffix("\n").expect("a page ends so")));
    let kinds: Vec<_> = merged_once.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [FindingKind::StaleReference, FindingKind::LeftOver]);
    let again = merged(&[Y], &once, &[Y], Conflicts::Keep);
    assert_eq!((text(&again), again.findings.len()), (once.clone(), 0), "twice is once");
    let more = text(&merged(&[Y], &once, &[Y, W], Conflicts::Keep));
    assert_eq!(
        more,
        format!("{}{told}", page(&[Y, W]).strip_suffix("\n").expect("a page ends so"))
    );
}

#[test]
fn a_section_that_somebody_took_away_comes_back() {
    let own = page(&[X]);
    let expected = page(&[X, Y]);
    assert_eq!(text(&merged(&[X, Y], &own, &[X, Y], Conflicts::Keep)), expected);
}

#[test]
fn sections_of_somebodys_own_stay_also_behind_a_message_that_is_gone() {
    let words = "\n### About b\n`a` --> `b`\n\nown words\n\n";
    let own = page(&[X]) + words + &page(&[X, Y])[page(&[X]).len()..];
    for new in [&[X, Y][..], &[Y]] {
        let text = text(&merged(&[X, Y], &own, new, Conflicts::Keep));
        assert!(text.contains("### About b\n`a` --> `b`\n\nown words\n"), "{text}");
    }
}

#[test]
fn a_section_that_no_recording_has_is_somebodys_and_is_kept_whole() {
    let own = page(&[X, ("GET /own", &["Host: made up"]), Y]);
    let merged = merged(&[X, Y], &own, &[X, Y], Conflicts::Keep);
    let text = text(&merged);
    assert!(text.starts_with(page(&[X, Y]).trim_end()), "{text}");
    assert!(text.contains("**GET /own** `a` --> `b`") && text.contains("Host: made up"), "{text}");
    assert_eq!(merged.findings.len(), 1);
}

#[test]
fn a_section_of_the_new_run_beside_others_does_not_confuse_the_style() {
    let long: (&str, &[&str]) = ("GET /z", &["A: 1", "B: 2", "C: 3", "D: 4", "E: 5", "F: 6"]);
    let own = page(&[X, long]);
    assert_eq!(text(&merged(&[X], &own, &[X, long], Conflicts::Keep)), own);
}

#[test]
fn a_title_that_a_person_and_the_cloud_changed_is_a_conflict() {
    let own = page(&[X]).replace("### (1) GET /x", "### (1) The first one");
    let steps = Steps::new(&recording(&[X]), &recording(&[Y]), &[Some(0)]);
    let with = |conflicts| {
        let eyes = Eyes { hide: &|text| text.to_owned(), mask: &|text| text.to_owned(), conflicts };
        merge(Some(&page(&[X])), &own, &page(&[Y]), &steps, &eyes)
    };
    let kept = with(Conflicts::Keep);
    assert!(text(&kept).contains("### (1) The first one\n"));
    assert_eq!(
        kept.findings.iter().map(|finding| finding.kind).collect::<Vec<_>>(),
        [FindingKind::Conflict]
    );
    assert!(text(&with(Conflicts::Mine)).contains("### (1) The first one\n"));
    assert!(text(&with(Conflicts::Theirs)).contains("### (1) GET /y\n"));
    let marked = text(&with(Conflicts::Markers));
    assert!(marked.contains("### (1) <<<<<<< The first one ======= GET /y >>>>>>>\n"), "{marked}");
}
