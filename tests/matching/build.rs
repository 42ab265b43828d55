//! Diagrams and recordings for tests, from short texts.

use doctool::sequence::diagram::{
    Arrow, Block, BlockKind, Branch, Diagram, Statement, StatementKind,
};
use doctool::sequence::matching::{Fit, Order, Said, Specification};

/// A diagram with a statement a line: arrows, blocks and their ends.
pub(crate) fn diagram(text: &str) -> Diagram {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Diagram { statements: statements(&mut lines).0 }
}

/// The statements up to a line that ends them, and that line.
fn statements<'a>(lines: &mut impl Iterator<Item = &'a str>) -> (Vec<Statement>, &'a str) {
    let mut all = Vec::new();
    while let Some(line) = lines.next() {
        let (word, label) = line.split_once(' ').unwrap_or((line, ""));
        let kind = match word {
            "end" | "else" | "and" | "option" => return (all, line),
            "loop" => BlockKind::Loop,
            "opt" => BlockKind::Opt,
            "alt" => BlockKind::Alt,
            "par" => BlockKind::Par,
            "critical" => BlockKind::Critical,
            "break" => BlockKind::Break,
            "rect" => BlockKind::Rect,
            _ => {
                all.push(message(line));
                continue;
            }
        };
        let mut branches = Vec::new();
        let mut label = label.to_owned();
        loop {
            let (inside, end) = statements(lines);
            branches.push((label, inside));
            if end == "end" {
                break;
            }
            label = end.split_once(' ').map_or_else(String::new, |(_, label)| label.to_owned());
        }
        all.push(block(kind, branches));
    }
    (all, "end")
}

fn message(line: &str) -> Statement {
    let (ends, text) = line.split_once(": ").unwrap_or((line, ""));
    let (from, to, is_dotted) = match ends.split_once("-->>") {
        Some((from, to)) => (from, to, true),
        None => {
            let (from, to) = ends.split_once("->>").expect("it is an arrow");
            (from, to, false)
        }
    };
    arrow(from, to, text, is_dotted)
}

pub(crate) fn arrow(from: &str, to: &str, text: &str, is_dotted: bool) -> Statement {
    let arrow = Arrow {
        from: from.to_owned(),
        to: to.to_owned(),
        head: if is_dotted { "-->>" } else { "->>" }.to_owned(),
        is_dotted,
        activation: None,
        text: text.to_owned(),
        text_span: 0..0,
    };
    Statement { span: 0..0, kind: StatementKind::Message(arrow) }
}

pub(crate) fn block(kind: BlockKind, branches: Vec<(String, Vec<Statement>)>) -> Statement {
    let branch = |(label, statements)| Branch { label, opener: 0..0, statements };
    let branches = branches.into_iter().map(branch).collect();
    Statement { span: 0..0, kind: StatementKind::Block(Block { kind, branches }) }
}

/// A recording with a message a line. A reply belongs to the latest open request that it fits.
pub(crate) fn recording(text: &str) -> Vec<Said> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut all: Vec<Said> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for line in lines {
        let Statement { kind: StatementKind::Message(arrow), .. } = message(line) else { continue };
        let Arrow { from, to, text, is_dotted: is_reply, .. } = arrow;
        let (text, query) = match text.split_once('?') {
            Some((text, query)) => (text.to_owned(), Some(query.to_owned())),
            None => (text, None),
        };
        let path = |text: &str| text.rsplit(' ').next().map(str::to_owned);
        let is_open = |&&request: &&usize| {
            all[request].from == to
                && all[request].to == from
                && path(&all[request].text) == path(&text)
        };
        let exchange = match is_reply {
            true => open.iter().rev().find(is_open).copied().expect("the reply has a request"),
            false => all.len(),
        };
        match is_reply {
            true => open.retain(|&request| request != exchange),
            false => open.push(exchange),
        }
        all.push(Said { from, to, text, query, exchange, is_reply, process: None });
    }
    all
}

/// What differs, in words; empty where the recording satisfies the diagram.
pub(crate) fn differs(documented: &str, recorded: &str) -> Vec<String> {
    in_order(documented, recorded, Order::Causal)
}

pub(crate) fn in_order(documented: &str, recorded: &str, order: Order) -> Vec<String> {
    let specification = Specification::of(&diagram(documented));
    let said = recording(recorded);
    let fit = specification.fit(&said, order);
    specification.explained(&fit, &said)
}

/// How many messages and rounds a fit changes.
pub(crate) fn cost(fit: &Fit) -> usize {
    use doctool::sequence::matching::Deviation;
    let cost = |change: &Deviation| if matches!(change, Deviation::Moved { .. }) { 2 } else { 1 };
    fit.changes.iter().map(cost).sum()
}
