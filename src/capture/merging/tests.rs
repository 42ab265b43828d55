//! What two sources saw becomes one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::merged;
use crate::capture::seen::Seen;
use crate::model::{Body, Exchange, Header, Message, Request, Response};

const IDS: [&str; 1] = ["x-id"];

/// What a source saw, line by line: `+NAME FROM>TO METHOD PATH [@TIME]` asks, and
/// `-NAME CODE [ID] [@TIME]` answers; times are in milliseconds.
fn seen(lines: &str) -> Seen {
    let mut seen = Seen::default();
    let mut names: Vec<String> = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (line, time) = match line.split_once(" @") {
            Some((line, time)) => (line, Some(at(time.parse().expect("a time is a number")))),
            None => (line, None),
        };
        let words: Vec<&str> = line[1..].split(' ').collect();
        let recording = &mut seen.recording;
        if line.starts_with('+') {
            let (from, to) = words[1].split_once('>').expect("somebody asks somebody");
            let (method, url) = (words[2].to_owned(), format!("http://h{}", words[3]));
            let request = Request { method, url, headers: Vec::new(), body: Body::Empty };
            let (from, to) = (from.to_owned(), to.to_owned());
            recording.messages.push(Message::Request(names.len()));
            recording.exchanges.push(Exchange { from, to, request, response: None, process: None });
            names.push(words[0].to_owned());
        } else {
            let open = names.iter().rposition(|name| name == words[0]).expect("it was asked");
            let header = |id: &&str| Header { name: "X-Id".into(), value: (*id).to_owned() };
            recording.messages.push(Message::Response(open));
            let url = recording.exchanges[open].request.url.clone();
            let headers = words.get(2).iter().map(|id| header(id)).collect();
            let status = words[1].to_owned();
            recording.exchanges[open].response =
                Some(Response { status, url, headers, body: Body::Empty });
        }
        seen.times.push(time);
    }
    seen
}

fn at(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1000) + Duration::from_millis(milliseconds)
}

#[track_caller]
fn is_merged(first: &str, second: &str, expected: &[&str]) -> Seen {
    let both = merged(seen(first), seen(second), &IDS);
    assert_eq!(both.times.len(), both.recording.messages.len());
    let told: Vec<String> =
        both.recording.arrows().map(|it| format!("{}>{} {}", it.from, it.to, it.label())).collect();
    assert_eq!(told, expected);
    both
}

#[test]
fn an_exchange_with_the_same_id_is_one_and_what_lies_in_it_stays_there() {
    let client = "+a client>image GET /images\n-a 200 r1\n+b client>image GET /images\n-b 200 r2";
    let server = "+b unknown>image GET /images\n+c image>keys GET /tokens\n-c 200 r3\n-b 200 r2";
    is_merged(
        client,
        server,
        &[
            "client>image GET /images",
            "client>image 200 /images",
            "client>image GET /images",
            "image>keys GET /tokens",
            "image>keys 200 /tokens",
            "client>image 200 /images",
        ],
    );
}

#[test]
fn equal_exchanges_without_ids_are_paired_in_their_order_and_as_often_as_they_are() {
    let one = "+a x>s GET /p\n-a 200\n";
    let three = format!("{one}{one}{one}");
    let both = is_merged(&three, &three, &["x>s GET /p", "x>s 200 /p"].repeat(3));
    assert_eq!(both.recording.exchanges.len(), 3);
    // One that only the second has seen is one more.
    is_merged(&format!("{one}{one}"), &three, &["x>s GET /p", "x>s 200 /p"].repeat(3));
    // Another status, query or method is another exchange.
    for other in ["+a x>s GET /p\n-a 404", "+a x>s GET /p?q\n-a 200", "+a x>s PUT /p\n-a 200"] {
        let both = merged(seen(one), seen(other), &IDS);
        assert_eq!(both.recording.exchanges.len(), 2, "{other}");
    }
    // Of two ids, neither is the other.
    let both = merged(seen("+a x>s GET /p\n-a 200 r1"), seen("+a x>s GET /p\n-a 200 r2"), &IDS);
    assert_eq!(both.recording.exchanges.len(), 2);
    // What was not answered where it was seen, and without an id on one side, still is the same.
    is_merged("+a x>s GET /p", "+a unknown>s GET /p\n-a 200 r1", &["x>s GET /p", "x>s 200 /p"]);
}

#[test]
fn a_clock_that_is_ahead_is_set_right_by_the_exchanges_themselves() {
    // The second clock is 60 s ahead. What it alone has seen lies between what the first has.
    let client = "+a x>s GET /a @0\n-a 200 r1 @100\n+b x>s GET /b @200\n-b 200 r2 @300\n\
                  +c x>s GET /c @400\n-c 200 r3 @500";
    let server = "+a unknown>s GET /a @60010\n-a 200 r1 @60090\n+n n>m GET /n @60340\n-n 200 r4 @60350\n\
                  +c unknown>s GET /c @60420\n-c 200 r3 @60490";
    let both = is_merged(
        client,
        server,
        &[
            "x>s GET /a",
            "x>s 200 /a",
            "x>s GET /b",
            "x>s 200 /b",
            "n>m GET /n",
            "n>m 200 /n",
            "x>s GET /c",
            "x>s 200 /c",
        ],
    );
    assert!(both.times.is_sorted(), "{:?}", both.times);
}

