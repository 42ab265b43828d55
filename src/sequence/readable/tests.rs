//! What a page shows of a diagram, and what is taken back of it.

use super::{Numbering, Shown, shown, whole};
use crate::model::{Presentation, StepRule};
use crate::sequence::Drawing;
use crate::sequence::diagram::Diagram;

/// Eight messages of a client that asks for a token, waits, and asks a service that asks another.
const DIAGRAM: &str = "\
openstack->>keystone: GET /identity
keystone-->>openstack: 300 MULTIPLE CHOICES /identity
openstack->>keystone: POST /identity/v3/auth/tokens
keystone-->>openstack: 201 CREATED /identity/v3/auth/tokens
openstack->>glance-api: GET /image/v2/images/7
glance-api->>keystone: GET /identity/v3/auth/tokens
keystone-->>glance-api: 200 OK /identity/v3/auth/tokens
glance-api-->>openstack: 200 OK /image/v2/images/7
openstack->>glance-api: GET /image/v2/tasks/9
glance-api-->>openstack: 200 OK /image/v2/tasks/9
openstack->>glance-api: GET /image/v2/tasks/9
glance-api-->>openstack: 200 OK /image/v2/tasks/9
openstack->>glance-api: DELETE /image/v2/images/7
glance-api-->>openstack: 204 NO CONTENT /image/v2/images/7
";

fn folding() -> Presentation {
    Presentation {
        steps: vec![StepRule {
            name: "token".to_owned(),
            needs: "^POST .*/v3/auth/tokens$".to_owned(),
            with: Some("^GET /identity$".to_owned()),
        }],
        folds_polling: true,
        ..Presentation::default()
    }
}

fn split(most: usize) -> Presentation {
    Presentation { split: Some(most), ..Presentation::default() }
}

fn numbered() -> Numbering {
    Numbering { is_on: true, first: Vec::new() }
}

fn texts(shown: &Shown) -> Vec<&str> {
    shown.parts.iter().map(|part| part.text.as_str()).collect()
}

