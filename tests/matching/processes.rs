//! Processes of one caller at the same time: each keeps its own order, and between them there is none.

use std::time::Duration;

use doctool::model::Process;
use doctool::sequence::matching::{Deviation, Order, Said, Specification};

use super::build::{diagram, recording};
use super::random::Random;

/// A process that was there from one second to another.
fn process(id: u32, seconds: [u64; 2]) -> Option<Process> {
    let [began, last_seen] = seconds.map(Duration::from_secs);
    Some(Process { id, began, last_seen })
}

/// What processes sent, each a text; taken in the order that `turns` says.
fn mixed(sent: &[&str], turns: &[usize], spans: &[[u64; 2]]) -> Vec<Said> {
    let mut all: Vec<Vec<Said>> = sent.iter().map(|text| recording(text)).collect();
    for (index, messages) in all.iter_mut().enumerate() {
        for said in messages.iter_mut() {
            said.exchange += 1000 * index;
            // A service is one process, whoever it works for.
            if said.caller() == "a" {
                said.process = process(u32::try_from(index).expect("few") + 1, spans[index]);
            }
        }
        messages.reverse();
    }
    turns.iter().map(|&turn| all[turn].pop().expect("it has so many")).collect()
}

/// The diagram of a recording.
fn drawn(said: &[Said]) -> String {
    let line = |said: &Said| {
        let head = if said.is_reply { "-->>" } else { "->>" };
        format!("{}{head}{}: {}\n", said.from, said.to, said.text)
    };
    said.iter().map(line).collect()
}

fn fits(documented: &str, said: &[Said], order: Order) -> bool {
    Specification::of(&diagram(documented)).best_fit(said, order).is_satisfied()
}

const X: &str = "a->>b: GET /x\nb-->>a: 200 OK /x\n";
const Y: &str = "a->>b: GET /y\nb-->>a: 200 OK /y\n";

#[test]
fn what_runs_at_the_same_time_may_come_in_any_order() {
    let documented = format!("{X}{Y}");
    let at_once = [[0, 5], [1, 5]];
    let turned = mixed(&[X, Y], &[1, 1, 0, 0], &at_once);
    assert!(fits(&documented, &turned, Order::Causal));
    assert!(!fits(&documented, &turned, Order::Strict), "strict order is of everything");
    let unknown: Vec<Said> =
        turned.iter().map(|said| Said { process: None, ..said.clone() }).collect();
    assert!(!fits(&documented, &unknown, Order::Causal), "nobody knows that they are two");
    let mut half = turned.clone();
    half[0].process = None;
    assert!(!fits(&documented, &half, Order::Causal), "nor where one is not known");
}

#[test]
fn what_runs_one_after_another_keeps_its_order() {
    let one_by_one = [[0, 2], [3, 5]];
    let documented = format!("{X}{Y}");
    assert!(fits(&documented, &mixed(&[X, Y], &[0, 0, 1, 1], &one_by_one), Order::Causal));
    assert!(!fits(&documented, &mixed(&[Y, X], &[0, 0, 1, 1], &one_by_one), Order::Causal));
    // The third begins when the first two are over.
    let spans = [[0, 2], [0, 2], [3, 5]];
    let z = "a->>b: DELETE /z\nb-->>a: 204 No Content /z\n";
    let run = mixed(&[Y, X, z], &[0, 1, 0, 1, 2, 2], &spans);
    assert!(fits(&format!("{X}{Y}{z}"), &run, Order::Causal));
    assert!(!fits(&format!("{X}{z}{Y}"), &run, Order::Causal));
}

#[test]
fn each_process_keeps_its_own_order() {
    let both = format!("{X}{Y}");
    let turned = format!("{Y}{X}");
    let at_once = [[0, 9], [0, 9]];
    let z = "a->>b: GET /z\nb-->>a: 200 OK /z\n";
    let turns = [0, 1, 0, 1, 0, 0];
    let documented = drawn(&mixed(&[&both, z], &turns, &at_once));
    assert!(fits(&documented, &mixed(&[&both, z], &[1, 0, 0, 0, 0, 1], &at_once), Order::Causal));
    assert!(!fits(&documented, &mixed(&[&turned, z], &turns, &at_once), Order::Causal));
}

/// What a client with a session sends: the beginning is the same for all.
fn client(number: u64, is_alike: bool) -> String {
    let own = if is_alike { number % 3 } else { number };
    let exchange = |method: &str, path: &str, status: &str| {
        format!("a->>b: {method} {path}\nb-->>a: {status} {path}\n")
    };
    let mut text = exchange("GET", "/identity", "300 Multiple Choices");
    text += &exchange("POST", "/identity/v3/auth/tokens", "201 Created");
    text += &exchange("GET", "/image", "300 Multiple Choices");
    text += &exchange("GET", &format!("/image/v2/images/{own}"), "404 Not Found");
    text += &exchange("GET", &format!("/image/v2/images/by-name/{own}"), "200 OK");
    text
}

