//! Blocks for what differs between runs of the same commands.
//!
//! In: a diagram that has every message of all runs, and the runs. Out: the diagram with `loop`
//! around what came a varying number of times, and `opt` around what not every run sent.

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
    /// The runs differ in a way that no blocks of these kinds say, such as in the order.
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
            runs.iter().all(|run| specification.fit(run, order).is_satisfied())
        })
    };
    if Diagram::parse(text).is_err() || is_satisfied(text) {
        return Learnt::Nothing;
    }
    let looped = with_loops(text, runs, order);
    let optional = looped.as_deref().and_then(|looped| with_options(looped, runs, order));
    let blocks = [looped, optional].into_iter().flatten().find(|text| is_satisfied(text));
    blocks.map_or(Learnt::Beyond, Learnt::Blocks)
}

/// A diagram of whole lines with what each run has of it.
struct Seen<'a> {
    lines: Vec<&'a str>,
    /// What each arrow says: its ends and its text.
    said: Vec<(String, String, String)>,
    /// The line of each arrow.
    places: Vec<usize>,
    /// For each arrow the runs that have it.
    in_runs: Vec<Vec<bool>>,
    runs: usize,
}

impl<'a> Seen<'a> {
    fn new(text: &'a str, runs: &[Vec<Said>], order: Order) -> Option<Self> {
        let diagram = Diagram::parse(text).ok()?;
        let specification = Specification::of(&diagram);
        let arrows = diagram.arrows();
        let mut in_runs = vec![vec![false; runs.len()]; arrows.len()];
        for (index, run) in runs.iter().enumerate() {
            for arrow in specification.fit(run, order).of_recorded.into_iter().flatten() {
                in_runs[arrow][index] = true;
            }
        }
        let said = |arrow: &&Arrow| (arrow.from.clone(), arrow.to.clone(), arrow.text.clone());
        Some(Self {
            lines: text.lines().collect(),
            said: arrows.iter().map(said).collect(),
            places: diagram.lines_of_arrows(text),
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
    fn what(&self, arrows: Range<usize>) -> String {
        let (from, to, _) = &self.said[arrows.start];
        let mut asked =
            self.said[arrows].iter().filter(|(asks, whom, _)| asks == from && whom == to);
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
        let what = seen.what(first.clone());
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
        let what = seen.what(inside.clone());
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
        let lines = |arrows: &Range<usize>| {
            self.seen.places[arrows.start]..self.seen.places[arrows.end - 1] + 1
        };
        let (all, shown) = (lines(arrows), lines(shown));
        self.up_to(all.start);
        let inside = &self.seen.lines[shown];
        let indent = super::indent(inside.first().copied().unwrap_or_default());
        self.out += &format!("{indent}{opener}\n");
        inside.iter().for_each(|line| self.out += &format!("  {line}\n"));
        self.out += &format!("{indent}end\n");
        self.line = all.end;
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
            Said { from, to, text: text.to_owned(), query: None, exchange, is_reply }
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
    fn runs_that_differ_in_their_order_are_beyond_blocks() {
        let one = run(&["a>b GET /x", "a<b 200 OK /x", "a>b GET /y", "a<b 200 OK /y"]);
        let other = run(&["a>b GET /y", "a<b 200 OK /y", "a>b GET /x", "a<b 200 OK /x"]);
        let drawn = "a->>b: GET /x\nb-->>a: 200 OK /x\na->>b: GET /y\nb-->>a: 200 OK /y\n";
        assert_eq!(learnt(drawn, &[one, other], Order::Causal), Learnt::Beyond);
    }
}
