//! Blocks for what differs between runs of the same commands.
//!
//! In: a diagram that has every message of all runs, and the runs. Out: the diagram with `loop`
//! around what came a varying number of times, `opt` around what not every run sent, and `par` around what
//! came in another order.

mod order;

use std::ops::Range;

use super::diagram::{Arrow, Diagram};
use super::matching::{Order, Said, Specification};

/// How many messages a round of a loop has at most.
const LONGEST_ROUND: usize = 24;

/// What several runs say about a diagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learnt {
    /// Every run satisfies it.
    Nothing,
    /// The diagram with blocks, such that every run satisfies it.
    Blocks(String),
    /// The runs differ in a way that no blocks of these kinds say, such as in an answer.
    Beyond,
}

/// What several runs say about a diagram that has every message of all of them. A diagram that cannot
/// be read says nothing.
///
/// Labels say what was seen, such as `b asks c for tokens: 1 of 3 runs`. Lines that stand in the
/// diagram keep their words.
pub fn learnt(text: &str, runs: &[Vec<Said>], order: Order) -> Learnt {
    let is_satisfied = |text: &str| {
        Diagram::parse(text).is_ok_and(|diagram| {
            let specification = Specification::of(&diagram);
            runs.iter().all(|run| specification.best_fit(run, order).is_satisfied())
        })
    };
    if Diagram::parse(text).is_err() || is_satisfied(text) {
        return Learnt::Nothing;
    }
    let blocks = |text: &str| {
        let looped = with_loops(text, runs, order);
        let optional = looped.as_deref().and_then(|looped| with_options(looped, runs, order));
        [looped, optional].into_iter().flatten().find(|text| is_satisfied(text))
    };
    let with_branches = || {
        let text = order::with_branches(text, runs, order)?;
        if is_satisfied(&text) { Some(text) } else { blocks(&text) }
    };
    blocks(text).or_else(with_branches).map_or(Learnt::Beyond, Learnt::Blocks)
}

/// A diagram of whole lines with what each run has of it.
struct Seen<'a> {
    lines: Vec<&'a str>,
    /// What each arrow says: its ends and its text.
    said: Vec<(String, String, String)>,
    /// The line of each arrow.
    places: Vec<usize>,
    /// For each run and each of its messages the arrow that it is.
    laid: Vec<Vec<Option<usize>>>,
    /// For each arrow the runs that have it.
    in_runs: Vec<Vec<bool>>,
    runs: usize,
}

impl<'a> Seen<'a> {
    fn new(text: &'a str, runs: &[Vec<Said>], order: Order) -> Option<Self> {
        Self::laid(text, runs, |specification, run| specification.fit(run, order).of_recorded)
    }

    /// What is seen when each run is laid on the diagram in this way.
    fn laid(
        text: &'a str,
        runs: &[Vec<Said>],
        lay: impl Fn(&Specification, &[Said]) -> Vec<Option<usize>>,
    ) -> Option<Self> {
        let diagram = Diagram::parse(text).ok()?;
        let specification = Specification::of(&diagram);
        let arrows = diagram.arrows();
        let mut in_runs = vec![vec![false; runs.len()]; arrows.len()];
        let laid: Vec<_> = runs.iter().map(|run| lay(&specification, run)).collect();
        for (index, laid) in laid.iter().enumerate() {
            laid.iter().flatten().for_each(|&arrow| in_runs[arrow][index] = true);
        }
        let said = |arrow: &&Arrow| (arrow.from.clone(), arrow.to.clone(), arrow.text.clone());
        Some(Self {
            lines: text.lines().collect(),
            said: arrows.iter().map(said).collect(),
            places: diagram.lines_of_arrows(text),
            laid,
            in_runs,
            runs: runs.len(),
        })
    }

    /// Whether the arrows stand on lines one after another, so that nothing else is between them.
    fn is_plain(&self, arrows: Range<usize>) -> bool {
        let places = &self.places[arrows];
        places.windows(2).all(|pair| pair[1] == pair[0] + 1)
    }

    fn is_in_all(&self, arrow: usize) -> bool {
        self.in_runs[arrow].iter().all(|&is_in| is_in)
    }

