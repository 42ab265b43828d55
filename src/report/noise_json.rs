//! What `doctool noise --format json` prints: what was seen in, a value to serialise out.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Noise, NoiseCall};
use crate::settings::{IgnoreRule, IgnoreSettings};

/// Everything that `noise` says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NoiseReport {
    /// The profile's name.
    pub cloud: String,
    /// Seconds for which it was watched.
    pub seconds: f64,
    /// What was seen, what came most often first.
    pub calls: Vec<ReportedCall>,
    /// What `ignore` in doctool.yml has to say so that the rest of it is left out.
    pub ignore: IgnoreSettings,
}

/// Exchanges that differ in ids only.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedCall {
    /// Who asked.
    pub from: String,
    /// Who was asked.
    pub to: String,
    /// Their method.
    pub method: String,
    /// Their path, with names in braces for ids.
    pub path: String,
    /// How many there were.
    pub count: usize,
    /// Seconds from one to the next on average; null where there were fewer than three.
    pub period: Option<f64>,
    /// Whether doctool.yml leaves them out already.
    pub ignored: bool,
}

impl NoiseReport {
    /// The report about what was seen.
    pub fn of(noise: &Noise) -> Self {
        let call = |call: &NoiseCall| ReportedCall {
            from: call.from.clone(),
            to: call.to.clone(),
            method: call.method.clone(),
            path: call.path.clone(),
            count: call.count,
            period: call.period.map(|period| (period.as_secs_f64() * 10.0).round() / 10.0),
            ignored: call.is_ignored,
        };
        Self {
            cloud: noise.cloud.clone(),
            seconds: noise.watched.as_secs_f64(),
            calls: noise.calls.iter().map(call).collect(),
            ignore: rules(noise),
        }
    }

    /// The JSON schema of what is printed.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON")
    }
}

/// Rules for what is not left out yet.
pub(super) fn rules(noise: &Noise) -> IgnoreSettings {
    let rule = |call: &NoiseCall| IgnoreRule {
        from: Some(call.from.clone()),
        to: Some(call.to.clone()),
        method: Some(call.method.clone()),
        urls: Vec::new(),
        path: Some(call.pattern.clone()),
    };
    let rules = noise.calls.iter().filter(|call| !call.is_ignored).map(rule);
    IgnoreSettings { rules: rules.collect(), ..IgnoreSettings::default() }
}