#[test]
fn hosts_have_clocks_of_their_own_where_one_clock_cannot_be() {
    let client = "+a x>s GET /a @0\n-a 200 r1 @100\n+b x>t GET /b @200\n-b 200 r2 @300\n\
                  +c x>s GET /c @400\n-c 200 r3 @500";
    let server = "+a unknown>s GET /a @60010\n-a 200 r1 @60090\n+b unknown>t GET /b @5210\n-b 200 r2 @5290\n\
                  +n n>t GET /n @5350\n-n 200 r4 @5360\n+c unknown>s GET /c @60410\n-c 200 r3 @60490";
    let both = is_merged(
        client,
        server,
        &[
            "x>s GET /a",
            "x>s 200 /a",
            "x>t GET /b",
            "x>t 200 /b",
            "n>t GET /n",
            "n>t 200 /n",
            "x>s GET /c",
            "x>s 200 /c",
        ],
    );
    assert_eq!(both.times[4], Some(at(350)));
}

#[test]
fn times_tell_equal_exchanges_apart_that_only_one_has_seen() {
    // Of three equal ones the first source has seen the first and the last.
    let first = "+k x>s GET /k @0\n-k 200 r1 @20\n+a x>s GET /a @1000\n-a 200 @1020\n+c x>s GET /a @3000\n-c 200 @3020";
    let second = "+k x>s GET /k @9005\n-k 200 r1 @9015\n+a x>s GET /a @10005\n-a 200 @10015\n\
                  +b x>s GET /a @11005\n-b 200 @11015\n+c x>s GET /a @12005\n-c 200 @12015";
    let both = merged(seen(first), seen(second), &IDS);
    let times: Vec<_> = both.times.iter().map(|time| time.expect("all are known")).collect();
    assert_eq!(both.recording.exchanges.len(), 4);
    assert_eq!(times[4], at(2005));
    assert_eq!(times[6], at(3000));
}

#[test]
fn the_richer_view_of_each_part_wins() {
    let mut first = seen("+a unknown>h:80 PUT /a\n-a 200 r1");
    let mut second = seen("+a x>s PUT /a\n-a 200 r1");
    let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
    let token = header("X-Token", "secret");
    let exchange = &mut first.recording.exchanges[0];
    exchange.request.headers = vec![header("X-Token", "{SHA256}aa")];
    exchange.request.body = Body::Bytes { head: Vec::new(), length: None };
    let response = exchange.response.as_mut().expect("it was answered");
    response.body = Body::Text("all of it".into());
    response.headers.push(header("Server", "w"));
    let exchange = &mut second.recording.exchanges[0];
    exchange.request.headers = vec![token.clone(), header("X-Requestshook-Request-Id", "1")];
    exchange.request.body = Body::Text("sent".into());
    let response = exchange.response.as_mut().expect("it was answered");
    response.status = "200 OK".into();
    response.body = Body::Cut { text: "all".into(), length: 9 };
    response.headers.push(header("Connection", "close"));
    let both = merged(first, second, &IDS).recording;
    let Exchange { from, to, request, response, .. } = &both.exchanges[0];
    let response = response.as_ref().expect("it was answered");
    assert_eq!((&**from, &**to), ("x", "s"));
    assert_eq!(request.headers[0], token);
    assert_eq!(request.body, Body::Text("sent".into()));
    assert_eq!(response.status, "200 OK");
    assert_eq!(response.body, Body::Text("all of it".into()));
    assert_eq!(response.headers[1], header("Server", "w"));
}

#[test]
fn what_one_source_does_not_see_the_other_may() {
    let source = |left_out: &[&str]| Seen {
        left_out: left_out.iter().map(|what| (*what).to_owned()).collect(),
        ..seen("+a x>s GET /a\n-a 200 r1")
    };
    let both = merged(source(&["one", "two"]), source(&["two"]), &IDS);
    assert_eq!(both.left_out, ["two"]);
    assert!(merged(source(&["one"]), source(&[]), &IDS).left_out.is_empty());
}

#[test]
fn an_exchange_that_one_has_in_part_is_whole() {
    // The second log begins in the midst of an exchange, and ends so.
    let first = "+a x>s GET /a\n+b s>t GET /b\n-b 200 r2";
    let mut second = seen("+a x>s GET /a\n-a 200 r1\n+b s>t GET /b\n-b 200 r2");
    second.recording.messages.remove(0);
    second.times.remove(0);
    let both = merged(seen(first), second, &IDS);
    let told: Vec<String> = both.recording.arrows().map(|arrow| arrow.label()).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(both.recording.exchanges.len(), 2);
}

#[test]
fn what_is_left_out_says_less_than_that_there_is_nothing() {
    let untold = |length| Body::Bytes { head: Vec::new(), length };
    let bytes = Body::Bytes { head: b"x".to_vec(), length: None };
    let cut = Body::Cut { text: "x".into(), length: 9 };
    let poorest_first =
        [untold(None), Body::Empty, untold(Some(9)), bytes, cut, Body::Text("x".into())];
    for pair in poorest_first.windows(2) {
        assert_eq!(super::body(pair[0].clone(), pair[1].clone()), pair[1]);
        assert_eq!(super::body(pair[1].clone(), pair[0].clone()), pair[1]);
    }
    // Another number is another status, however many words it has.
    let both = merged(seen("+a x>s GET /a\n-a 200 r1"), seen("+a x>s GET /a\n-a 404 r1"), &IDS);
    let response = both.recording.exchanges[0].response.clone();
    assert_eq!(response.map(|response| response.status), Some("200".to_owned()));
}