    /// Who begins what these arrows show, and what is asked for last.
    fn what(&self, arrows: &[usize]) -> String {
        let said = || arrows.iter().map(|&arrow| &self.said[arrow]);
        let Some((from, to, _)) = said().next() else { return String::new() };
        let mut asked = said().filter(|(asks, whom, _)| asks == from && whom == to);
        let last = asked.next_back().map_or("", |(.., text)| text);
        let path = last.split_whitespace().nth(1).unwrap_or_default();
        let path = path.split(['?', '#']).next().unwrap_or_default();
        // What a thing is called says more than the id of one.
        let is_word = |segment: &&str| {
            !segment.is_empty()
                && !segment.contains(|part: char| part.is_ascii_digit() || part == '{')
        };
        match path.rsplit('/').find(is_word) {
            Some(segment) => format!("{from} asks {to} for {segment}"),
            None => format!("{from} asks {to}"),
        }
    }
}

/// Puts `loop` around rounds of which not every run has the same number.
fn with_loops(text: &str, runs: &[Vec<Said>], order: Order) -> Option<String> {
    let seen = Seen::new(text, runs, order)?;
    let mut edited = Edited::of(&seen);
    let mut arrow = 0;
    while arrow < seen.said.len() {
        let Some((length, rounds)) = rounds(&seen, arrow) else {
            arrow += 1;
            continue;
        };
        let whole = arrow..arrow + length * rounds;
        let first = arrow..arrow + length;
        let in_run = |run: usize| {
            (0..rounds).filter(|round| seen.in_runs[arrow + round * length][run]).count()
        };
        let counts: Vec<usize> = (0..seen.runs).map(in_run).collect();
        let (least, most) = (counts.iter().min()?, counts.iter().max()?);
        let what = seen.what(&first.clone().collect::<Vec<_>>());
        edited.block(&format!("loop {what}: {least} to {most} times"), &whole, &first);
        arrow = whole.end;
    }
    Some(edited.finish())
}

/// How long the rounds are that begin with an arrow, and how many there are, if not every run has
/// all of them. The shortest rounds win.
fn rounds(seen: &Seen<'_>, start: usize) -> Option<(usize, usize)> {
    let left = seen.said.len() - start;
    (1..=LONGEST_ROUND.min(left / 2)).find_map(|length| {
        let round = |index: usize| {
            let from = start + index * length;
            seen.said.get(from..from + length)
        };
        let first = round(0)?;
        let rounds = 1 + (1..).take_while(|&index| round(index) == Some(first)).count();
        let whole = start..start + length * rounds;
        let varies = whole.clone().any(|arrow| !seen.is_in_all(arrow));
        (rounds > 1 && varies && seen.is_plain(whole)).then_some((length, rounds))
    })
}

/// Puts `opt` around messages that not every run has.
fn with_options(text: &str, runs: &[Vec<Said>], order: Order) -> Option<String> {
    let seen = Seen::new(text, runs, order)?;
    let mut edited = Edited::of(&seen);
    let mut arrow = 0;
    while arrow < seen.said.len() {
        if seen.is_in_all(arrow) {
            arrow += 1;
            continue;
        }
        let belongs = |other: &usize| {
            seen.in_runs[*other] == seen.in_runs[arrow] && seen.is_plain(arrow..*other + 1)
        };
        let end = (arrow..seen.said.len()).take_while(belongs).last()? + 1;
        let count = seen.in_runs[arrow].iter().filter(|&&is_in| is_in).count();
        let inside = arrow..end;
        let what = seen.what(&inside.clone().collect::<Vec<_>>());
        edited.block(&format!("opt {what}: {count} of {} runs", seen.runs), &inside, &inside);
        arrow = end;
    }
    Some(edited.finish())
}

/// A diagram that is copied line by line, with blocks put in.
struct Edited<'a> {
    seen: &'a Seen<'a>,
    out: String,
    /// The next line to copy.
    line: usize,
}

impl<'a> Edited<'a> {
    fn of(seen: &'a Seen<'a>) -> Self {
        Self { seen, out: String::new(), line: 0 }
    }

    /// Copies up to some arrows, and puts a block in their place that shows the first of them.
    fn block(&mut self, opener: &str, arrows: &Range<usize>, shown: &Range<usize>) {
        self.branches(arrows, &[(opener.to_owned(), shown.clone().collect())]);
    }

