//! What each kind of block means, and how what does not fit is told.

use doctool::sequence::matching::{Order, Specification};

use crate::build::{diagram, differs, in_order, recording};

const TOKEN: &str = "api->>id: POST /tokens\nid-->>api: 201 CREATED /tokens\n";

fn around(inside: &str) -> String {
    format!("c->>api: GET /a\n{inside}\napi-->>c: 200 OK /a\n")
}

fn get(path: &str) -> String {
    format!("c->>api: GET {path}\napi-->>c: 200 OK {path}\n")
}

#[track_caller]
fn fits(documented: &str, recorded: &str) {
    assert_eq!(differs(documented, recorded), [""; 0]);
}

#[test]
fn opt_happens_or_not() {
    let documented = around(&format!("opt a token\n{TOKEN}\nend"));
    fits(&documented, &around(TOKEN));
    fits(&documented, &around(""));
    assert_eq!(
        differs(&documented, &around("api->>id: POST /tokens")),
        ["`id-->>api: 201 CREATED /tokens` was not sent"]
    );
    assert_eq!(
        differs(&documented, &around(&TOKEN.repeat(2))),
        [
            "`api->>id: POST /tokens` is not documented; it was sent after `id-->>api: 201 CREATED /tokens`",
            "`id-->>api: 201 CREATED /tokens` is not documented; it was sent after `id-->>api: 201 CREATED /tokens`",
        ]
    );
}

#[test]
fn loop_goes_any_number_of_rounds() {
    let documented = format!("loop every minute\n{}\nend", get("/a"));
    for rounds in [0, 1, 2, 7] {
        fits(&documented, &get("/a").repeat(rounds));
    }
    assert_eq!(
        differs(&documented, &format!("{}c->>api: GET /a", get("/a"))),
        ["`api-->>c: 200 OK /a` was not sent"]
    );
}

#[test]
fn loop_goes_as_many_rounds_as_its_label_says() {
    let documented = format!("loop 2..3 times\n{}\nend\n{}", get("/a"), get("/b"));
    let recorded = |rounds| format!("{}{}", get("/a").repeat(rounds), get("/b"));
    fits(&documented, &recorded(2));
    fits(&documented, &recorded(3));
    assert_eq!(differs(&documented, &recorded(6)), ["`loop 2..3 times` went 6 rounds"]);
    assert_eq!(differs(&documented, &recorded(1)), ["`loop 2..3 times` went 1 round"]);
    assert_eq!(differs(&documented, &recorded(0)), ["`loop 2..3 times` went 0 rounds"]);
}

#[test]
fn alt_goes_exactly_one_way() {
    let documented = "c->>api: GET /a\nalt found\napi-->>c: 200 OK /a\nelse gone\napi-->>c: 404 NOT FOUND /a\nend";
    fits(documented, "c->>api: GET /a\napi-->>c: 200 OK /a");
    fits(documented, "c->>api: GET /a\napi-->>c: 404 NOT FOUND /a");
    let none = differs(documented, "c->>api: GET /a");
    assert_eq!(none, ["`api-->>c: 200 OK /a` was not sent"]);
    assert_eq!(
        differs(documented, "c->>api: GET /a\napi-->>c: 500 /a"),
        ["`api-->>c: 200 OK /a` was sent as `500 /a`"]
    );
}

#[test]
fn branches_of_par_happen_in_any_interleaving() {
    let documented =
        "par\na->>s: GET /a\ns-->>a: 200 OK /a\nand\nb->>s: GET /b\ns-->>b: 200 OK /b\nend";
    let mixed = "b->>s: GET /b\na->>s: GET /a\ns-->>a: 200 OK /a\ns-->>b: 200 OK /b";
    for order in [Order::Strict, Order::Causal] {
        assert_eq!(in_order(documented, mixed, order), [""; 0]);
    }
    assert_eq!(
        differs(documented, "b->>s: GET /b\na->>s: GET /a\ns-->>b: 200 OK /b"),
        ["`s-->>a: 200 OK /a` was not sent"]
    );
}

#[test]
fn branches_of_par_keep_their_own_order() {
    let documented = format!("par\n{}{}and\n{}end", get("/a"), get("/b"), get("/c"));
    fits(&documented, &format!("{}{}{}", get("/a"), get("/c"), get("/b")));
    assert_eq!(
        differs(&documented, &format!("{}{}{}", get("/b"), get("/a"), get("/c"))),
        [
            "`c->>api: GET /b` was sent before `c->>api: GET /a`",
            "`api-->>c: 200 OK /b` was sent before `c->>api: GET /a`",
        ]
    );
}

#[test]
fn critical_happens_or_one_of_its_options() {
    let documented =
        format!("critical\n{}option\n{}option\n{}end", get("/a"), get("/b"), get("/c"));
    fits(&documented, &get("/a"));
    fits(&documented, &get("/c"));
    assert_eq!(differs(&documented, "").len(), 2, "one of them must happen");
    assert_eq!(differs(&documented, &(get("/a") + &get("/b"))).len(), 2, "only one may happen");
}

