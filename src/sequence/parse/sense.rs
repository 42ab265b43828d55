//! What Mermaid refuses although its grammar does not: who is created twice, ends a bar that did not
//! begin, stands in two boxes.

use foldhash::HashMap;

use super::super::diagram::{Arrow, Diagram, Statement, StatementKind};
use super::{Wrong, wrong};

/// Whether a diagram makes sense to Mermaid.
pub(super) fn check(diagram: &Diagram) -> Result<(), Wrong> {
    Sense::default().all(&diagram.statements)
}

/// Whether the settings of a participant, `@{ … }`, can be read.
pub(super) fn settings(text: &str) -> Result<(), String> {
    let inside = text.trim_start_matches("@{").trim_end_matches('}');
    let yaml = if inside.contains('\n') { inside.to_owned() } else { format!("{{\n{inside}\n}}") };
    let read = serde_yaml::from_str::<serde_yaml::Value>(&yaml);
    read.map(drop).map_err(|_| "these settings are no YAML".to_owned())
}

#[derive(Default)]
struct Sense<'a> {
    /// For each participant the box that it was first found in.
    known: HashMap<&'a str, Option<usize>>,
    boxes: usize,
    created: Option<&'a str>,
    destroyed: Option<&'a str>,
    bars: HashMap<&'a str, i64>,
}

impl<'a> Sense<'a> {
    fn all(&mut self, statements: &'a [Statement]) -> Result<(), Wrong> {
        statements.iter().try_for_each(|statement| self.one(statement, None))
    }

    fn one(&mut self, statement: &'a Statement, inside: Option<usize>) -> Result<(), Wrong> {
        let at = statement.span.start;
        match &statement.kind {
            StatementKind::Participant(participant) => {
                if participant.is_created {
                    if self.known.contains_key(&*participant.name) {
                        let message = format!("`{}` is there already", participant.name);
                        return wrong(
                            at,
                            message,
                            Some("give the new one another name, and an alias"),
                        );
                    }
                    self.created = Some(&participant.name);
                }
                self.meet(&participant.name, inside, at)
            }
            StatementKind::Destroy(name) => {
                self.destroyed = Some(name);
                Ok(())
            }
            StatementKind::Box { statements, .. } => {
                self.boxes += 1;
                let inside = Some(self.boxes);
                statements.iter().try_for_each(|statement| self.one(statement, inside))
            }
            StatementKind::Message(arrow) => self.message(arrow, at),
            StatementKind::Activation { participant, begins } => self.bar(participant, *begins, at),
            StatementKind::Note { participants, .. } => {
                participants.iter().try_for_each(|name| self.meet(name, None, at))
            }
            StatementKind::Block(block) => {
                block.branches.iter().try_for_each(|branch| self.all(&branch.statements))
            }
            StatementKind::Header | StatementKind::Autonumber(_) | StatementKind::Remark => Ok(()),
        }
    }

    fn meet(&mut self, name: &'a str, inside: Option<usize>, at: usize) -> Result<(), Wrong> {
        let of = self.known.entry(name).or_insert(inside);
        match (*of, inside) {
            (Some(one), Some(other)) if one != other => {
                wrong(at, format!("`{name}` stands in two boxes"), Some("take it out of one"))
            }
            _ => {
                *of = of.or(inside);
                Ok(())
            }
        }
    }

    fn message(&mut self, arrow: &'a Arrow, at: usize) -> Result<(), Wrong> {
        self.meet(&arrow.from, None, at)?;
        self.meet(&arrow.to, None, at)?;
        if let Some(created) = self.created {
            if arrow.to != created {
                let message = format!("`{created}` is created, and this message does not go to it");
                return wrong(at, message, Some("put the message that creates it behind `create`"));
            }
            self.created = None;
        } else if let Some(destroyed) = self.destroyed {
            if arrow.to != destroyed && arrow.from != destroyed {
                let message = format!("`{destroyed}` is destroyed, and this message is not its");
                return wrong(
                    at,
                    message,
                    Some("put the message that destroys it behind `destroy`"),
                );
            }
            self.destroyed = None;
        }
        match arrow.activation {
            Some('+') => self.bar(&arrow.to, true, at),
            Some(_) => self.bar(&arrow.from, false, at),
            None => Ok(()),
        }
    }

    fn bar(&mut self, name: &'a str, begins: bool, at: usize) -> Result<(), Wrong> {
        let bars = self.bars.entry(name).or_default();
        if !begins && *bars < 1 {
            return wrong(at, format!("`{name}` is not active here"), Some("activate it before"));
        }
        *bars += if begins { 1 } else { -1 };
        Ok(())
    }
}
