//! What becomes of a diagram: as it was generated, edited and generated anew.

use super::{Conflicts, Eyes, Merged, Steps, longest_rising, merge};
use crate::model::{Body, Exchange, FindingKind, Message, Recording, Request, Response};

/// The recording of a generated diagram, one exchange a request with the answer that fits it.
fn recording(diagram: &str) -> Recording {
    let mut recording = Recording::default();
    for line in diagram.lines() {
        let (ends, label) = line.split_once(": ").expect("a message has a label");
        if let Some((from, to)) = ends.split_once("-->>") {
            let open = recording.exchanges.iter().position(|exchange| {
                (exchange.from.as_str(), exchange.to.as_str()) == (to, from)
                    && exchange.response.is_none()
            });
            let index = open.expect("an answer has a question");
            let (status, path) = label.rsplit_once(' ').expect("a label has a path");
            recording.exchanges[index].response = Some(Response {
                status: status.to_owned(),
                url: format!("http://h{path}"),
                headers: Vec::new(),
                body: Body::Empty,
            });
            recording.messages.push(Message::Response(index));
        } else {
            let (from, to) = ends.split_once("->>").expect("a message has an arrow");
            let (method, path) = label.split_once(' ').expect("a label has a path");
            recording.messages.push(Message::Request(recording.exchanges.len()));
            recording.exchanges.push(Exchange {
                from: from.to_owned(),
                to: to.to_owned(),
                request: Request {
                    method: method.to_owned(),
                    url: format!("http://h{path}"),
                    headers: Vec::new(),
                    body: Body::Empty,
                },
                response: None,
                process: None,
            });
        }
    }
    recording
}

/// `partners` has the documented exchange for each new one.
fn merged(
    base: &str,
    page: &str,
    new: &str,
    partners: &[Option<usize>],
    conflicts: Conflicts,
) -> Merged {
    let steps = Steps::new(&recording(base), &recording(new), partners);
    let eyes = Eyes { hide: &|text| text.to_owned(), mask: &|text| text.to_owned(), conflicts };
    merge(Some(base), page, new, &Default::default(), (&steps, &eyes))
}

#[track_caller]
fn becomes(base: &str, page: &str, new: &str, partners: &[Option<usize>], expected: &str) {
    let merged = merged(base, page, new, partners, Conflicts::Keep);
    assert_eq!(merged.lines.join("\n") + "\n", expected);
    assert_eq!(merged.findings, []);
}

const BASE: &str =
    "a->>b: GET /x/12-34\nb->>c: GET /t\nc-->>b: 200 OK /t\nb-->>a: 200 OK /x/12-34\n";
const PAGE: &str = "participant a\na->>b: GET /x/{id}?all\nopt when cold (2-3)\n  b->>c: GET /t\n  Note over b: (3)\n  c-->>b: 200 OK /t\nend\nb-->>a: 200 OK /x/{id}\n%% end\n";

#[test]
fn what_people_drew_around_messages_stays() {
    becomes(BASE, PAGE, BASE, &[Some(0), Some(1)], PAGE);
}

#[test]
fn messages_follow_the_run_and_are_told_in_the_names_of_the_page() {
    let new = "a->>k: GET /v\nk-->>a: 200 OK /v\na->>b: GET /y/12-34\nb->>c: GET /t\nc-->>b: 404 Not Found /t\nb->>d: GET /u/12-34\nd-->>b: 200 OK /u/12-34\nb-->>a: 200 OK /y/12-34\n";
    let expected = "participant a\na->>k: GET /v\nk-->>a: 200 OK /v\na->>b: GET /y/{id}?all\nopt when cold (4-5)\n  b->>c: GET /t\n  Note over b: (5)\n  c-->>b: 404 Not Found /t\nend\nb->>d: GET /u/{id}\nd-->>b: 200 OK /u/{id}\nb-->>a: 200 OK /y/{id}\n%% end\n";
    becomes(BASE, PAGE, new, &[None, Some(0), Some(1), None], expected);
}

#[test]
fn what_is_sent_within_an_exchange_of_a_block_is_drawn_in_the_block() {
    let new = "a->>b: GET /x/12-34\nb->>c: GET /t\nc->>d: GET /u\nd-->>c: 200 OK /u\nc-->>b: 200 OK /t\nb-->>a: 200 OK /x/12-34\n";
    let expected = "participant a\na->>b: GET /x/{id}?all\nopt when cold (2-5)\n  b->>c: GET /t\n  Note over b: (5)\n  c->>d: GET /u\n  d-->>c: 200 OK /u\n  c-->>b: 200 OK /t\nend\nb-->>a: 200 OK /x/{id}\n%% end\n";
    becomes(BASE, PAGE, new, &[Some(0), Some(1), None], expected);
}

