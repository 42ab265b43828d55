//! What is read of a diagram, and what is told of a text that is none.

use super::super::diagram::{Diagram, StatementKind};

fn fault(text: &str) -> String {
    let fault = Diagram::parse(text).expect_err("it is no diagram");
    format!("{}:{} {}", fault.line, fault.column, fault.message)
}

#[test]
fn a_fault_has_a_line_and_a_column() {
    assert_eq!(fault("a->>b x\n"), "1:8 expected `:` and a text, found the end of the line");
    assert_eq!(fault("a->>b: x\nopt y\n"), "3:1 expected `end`, found the end of the diagram");
    assert_eq!(fault("a->>b: x\n  end\n"), "2:3 expected a statement, found `end`");
    assert_eq!(fault("participant 가\n한글 --- 나: x"), "2:4 expected an arrow, found `-`");
    assert_eq!(fault("deactivate a\n"), "1:1 `a` is not active here");
}

#[test]
fn messages_keep_what_they_say_and_where() {
    let text = "sequenceDiagram\r\n    autonumber\r\n  a-->>+glance-api : wrap: GET /x#59;y \r\n";
    let diagram = Diagram::parse(text).expect("Mermaid reads it");
    let [arrow] = diagram.arrows()[..] else { panic!("one message: {diagram:?}") };
    assert_eq!((&*arrow.from, &*arrow.to, &*arrow.head), ("a", "glance-api", "-->>"));
    assert_eq!(&*arrow.text, "GET /x#59;y");
    assert_eq!(&text[arrow.text_span.clone()], "GET /x#59;y");
    assert_eq!((arrow.activation, arrow.is_dotted), (Some('+'), true));
}

#[test]
fn blocks_hold_their_branches() {
    let text = "alt one\na->>b: x\nelse two\nopt three\na->>b: y\nend\nend\n";
    let diagram = Diagram::parse(text).expect("Mermaid reads it");
    let [statement] = &diagram.statements[..] else { panic!("one block: {diagram:?}") };
    assert_eq!(statement.span, 0..text.len() - 1);
    let StatementKind::Block(block) = &statement.kind else { panic!("a block: {statement:?}") };
    let branches: Vec<(&str, &str)> = block
        .branches
        .iter()
        .map(|branch| (&*branch.label, &text[branch.opener.clone()]))
        .collect();
    assert_eq!(branches, [("one", "alt one"), ("two", "else two")]);
    assert_eq!(diagram.lines_of_arrows(text), [1, 4]);
}

#[test]
fn any_text_gives_a_diagram_or_a_fault() {
    for text in [
        "",
        "\n",
        "@{",
        "a@{",
        "participant a@{",
        "create",
        "box\n",
        "accDescr {",
        "x as ",
        "participant x as",
        "%%{",
        "\u{feff}a",
    ] {
        let _ = Diagram::parse(text);
    }
    let deep = "opt x\n".repeat(100_000);
    assert!(Diagram::parse(&deep).is_err());
}

/// Words of the grammar and what may stand between them, put together at random.
#[test]
fn any_words_in_any_order_give_places_within_the_text() {
    const PARTS: [&str; 40] = [
        "a",
        "한글",
        "é-b",
        "->>",
        "-->>",
        ":",
        " ",
        "\n",
        ";",
        "opt",
        "alt",
        "else",
        "end",
        "par_over",
        "and",
        "%%",
        "%%{",
        "}%%",
        "{init: é}",
        "#59;",
        "#",
        "note over",
        "participant",
        "actor",
        "as",
        "@{",
        "}",
        "create",
        "destroy",
        "box",
        "title",
        "accDescr {",
        "autonumber",
        "1.5",
        "links",
        "\r\n",
        "\u{a0}",
        "<",
        "---\n",
        "()",
    ];
    let mut state = 7_u64;
    let mut below = |limit: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("it is small") % limit
    };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let text: String = (0..below(14)).map(|_| PARTS[below(PARTS.len())]).collect();
        match Diagram::parse(&text) {
            Ok(diagram) => {
                read += 1;
                for arrow in diagram.arrows() {
                    assert!(text.get(arrow.text_span.clone()).is_some(), "{text:?}");
                }
                let mut end = 0;
                for statement in &diagram.statements {
                    assert!(statement.span.start >= end, "{text:?}: {diagram:?}");
                    assert!(text.get(statement.span.clone()).is_some(), "{text:?}: {diagram:?}");
                    end = statement.span.end;
                }
            }
            Err(fault) => {
                refused += 1;
                assert!(text.is_char_boundary(fault.at), "{text:?}: {fault:?}");
                assert!(fault.line >= 1 && fault.column >= 1, "{text:?}: {fault:?}");
            }
        }
    }
    assert!(read > 500 && refused > 500, "{read} read, {refused} refused");
}

/// Parts of names in any order: what is told without the grammar is what the grammar says.
#[test]
fn a_plain_name_is_one_to_the_grammar() {
    const PARTS: [&str; 22] = [
        "a",
        "nova",
        "x",
        "X",
        "-",
        "-",
        ".",
        "_",
        "5",
        "end",
        "Over",
        "off",
        "par",
        "par_over",
        "title",
        "accTitle",
        "accDescr",
        "as",
        "left",
        "of",
        "sequencediagram",
        "(",
    ];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut plain = 0;
    for _ in 0..20_000 {
        let mut name = String::new();
        for _ in 0..5 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let index = usize::try_from((state >> 33) % 32).expect("it is small");
            name.push_str(PARTS.get(index).unwrap_or(&""));
        }
        if super::words::is_plain_name(&name) {
            plain += 1;
            let diagram = Diagram::parse(&format!("{name}->>{name}: x")).expect(&name);
            let [arrow] = diagram.arrows()[..] else { panic!("{name}") };
            assert_eq!((&*arrow.from, &*arrow.to), (&*name, &*name));
        }
    }
    assert!(plain > 1_000, "{plain}");
}

#[test]
fn lines_are_read_as_the_grammar_reads_them() {
    for arrow in super::words::ARROWS {
        for (before, behind) in
            [("", ""), (" ", " "), ("", "+"), ("()", ""), ("", "()"), (" () ", " () ")]
        {
            let line = format!("  a-b{before}{arrow}{behind}c d: GET /x");
            let Ok(diagram) = Diagram::parse(&line) else { continue };
            let drawing = crate::sequence::Drawing::read(&line);
            let read = crate::sequence::ends(drawing.message(0)).expect("it is a message");
            let [parsed] = diagram.arrows()[..] else { panic!("{line} is one message") };
            let parsed = (parsed.from.clone(), parsed.to.clone(), parsed.is_dotted);
            assert_eq!(read, parsed, "{line}");
        }
        let plain = format!("a{arrow}b: GET /x");
        Diagram::parse(&plain).expect("every arrow is read");
    }
}