/// What ten clients of several kinds send, who are answered with the help of a third service.
fn kinds(number: usize) -> String {
    let exchange = |path: &str| format!("a->>b: {path}\nb-->>a: 200 OK {path}\n");
    let checked = |method: &str, path: &str, status: &str| {
        format!(
            "a->>c: {method} {path}\nc->>b: GET /token\nb-->>c: 200 OK /token\nc-->>a: {status} {path}\n"
        )
    };
    let plain = |method: &str, path: &str, status: &str| {
        format!("a->>c: {method} {path}\nc-->>a: {status} {path}\n")
    };
    let begin = exchange("GET /versions") + &exchange("POST /tokens");
    let versions = plain("GET", "/image", "300 Multiple Choices");
    match number {
        0 => begin + &exchange("GET /projects"),
        1 => {
            begin
                + &versions
                + &checked("POST", "/images", "201 Created")
                + &plain("PUT", "/images/1/file", "204 No Content")
                + &plain("GET", "/images/1", "200 OK")
        }
        number if number % 2 == 0 => begin + &versions + &checked("GET", "/images", "200 OK"),
        _ => {
            begin
                + &versions
                + &checked("GET", "/images/x", "404 Not Found")
                + &plain("GET", "/images", "200 OK")
        }
    }
}

/// Any order of what processes send: with those of them at random that go on, all in step, or one of them
/// for a while.
fn turns(random: &mut Random, sent: &[String]) -> Vec<usize> {
    let mut left: Vec<usize> = sent.iter().map(|text| text.lines().count()).collect();
    let (manner, mut last) = (random.below(3), 0);
    let mut turns = Vec::new();
    while left.iter().any(|&left| left > 0) {
        let mut open: Vec<usize> = (0..left.len()).filter(|&index| left[index] > 0).collect();
        match manner {
            0 => {}
            1 => {
                let gone = |&index: &usize| sent[index].lines().count() - left[index];
                let least = open.iter().map(gone).min().expect("one is open");
                open.retain(|index| gone(index) == least || random.below(20) == 0);
            }
            _ if left[last] > 0 && random.below(4) > 0 => open = vec![last],
            _ => {}
        }
        last = open[random.below(open.len())];
        left[last] -= 1;
        turns.push(last);
    }
    turns
}

#[expect(clippy::print_stdout, reason = "the seeds and counts are to be seen")]
#[test]
fn ten_clients_at_once_satisfy_what_was_documented_of_ten() {
    let seed = 0x5eed_0000;
    let rounds = 200;
    let mut random = Random::new(seed);
    for round in 0..rounds {
        let sent = (0..10).map(|number| match round % 3 {
            0 => kinds(number),
            kind => client(number as u64, kind == 1),
        });
        let sent: Vec<String> = sent.collect();
        let sent: Vec<&str> = sent.iter().map(String::as_str).collect();
        let spans = [[0, 9]; 10];
        let texts: Vec<String> = sent.iter().map(|&text| text.to_owned()).collect();
        let documented = drawn(&mixed(&sent, &turns(&mut random, &texts), &spans));
        let run = mixed(&sent, &turns(&mut random, &texts), &spans);
        let fit = Specification::of(&diagram(&documented)).best_fit(&run, Order::Causal);
        assert!(fit.is_satisfied(), "round {round}");
        if round % 50 > 0 {
            continue;
        }
        // One message less is never the same.
        let lost = random.below(run.len());
        let mut less = run.clone();
        less.remove(lost);
        let fit = Specification::of(&diagram(&documented)).best_fit(&less, Order::Causal);
        assert!(!fit.is_satisfied(), "round {round} without message {lost}");
    }
    println!("{rounds} pairs of runs of ten clients, seed {seed:#x}");
}

/// What a client sends that lists images, looks one up by id and then by name, or asks for projects.
fn asks(random: &mut Random) -> String {
    let plain = |service: &str, asked: &str, status: &str| {
        let (_, path) = asked.split_once(' ').expect("it has a method");
        format!("a->>{service}: {asked}\n{service}-->>a: {status} {path}\n")
    };
    let checked = |asked: &str, status: &str| {
        let said = plain("c", asked, status);
        said.replacen('\n', "\nc->>b: GET /tokens\nb-->>c: 200 OK /tokens\n", 1)
    };
    let begin = plain("b", "GET /identity", "300 Multiple Choices")
        + &plain("b", "POST /tokens", "201 Created");
    let versions = plain("c", "GET /image", "300 Multiple Choices");
    match random.below(10) {
        0 => begin + &plain("b", "GET /projects", "200 OK"),
        1..=4 => begin + &versions + &checked("GET /images", "200 OK"),
        5 => begin + &versions + &checked("GET /images?limit=1", "200 OK"),
        number => {
            let name = ["x", "x", "x", "y"][number - 6];
            begin
                + &versions
                + &checked(&format!("GET /images/{name}"), "404 Not Found")
                + &plain("c", &format!("GET /images?name={name}"), "200 OK")
        }
    }
}

