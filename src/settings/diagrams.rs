//! `diagrams` in doctool.yml and in the front matter of pages: how large diagrams stay readable.

use std::collections::BTreeMap;

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result, nearest};
use crate::model::{Presentation, StepRule};

/// The step that stands for requests that are repeated.
const POLLING: &str = "polling";

/// How diagrams are shown. Steps keep their numbers under all of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DiagramSettings {
    /// Messages that a part of a diagram has at most; 0 puts parts together again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<usize>,
    /// What one step stands for: `token`, `polling`, or a name below `steps`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<Vec<String>>,
    /// Participants that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide: Option<Vec<String>>,
    /// Whether ids in paths get names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Naming>,
    /// Whether the numbers of steps stand below the diagram as links to their sections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<bool>,
    /// Further steps for `fold`, by what they are called.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, StepSettings>,
}

/// Whether ids in paths get names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Naming {
    /// They do, such as `{image_id}`.
    Auto,
    /// They stay as they are.
    Off,
}

/// Exchanges of the same two participants that one step stands for where they follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepSettings {
    /// Regular expression, searched in `METHOD path`. At least one of the requests fits it.
    pub needs: String,
    /// Regular expression that the other requests fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
}

impl DiagramSettings {
    /// How a page shows its diagram whose own settings these are.
    ///
    /// # Errors
    ///
    /// When a step has no rule, or its rule makes no sense.
    pub fn of_page(&self, site: &Self) -> Result<Presentation> {
        let mut rules = BTreeMap::from([("token".to_owned(), token())]);
        rules.extend(site.steps.clone());
        rules.extend(self.steps.clone());
        let fold = self.fold.as_ref().or(site.fold.as_ref());
        let mut steps = Vec::new();
        for name in fold.into_iter().flatten().filter(|name| *name != POLLING) {
            let rule = rules.get(name).ok_or_else(|| unknown(name, &rules))?;
            steps.push(rule.checked(name)?);
        }
        Ok(Presentation {
            split: self.split.or(site.split),
            folds_polling: fold.is_some_and(|fold| fold.iter().any(|name| name == POLLING)),
            steps,
            hide: self.hide.clone().or_else(|| site.hide.clone()).unwrap_or_default(),
            names_ids: self.names.or(site.names) == Some(Naming::Auto),
            links_steps: self.links.or(site.links).unwrap_or_default(),
        })
    }
}

impl StepSettings {
    fn checked(&self, name: &str) -> Result<StepRule> {
        for pattern in [Some(&self.needs), self.with.as_ref()].into_iter().flatten() {
            Regex::new(pattern).map_err(|cause| {
                let message =
                    format!("`diagrams`, step `{name}`: `{pattern}` is no regular expression");
                Error::new(ErrorKind::Settings, message).because(cause)
            })?;
        }
        Ok(StepRule { name: name.to_owned(), needs: self.needs.clone(), with: self.with.clone() })
    }
}

/// How a client gets a token from Keystone: it asks for versions, and then for the token.
fn token() -> StepSettings {
    StepSettings {
        needs: r"^POST \S*/v3/auth/tokens(\?|$)".to_owned(),
        with: Some(r"^GET (/|/identity/?|\S*/v3/?)$".to_owned()),
    }
}

fn unknown(name: &str, rules: &BTreeMap<String, StepSettings>) -> Error {
    let known: Vec<&str> = rules.keys().map(String::as_str).chain([POLLING]).collect();
    let error = Error::new(ErrorKind::Settings, format!("`diagrams` has no step `{name}`"));
    error.hint(match nearest(name, &known) {
        Some(nearest) => format!("write `{nearest}`, or say below `steps:` what `{name}` is"),
        None => format!("say below `steps:` what `{name}` is"),
    })
}

#[cfg(test)]
mod tests {
    use super::DiagramSettings;

    fn settings(text: &str) -> DiagramSettings {
        serde_yaml::from_str(text).expect("the settings can be read")
    }

    #[test]
    fn what_a_page_says_goes_before_what_the_site_says() {
        let site = settings("{split: 40, fold: [token, polling], hide: [memcached], links: true}");
        let page = settings("{split: 0, fold: [usage], steps: {usage: {needs: ^GET /usage}}}");
        let shown = page.of_page(&site).expect("the settings make sense");
        assert_eq!((shown.split, shown.folds_polling, shown.links_steps), (Some(0), false, true));
        assert_eq!(shown.hide, ["memcached"]);
        let names: Vec<&str> = shown.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["usage"]);
    }

    #[test]
    fn a_step_without_a_rule_is_an_error() {
        for (text, message, hint) in [
            (
                "{fold: [tokens]}",
                "`diagrams` has no step `tokens`",
                Some("write `token`, or say below `steps:` what `tokens` is"),
            ),
            (
                "{fold: [x], steps: {x: {needs: (}}}",
                "`diagrams`, step `x`: `(` is no regular expression",
                None,
            ),
        ] {
            let error = settings(text).of_page(&DiagramSettings::default()).expect_err(text);
            assert!(error.to_string().starts_with(message), "{error}");
            assert_eq!(error.hint_text(), hint);
        }
    }
}