#[test]
fn break_ends_the_sequence() {
    let documented = around(&format!("loop\n{TOKEN}break no token\napi-->>c: 503 /a\nend\nend"));
    fits(&documented, &around(&TOKEN.repeat(2)));
    fits(&documented, &format!("c->>api: GET /a\n{TOKEN}api-->>c: 503 /a"));
    assert_eq!(
        differs(&documented, &format!("c->>api: GET /a\n{TOKEN}api-->>c: 503 /a\n{}", get("/b"))),
        [
            "`c->>api: GET /b` is not documented; it was sent after `api-->>c: 503 /a`",
            "`api-->>c: 200 OK /b` is not documented; it was sent after `api-->>c: 503 /a`",
        ]
    );
}

#[test]
fn backgrounds_and_what_is_no_message_mean_nothing() {
    let documented = format!("rect rgb(0, 0, 0)\n{}\nend\napi->>api: looks it up", get("/a"));
    fits(&documented, &get("/a"));
    assert_eq!(
        differs(&documented, ""),
        ["`c->>api: GET /a` was not sent", "`api-->>c: 200 OK /a` was not sent"]
    );
}

#[test]
fn a_name_stands_for_the_same_everywhere() {
    let documented = get("/images/{id}") + &get("/images/{id}/file");
    fits(&documented, &(get("/images/7c") + &get("/images/7c/file")));
    assert_eq!(
        differs(&documented, &(get("/images/7c") + &get("/images/a4/file"))),
        [
            "`c->>api: GET /images/{id}/file` was sent as `GET /images/a4/file`, while `{id}` stands for `7c`",
            "`api-->>c: 200 OK /images/{id}/file` was sent as `200 OK /images/a4/file`, while `{id}` stands for `7c`",
        ]
    );
    let two = get("/{a}") + &get("/{b}");
    fits(&two, &(get("/7c") + &get("/7c")));
    let fit = Specification::of(&diagram(&two))
        .fit(&recording(&(get("/7c") + &get("/a4"))), Order::Causal);
    assert_eq!(fit.values, [("a".into(), "7c".into()), ("b".into(), "a4".into())]);
    assert_eq!(fit.of_recorded, [0, 1, 2, 3].map(Some));
}

#[test]
fn a_name_is_read_as_the_whole_diagram_needs_it() {
    let documented = get("/{a}{b}") + &get("/{a}");
    fits(&documented, &(get("/7c45") + &get("/7")));
}

#[test]
fn a_documented_query_must_be_sent() {
    let documented = "c->>api: GET /a?limit=1";
    fits(documented, "c->>api: GET /a?limit=1&sort=name");
    assert_eq!(
        differs(documented, "c->>api: GET /a?limit=2"),
        ["`c->>api: GET /a?limit=1` was sent as `GET /a?limit=2`"]
    );
}

#[test]
fn a_reply_lies_where_its_request_does() {
    let documented = "c->>api: GET /a\nc->>api: GET /b\napi-->>c: 200 OK\napi-->>c: 200 OK";
    let mut said =
        recording("c->>api: GET /a\nc->>api: GET /b\napi-->>c: 200 OK /b\napi-->>c: 200 OK /a");
    said.iter_mut().filter(|said| said.is_reply).for_each(|said| said.text = "200 OK".into());
    let specification = Specification::of(&diagram(documented));
    let fit = specification.fit(&said, Order::Strict);
    assert!(fit.is_satisfied(), "the inner one is answered first");
    said.swap(2, 3);
    assert_eq!(specification.fit(&said, Order::Strict).changes.len(), 1);
}

#[test]
fn callers_do_not_wait_for_each_other() {
    let documented = around(TOKEN) + "d->>api: GET /b\napi-->>d: 200 OK /b\n";
    let mixed = "d->>api: GET /b\nc->>api: GET /a\napi-->>d: 200 OK /b\n".to_owned()
        + TOKEN
        + "api-->>c: 200 OK /a";
    fits(&documented, &mixed);
    assert!(!in_order(&documented, &mixed, Order::Strict).is_empty());
}

#[test]
fn an_exchange_stays_inside_the_one_that_caused_it() {
    let documented = around(TOKEN);
    let outside = TOKEN.to_owned() + "c->>api: GET /a\napi-->>c: 200 OK /a";
    fits(&documented, &outside);
    let within = "c->>api: GET /a\napi-->>c: 200 OK /a\n".to_owned() + TOKEN;
    assert_eq!(
        differs(&within, &documented),
        ["`api-->>c: 200 OK /a` was sent after `id-->>api: 201 CREATED /tokens`"]
    );
}

#[test]
fn swapped_messages_of_a_caller_moved() {
    let documented = get("/a") + &get("/b") + &get("/c");
    let recorded = get("/a") + &get("/c") + &get("/b");
    assert_eq!(
        differs(&documented, &recorded),
        [
            "`c->>api: GET /c` was sent after `api-->>c: 200 OK /a`",
            "`api-->>c: 200 OK /c` was sent after `api-->>c: 200 OK /a`",
        ]
    );
}