/// What the parts stand for, without the marks.
fn taken_back(shown: &Shown) -> String {
    let whole = whole(&texts(shown)).text;
    whole.lines().filter(|line| !super::is_mark(line)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_step_stands_for_messages_that_follow_each_other() {
    let shown = shown(DIAGRAM, &folding(), &numbered());
    let expected = "\
Note over openstack,keystone: (1-4) token
%% | openstack->>keystone: GET /identity
%% | keystone-->>openstack: 300 MULTIPLE CHOICES /identity
%% | openstack->>keystone: POST /identity/v3/auth/tokens
%% | keystone-->>openstack: 201 CREATED /identity/v3/auth/tokens
autonumber 5
openstack->>glance-api: GET /image/v2/images/7
glance-api->>keystone: GET /identity/v3/auth/tokens
keystone-->>glance-api: 200 OK /identity/v3/auth/tokens
glance-api-->>openstack: 200 OK /image/v2/images/7
Note over openstack,glance-api: (9-12) 2 × GET /image/v2/tasks/9
%% | openstack->>glance-api: GET /image/v2/tasks/9
%% | glance-api-->>openstack: 200 OK /image/v2/tasks/9
%% | openstack->>glance-api: GET /image/v2/tasks/9
%% | glance-api-->>openstack: 200 OK /image/v2/tasks/9
autonumber 13
openstack->>glance-api: DELETE /image/v2/images/7
glance-api-->>openstack: 204 NO CONTENT /image/v2/images/7
";
    assert_eq!(texts(&shown), [expected]);
    assert_eq!(taken_back(&shown), DIAGRAM);
}

#[test]
fn what_people_call_a_step_stays_and_a_count_does_not() {
    let text = texts(&shown(DIAGRAM, &folding(), &numbered()))[0]
        .replace(") token", ") asks for a token")
        .replace(") 2 ×", ") 5 ×");
    let again = shown(&whole(&[&text]).text, &folding(), &numbered());
    assert!(texts(&again)[0].contains("keystone: (1-4) asks for a token\n"), "{again:?}");
    assert!(texts(&again)[0].contains("(9-12) 2 × GET /image/v2/tasks/9\n"), "{again:?}");
}

#[test]
fn what_differs_is_no_polling() {
    for (from, to) in [
        ("GET /image/v2/tasks/9", "POST /image/v2/tasks/9"),
        ("9\ngl", "9\nNote over glance-api: busy\ngl"),
    ] {
        let whole = DIAGRAM.replace(from, to);
        let shown = shown(&whole, &folding(), &numbered());
        assert!(!texts(&shown)[0].contains(" × "), "{shown:?}");
    }
}

#[test]
fn participants_that_are_hidden_take_their_lines_and_blocks_along() {
    let whole = DIAGRAM.replace("glance-api->>keystone", "opt has no answer kept\n  glance-api->>keystone").replace(
        "keystone-->>glance-api: 200 OK /identity/v3/auth/tokens",
        "  keystone-->>glance-api: 200 OK /identity/v3/auth/tokens\n  Note over keystone: looks it up\nend",
    );
    let hide = Presentation { hide: vec!["keystone".to_owned()], ..Presentation::default() };
    let shown = shown(&whole, &hide, &numbered());
    let drawn: Vec<&str> =
        texts(&shown)[0].lines().filter(|line| !line.trim_start().starts_with("%%")).collect();
    assert_eq!(
        drawn,
        [
            "autonumber 5",
            "openstack->>glance-api: GET /image/v2/images/7",
            "autonumber 8",
            "glance-api-->>openstack: 200 OK /image/v2/images/7",
            "openstack->>glance-api: GET /image/v2/tasks/9",
            "glance-api-->>openstack: 200 OK /image/v2/tasks/9",
            "openstack->>glance-api: GET /image/v2/tasks/9",
            "glance-api-->>openstack: 200 OK /image/v2/tasks/9",
            "openstack->>glance-api: DELETE /image/v2/images/7",
            "glance-api-->>openstack: 204 NO CONTENT /image/v2/images/7",
        ]
    );
    assert_eq!(taken_back(&shown), whole);
}

#[test]
fn parts_are_cut_between_exchanges_and_go_on_numbering() {
    let shown = shown(DIAGRAM, &split(6), &numbered());
    let expected = "\
participant openstack
participant keystone
participant glance-api
autonumber 5
openstack->>glance-api: GET /image/v2/images/7
glance-api->>keystone: GET /identity/v3/auth/tokens
keystone-->>glance-api: 200 OK /identity/v3/auth/tokens
glance-api-->>openstack: 200 OK /image/v2/images/7
";
    let texts = texts(&shown);
    assert_eq!(texts.len(), 3);
    assert_eq!(texts[1], expected);
    assert!(texts[2].starts_with("participant openstack\nparticipant glance-api\nautonumber 9\n"));
    assert_eq!(shown.parts[2].numbers, (9..=14).collect::<Vec<u64>>());
    assert_eq!(taken_back(&shown), DIAGRAM);
}

#[test]
fn parts_that_fit_stay_as_they_are() {
    let mine = DIAGRAM.split_inclusive('\n').collect::<Vec<_>>();
    let parts = [mine[..8].concat(), format!("autonumber 9\n{}", mine[8..].concat())];
    let whole = whole(&[&parts[0], &parts[1]]).text;
    for presentation in [Presentation::default(), folding()] {
        let shown = shown(&whole, &presentation, &numbered());
        assert_eq!(shown.parts.len(), 2);
        assert!(texts(&shown)[1].starts_with("autonumber 9\n"), "{shown:?}");
    }
    let same = shown(&whole, &Presentation::default(), &numbered());
    assert_eq!(texts(&same), parts);
    assert_eq!(shown(&whole, &split(8), &numbered()).parts.len(), 2);
    assert_eq!(shown(&whole, &split(7), &numbered()).parts.len(), 3);
    assert_eq!(texts(&shown(&whole, &split(0), &numbered())), [DIAGRAM]);
}

#[test]
fn a_diagram_that_mermaid_would_not_draw_is_cut() {
    let long = DIAGRAM.repeat(100);
    let shown = shown(&long, &Presentation::default(), &numbered());
    assert!(shown.parts.len() > 1);
    for part in &shown.parts {
        assert!(part.text.encode_utf16().count() < 50_000);
        Diagram::parse(&part.text).expect("every part is a diagram");
    }
    assert_eq!(taken_back(&shown), long);
}

#[test]
fn nothing_is_cut_within_a_block_or_a_bar() {
    let whole =
        format!("loop twice\n{DIAGRAM}end\nactivate keystone\n{DIAGRAM}deactivate keystone\n");
    let shown = shown(&whole, &split(4), &numbered());
    for part in &shown.parts {
        Diagram::parse(&part.text).expect("every part is a diagram");
    }
    assert_eq!(shown.parts.len(), 2, "{shown:?}");
    assert_eq!(taken_back(&shown), whole);
}

#[test]
fn what_is_shown_is_taken_back_and_shown_again_alike() {
    let boxed = format!("box Aqua Ours\nparticipant glance-api\nend\nactor openstack\n{DIAGRAM}");
    let noted = DIAGRAM.replace("tokens\n", "tokens  \n\n    Note right of keystone: here\n");
    let hide = |name: &str| vec![name.to_owned()];
    for whole_text in [DIAGRAM, &boxed, &noted, &DIAGRAM.repeat(9)] {
        for most in [None, Some(0), Some(2), Some(5), Some(40)] {
            for hide in [Vec::new(), hide("keystone"), hide("openstack")] {
                for folds in [false, true] {
                    let steps = if folds { folding() } else { Presentation::default() };
                    let presentation = Presentation { split: most, hide: hide.clone(), ..steps };
                    let first = shown(whole_text, &presentation, &numbered());
                    let whole = whole(&texts(&first)).text;
                    let again = shown(&whole, &presentation, &numbered());
                    assert_eq!(texts(&first), texts(&again));
                    assert_eq!(taken_back(&first), whole_text);
                    for part in &first.parts {
                        Diagram::parse(&part.text).expect("every part is a diagram");
                    }
                    let count = Drawing::read(whole_text).messages.len();
                    let numbers: Vec<u64> =
                        first.parts.iter().flat_map(|part| part.numbers.clone()).collect();
                    assert!(numbers.iter().copied().eq(1..=count as u64));
                }
            }
        }
    }
}