/// A page's recording and a further one of the same clients.
fn pair_of_runs(random: &mut Random) -> [Vec<Said>; 2] {
    let clients: Vec<String> = (0..10).map(|_| asks(random)).collect();
    let sent: Vec<&str> = clients.iter().map(String::as_str).collect();
    let mut run = || mixed(&sent, &turns(random, &clients), &[[0, 9]; 10]);
    let [mut page, further] = [run(), run()];
    // A page has no processes.
    page.iter_mut().for_each(|said| said.process = None);
    [page, further]
}

/// The diagram of a page's recording, where queries are left out and yet known.
fn as_sent(page: &[Said]) -> Specification {
    let laid: Vec<Option<usize>> = (0..page.len()).map(Some).collect();
    Specification::of(&diagram(&drawn(page))).as_sent(page, &laid)
}

#[expect(clippy::print_stdout, reason = "the seeds and counts are to be seen")]
#[test]
fn ten_clients_with_queries_are_told_apart() {
    let seed = 0x5eed_0001;
    let rounds = 300;
    let mut random = Random::new(seed);
    let mut asked = 0;
    for round in 0..rounds {
        let [page, run] = pair_of_runs(&mut random);
        let specification = as_sent(&page);
        let fit = specification.best_fit(&run, Order::Causal);
        assert!(fit.is_satisfied(), "round {round}");
        let mut seen = vec![false; page.len()];
        for (said, arrow) in run.iter().zip(&fit.of_recorded) {
            let arrow = arrow.expect("it is laid");
            assert!(!std::mem::replace(&mut seen[arrow], true), "round {round}: twice");
            let documented = &page[arrow];
            assert_eq!((&documented.text, &documented.query), (&said.text, &said.query));
            asked += usize::from(said.query.is_some());
        }
        if round % 30 > 0 {
            continue;
        }
        let differs = |run: &[Said]| {
            let fit = specification.best_fit(run, Order::Causal);
            assert!(!fit.is_satisfied(), "round {round}");
        };
        let mut less = run.clone();
        less.remove(random.below(run.len()));
        differs(&less);
        let mut more = run.clone();
        let again = random.below(run.len());
        let twice = Said { exchange: usize::MAX, ..run[again].clone() };
        more.insert(again + 1, twice);
        differs(&more);
        let queries = run.iter().filter(|said| said.query.is_some()).count();
        if queries > 0 {
            let chosen = random.below(queries);
            let with_query = run.iter().filter(|said| said.query.is_some());
            let exchange = with_query.clone().nth(chosen).expect("it is there").exchange;
            let mut other = run.clone();
            for said in other.iter_mut().filter(|said| said.exchange == exchange) {
                said.query = Some("name=z".to_owned());
            }
            // Everybody else is found again.
            let fit = specification.best_fit(&other, Order::Causal);
            let is_it = |change: &Deviation| match change {
                Deviation::Changed { recorded, .. } => other[*recorded].exchange == exchange,
                _ => false,
            };
            assert!(fit.changes.len() == 2 && fit.changes.iter().all(is_it), "{:?}", fit.changes);
        }
    }
    println!(
        "{rounds} pairs of runs of ten clients, {asked} messages with a query, seed {seed:#x}"
    );
}

#[test]
fn a_query_that_was_sent_tells_processes_apart() {
    let ask = |query: &str| format!("a->>b: GET /x{query}\nb-->>a: 200 OK /x{query}\n");
    let (all, one) = (ask(""), ask("?name=y"));
    let drawn_at_first = mixed(&[&all, &one], &[0, 0, 1, 1], &[[0, 5], [0, 5]]);
    let turned = mixed(&[&all, &one], &[1, 1, 0, 0], &[[0, 5], [0, 5]]);
    let specification = || Specification::of(&diagram(&drawn(&drawn_at_first)));
    let old = specification().best_fit(&drawn_at_first, Order::Causal);
    assert!(specification().best_fit(&turned, Order::Causal).is_satisfied());
    let fit =
        specification().as_sent(&drawn_at_first, &old.of_recorded).best_fit(&turned, Order::Causal);
    assert!(fit.is_satisfied());
    assert_eq!(fit.of_recorded, [Some(2), Some(3), Some(0), Some(1)]);
}

#[test]
fn what_a_service_does_for_one_process_after_another_keeps_its_order() {
    let asks = |inside: &[&str]| {
        let inside: String = inside
            .iter()
            .map(|path| format!("b->>c: GET {path}\nc-->>b: 200 OK {path}\n"))
            .collect();
        format!("a->>b: GET /x\n{inside}b-->>a: 200 OK /x\n")
    };
    let (first, second) = (asks(&["/1", "/2"]), asks(&[]));
    let turns = [0, 0, 0, 0, 0, 0, 1, 1];
    let documented = format!("{first}{second}");
    let turned = asks(&["/2", "/1"]);
    let one_by_one = [[0, 2], [3, 5]];
    assert!(fits(&documented, &mixed(&[&first, &second], &turns, &one_by_one), Order::Causal));
    assert!(!fits(&documented, &mixed(&[&turned, &second], &turns, &one_by_one), Order::Causal));
    // At the same time, it may be for either of them.
    let at_once = [[0, 5], [0, 5]];
    assert!(fits(&documented, &mixed(&[&turned, &second], &turns, &at_once), Order::Causal));
}