#[test]
fn a_block_moves_with_its_messages() {
    let base = "a->>b: GET /1\nb-->>a: 200 OK /1\na->>b: GET /2\nb-->>a: 200 OK /2\na->>b: GET /3\nb-->>a: 200 OK /3\na->>b: GET /4\nb-->>a: 200 OK /4\n";
    let page = "a->>b: GET /1\nb-->>a: 200 OK /1\n%% why\na->>b: GET /2\nb-->>a: 200 OK /2\nopt o\n  a->>b: GET /3\n  b-->>a: 200 OK /3\nend\na->>b: GET /4\nb-->>a: 200 OK /4\n";
    let new = "a->>b: GET /3\nb-->>a: 200 OK /3\na->>b: GET /1\nb-->>a: 200 OK /1\na->>b: GET /2\nb-->>a: 200 OK /2\na->>b: GET /4\nb-->>a: 200 OK /4\n";
    let expected = "opt o\n  a->>b: GET /3\n  b-->>a: 200 OK /3\nend\na->>b: GET /1\nb-->>a: 200 OK /1\n%% why\na->>b: GET /2\nb-->>a: 200 OK /2\na->>b: GET /4\nb-->>a: 200 OK /4\n";
    becomes(base, page, new, &[Some(2), Some(0), Some(1), Some(3)], expected);
}

#[test]
fn what_was_drawn_around_messages_that_are_gone_is_kept_as_comments() {
    let new = "a->>b: GET /x/12-34\nb-->>a: 200 OK /x/12-34\n";
    let merged = merged(BASE, PAGE, new, &[Some(0)], Conflicts::Keep);
    assert_eq!(
        merged.lines.join("\n"),
        "participant a\na->>b: GET /x/{id}?all\nb-->>a: 200 OK /x/{id}\n%% end\n%% opt when cold (2-3)\n%% Note over b: (3)"
    );
    let kinds: Vec<_> =
        merged.findings.iter().map(|finding| (finding.kind, finding.page_line)).collect();
    assert_eq!(kinds, [(FindingKind::LeftOver, 2), (FindingKind::LeftOver, 4)]);
}

#[test]
fn another_message_drawn_by_hand_stays_and_is_told_and_can_be_taken_back() {
    let page = BASE.replace("c-->>b: 200 OK /t", "  c-->>b: 201 Created /t");
    let kept = merged(BASE, &page, BASE, &[Some(0), Some(1)], Conflicts::Keep);
    assert_eq!(kept.lines.join("\n") + "\n", page);
    let [finding] = &*kept.findings else { panic!("{:?}", kept.findings) };
    assert_eq!((finding.kind, finding.page_line, finding.new_line), (FindingKind::HandEdit, 2, 2));
    let taken = merged(BASE, &page, BASE, &[Some(0), Some(1)], Conflicts::Theirs);
    assert_eq!(taken.lines.join("\n") + "\n", BASE.replace("c-->>", "  c-->>"));
    let new = BASE.replace("200 OK /t", "404 Not Found /t");
    let both = merged(BASE, &page, &new, &[Some(0), Some(1)], Conflicts::Keep);
    assert_eq!(both.findings[0].kind, FindingKind::Conflict);
    assert_eq!(both.lines.join("\n") + "\n", page);
}

#[test]
fn words_around_a_message_stay() {
    let page = BASE.replace("GET /t", "GET /t (only once)").replace("c-->>b", "c--)b");
    becomes(BASE, &page, BASE, &[Some(0), Some(1)], &page);
}

#[test]
fn a_path_that_became_shorter_is_another_one_and_words_behind_it_stay() {
    let base = "a->>b: GET /x/\nb-->>a: 200 OK /x/\n";
    let new = "a->>b: GET /x\nb-->>a: 200 OK /x\n";
    becomes(base, base, new, &[Some(0)], new);
    let page = base.replace("GET /x/", "GET /x/ (only once)");
    becomes(base, &page, new, &[Some(0)], &new.replace("GET /x", "GET /x (only once)"));
}

#[test]
fn a_diagram_without_messages_keeps_its_lines() {
    becomes(BASE, "participant a\n", BASE, &[Some(0), Some(1)], &format!("participant a\n{BASE}"));
}

#[test]
fn marks_of_a_conflict_are_comments() {
    let page = BASE.replace("200 OK /t", "as before");
    let new = BASE.replace("200 OK /t", "404 Not Found /t");
    let marked = merged(BASE, &page, &new, &[Some(0), Some(1)], Conflicts::Markers);
    let lines = marked.lines.join("\n");
    let marks = "%% <<<<<<< page\nc-->>b: as before\n%% =======\n%% c-->>b: 404 Not Found /t\n%% >>>>>>> run\n";
    assert!(lines.contains(marks), "{lines}");
}

#[test]
fn finds_the_longest_rising_sequence() {
    assert_eq!(longest_rising(&[2, 0, 1, 4, 3]), [0, 1, 3]);
    assert!(longest_rising(&[]).is_empty());
}