    /// Copies up to some arrows, and puts a block in their place with a branch for each opener and the
    /// arrows that it shows.
    fn branches(&mut self, arrows: &Range<usize>, branches: &[(String, Vec<usize>)]) {
        let line = |arrow: usize| self.seen.places[arrow];
        self.up_to(line(arrows.start));
        let indent = super::indent(self.seen.lines[line(arrows.start)]);
        for (opener, shown) in branches {
            self.out += &format!("{indent}{opener}\n");
            shown.iter().for_each(|&arrow| {
                self.out += &format!("  {}\n", self.seen.lines[line(arrow)]);
            });
        }
        self.out += &format!("{indent}end\n");
        self.line = line(arrows.end - 1) + 1;
    }

    fn up_to(&mut self, end: usize) {
        self.seen.lines[self.line..end].iter().for_each(|line| self.out += &format!("{line}\n"));
        self.line = end;
    }

    fn finish(mut self) -> String {
        self.up_to(self.seen.lines.len());
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::{Learnt, Order, Said, learnt};

    /// Messages such as `a>b GET /x` and `a<b 200 OK /x`, where the caller stands left.
    fn run(messages: &[&str]) -> Vec<Said> {
        let mut exchanges: Vec<(String, String)> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let said = |message: &&str| {
            let (ends, text) = message.split_once(' ').expect("ends and a text");
            let is_reply = ends.contains('<');
            let (caller, callee) = ends.split_once(['<', '>']).expect("two ends");
            let pair = (caller.to_owned(), callee.to_owned());
            let exchange = if is_reply {
                let place = open.iter().rposition(|&exchange| exchanges[exchange] == pair);
                open.remove(place.expect("it was asked"))
            } else {
                exchanges.push(pair.clone());
                open.push(exchanges.len() - 1);
                exchanges.len() - 1
            };
            let (from, to) = if is_reply { (pair.1, pair.0) } else { pair };
            Said { from, to, text: text.to_owned(), query: None, exchange, is_reply, process: None }
        };
        messages.iter().map(said).collect()
    }

    const DRAWN: &str = "\
a->>b: GET /list
b->>c: POST /v3/tokens
c-->>b: 201 Created /v3/tokens
b->>c: GET /v3/tokens
c-->>b: 200 OK /v3/tokens
b-->>a: 200 OK /list
";

    #[test]
    fn what_one_run_sent_and_others_did_not_is_optional() {
        let cold = run(&[
            "a>b GET /list",
            "b>c POST /v3/tokens",
            "b<c 201 Created /v3/tokens",
            "b>c GET /v3/tokens",
            "b<c 200 OK /v3/tokens",
            "a<b 200 OK /list",
        ]);
        let warm = run(&[
            "a>b GET /list",
            "b>c GET /v3/tokens",
            "b<c 200 OK /v3/tokens",
            "a<b 200 OK /list",
        ]);
        let text = learnt(DRAWN, &[cold.clone(), warm.clone(), warm.clone()], Order::Causal);
        let Learnt::Blocks(text) = text else { panic!("the runs differ: {text:?}") };
        let expected = "\
a->>b: GET /list
opt b asks c for tokens: 1 of 3 runs
  b->>c: POST /v3/tokens
  c-->>b: 201 Created /v3/tokens
end
b->>c: GET /v3/tokens
c-->>b: 200 OK /v3/tokens
b-->>a: 200 OK /list
";
        assert_eq!(text, expected);
        assert_eq!(learnt(&text, &[warm.clone(), cold], Order::Causal), Learnt::Nothing);
        assert_eq!(learnt(expected, &[warm], Order::Causal), Learnt::Nothing);
    }

    #[test]
    fn rounds_of_which_runs_have_more_or_fewer_are_a_loop() {
        let round = ["a>b GET /servers/1", "a<b 200 OK /servers/1"];
        let polled = |times: usize| {
            let mut messages = vec!["a>b POST /servers", "a<b 202 Accepted /servers"];
            (0..times).for_each(|_| messages.extend(round));
            run(&messages)
        };
        let drawn = format!(
            "a->>b: POST /servers\nb-->>a: 202 Accepted /servers\n{}",
            "a->>b: GET /servers/1\nb-->>a: 200 OK /servers/1\n".repeat(3)
        );
        let text = learnt(&drawn, &[polled(3), polled(1), polled(2)], Order::Causal);
        assert_eq!(
            text,
            Learnt::Blocks(
                "\
a->>b: POST /servers
b-->>a: 202 Accepted /servers
loop a asks b for servers: 1 to 3 times
  a->>b: GET /servers/1
  b-->>a: 200 OK /servers/1
end
"
                .to_owned()
            )
        );
    }

    #[test]
    fn what_comes_in_another_order_are_branches() {
        let x = ["a>b GET /x", "b>c GET /z", "b<c 200 OK /z", "a<b 200 OK /x"];
        let y = ["a>b GET /y/1", "a<b 200 OK /y/1", "a>b GET /y/2", "a<b 200 OK /y/2"];
        let begin = ["a>b POST /v", "a<b 201 Created /v"];
        let end = ["a>b GET /end", "a<b 200 OK /end"];
        let one = run(&[&begin[..], &x, &y, &end].concat());
        let other = run(&[&begin[..], &y[..2], &x, &y[2..], &end].concat());
        let drawn = "\
a->>b: POST /v
b-->>a: 201 Created /v
a->>b: GET /x
b->>c: GET /z
c-->>b: 200 OK /z
b-->>a: 200 OK /x
a->>b: GET /y/1
b-->>a: 200 OK /y/1
a->>b: GET /y/2
b-->>a: 200 OK /y/2
a->>b: GET /end
b-->>a: 200 OK /end
";
        let expected = "\
a->>b: POST /v
b-->>a: 201 Created /v
par a asks b for x: another order in 1 of 2 runs
  a->>b: GET /x
  b->>c: GET /z
  c-->>b: 200 OK /z
  b-->>a: 200 OK /x
and a asks b for y
  a->>b: GET /y/1
  b-->>a: 200 OK /y/1
end
a->>b: GET /y/2
b-->>a: 200 OK /y/2
a->>b: GET /end
b-->>a: 200 OK /end
";
        let learnt = learnt(drawn, &[one, other], Order::Causal);
        assert_eq!(learnt, Learnt::Blocks(expected.to_owned()));
    }

    #[test]
    fn within_an_exchange_only_what_varies_is_put_into_branches() {
        let outer = ["a>b GET /", "b>c GET /x", "b<c 200 OK /x", "b>c GET /y", "b<c 200 OK /y"];
        let one = run(&[&outer[..], &["a<b 200 OK /"]].concat());
        let other = run(&[&outer[..1], &outer[3..], &outer[1..3], &["a<b 200 OK /"]].concat());
        // At the same time, and the first answer comes last.
        let mixed = [outer[0], outer[1], outer[3], outer[4], outer[2], "a<b 200 OK /"];
        let drawn = "\
a->>b: GET /
b->>c: GET /x
c-->>b: 200 OK /x
b->>c: GET /y
c-->>b: 200 OK /y
b-->>a: 200 OK /
";
        let expected = "\
a->>b: GET /
par b asks c for x: another order in 2 of 3 runs
  b->>c: GET /x
  c-->>b: 200 OK /x
and b asks c for y
  b->>c: GET /y
  c-->>b: 200 OK /y
end
b-->>a: 200 OK /
";
        for order in [Order::Causal, Order::Strict] {
            let runs = [one.clone(), other.clone(), run(&mixed)];
            assert_eq!(learnt(drawn, &runs, order), Learnt::Blocks(expected.to_owned()));
        }
    }

    #[test]
    fn what_is_not_always_sent_may_come_in_another_order_too() {
        let (x, y) = (["a>b GET /x", "a<b 200 OK /x"], ["a>b GET /y", "a<b 200 OK /y"]);
        let runs = [run(&[x, y].concat()), run(&[y, x].concat()), run(&y)];
        let drawn = "a->>b: GET /x\nb-->>a: 200 OK /x\na->>b: GET /y\nb-->>a: 200 OK /y\n";
        let expected = "\
par a asks b for x: another order in 1 of 3 runs
  opt a asks b for x: 2 of 3 runs
    a->>b: GET /x
    b-->>a: 200 OK /x
  end
and a asks b for y
  a->>b: GET /y
  b-->>a: 200 OK /y
end
";
        let learnt = learnt(drawn, &runs, Order::Causal);
        assert_eq!(learnt, Learnt::Blocks(expected.to_owned()));
    }

    #[test]
    fn runs_that_are_answered_differently_are_beyond_blocks() {
        let one = run(&["a>b GET /x", "a<b 200 OK /x"]);
        let other = run(&["a>b GET /x", "a<b 404 Not Found /x"]);
        let drawn = "a->>b: GET /x\nb-->>a: 200 OK /x\n";
        assert_eq!(learnt(drawn, &[one, other], Order::Causal), Learnt::Beyond);
    }
}
