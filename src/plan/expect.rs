//! Which documented commands are to fail: the key `expect` of a page's front matter.
//!
//! In: `fail`, or `fail` with an HTTP status; for the last command of the page, or by command. Out: the
//! [`Expected`] failures by the commands' indexes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result, nearest};
use crate::model::{Command, Expected, Place};

/// What a page expects of its commands.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Expectations {
    /// Of the last one, for which the others only prepare things.
    Last(String),
    /// By the commands as they are documented.
    Each(BTreeMap<String, String>),
}

/// The commands that are to fail.
///
/// # Errors
///
/// When a word is not known, or a command is named that the page does not run.
pub(super) fn expected(
    expectations: Option<&Expectations>,
    commands: &[Command],
    page: &Place,
) -> Result<BTreeMap<usize, Expected>> {
    let wrong = |message: String| Error::new(ErrorKind::Page, message).at(page.clone());
    let read = |word: &str| {
        Expected::read(word).ok_or_else(|| {
            let hint =
                "write `fail`, or `fail` and an HTTP status from 400 to 599, such as `fail 409`";
            wrong(format!("`expect: {word}` says nothing that a command could do")).hint(hint)
        })
    };
    match expectations {
        None => Ok(BTreeMap::new()),
        Some(Expectations::Last(word)) => {
            let last = commands.len().checked_sub(1);
            let expected = read(word)?;
            Ok(last.map(|last| (last, expected)).into_iter().collect())
        }
        Some(Expectations::Each(words)) => {
            let mut all = BTreeMap::new();
            for (text, word) in words {
                let expected = read(word)?;
                let named =
                    commands.iter().enumerate().filter(|(_, command)| command.text == *text);
                let before = all.len();
                all.extend(named.map(|(index, _)| (index, expected)));
                if all.len() == before && !commands.is_empty() {
                    let texts: Vec<&str> = commands.iter().map(|command| &*command.text).collect();
                    let hint = nearest(text, &texts).map_or_else(
                        || "write the command as it stands behind `$ `".to_owned(),
                        |near| format!("write it as it stands there, such as `{near}`"),
                    );
                    let message = format!("`expect` names `{text}`, which the page does not run");
                    return Err(wrong(message).hint(hint));
                }
            }
            Ok(all)
        }
    }
}
