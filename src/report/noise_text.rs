//! What a cloud at rest sends, for people: a line a group, and rules to paste.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::counted;
use super::noise_json::rules;
use crate::model::{Noise, NoiseCall};

/// What was seen, and the rules of `ignore` for it as YAML.
pub fn noise(noise: &Noise) -> String {
    let count = noise.calls.iter().map(|call| call.count).sum();
    let seen = match count {
        0 => "nothing was sent".to_owned(),
        count => counted(count, "exchange"),
    };
    let mut out =
        format!("watched cloud `{}` for {} s: {seen}\n", noise.cloud, noise.watched.as_secs());
    if count > 0 {
        out.push('\n');
    }
    for call in &noise.calls {
        let NoiseCall { from, to, method, path, is_ignored, .. } = call;
        let ignored = if *is_ignored { "; ignored already" } else { "" };
        let _ = writeln!(out, "{from}->>{to}: {method} {path}: {}{ignored}", how_often(call));
    }
    let rules = rules(noise);
    if !rules.rules.is_empty() {
        let yaml = serde_yaml::to_string(&BTreeMap::from([("ignore", rules)]));
        let yaml = yaml.expect("rules are texts, which YAML can say");
        let _ = write!(out, "\nto ignore what is not yet, add to doctool.yml:\n\n{yaml}");
    }
    out
}

fn how_often(call: &NoiseCall) -> String {
    let times = match call.count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    match call.period.map(|period| period.as_secs_f64()) {
        None => times,
        Some(period) if period < 1.0 => format!("{times}, more than one a second"),
        Some(period) if period < 10.0 => format!("{times}, about every {period:.1} s"),
        Some(period) => format!("{times}, about every {period:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::model::{Noise, NoiseCall};

    #[test]
    fn tells_what_was_seen_and_the_rules_for_the_rest() {
        let call = |from: &str, count, period, is_ignored| NoiseCall {
            from: from.to_owned(),
            to: "placement-api".to_owned(),
            method: "GET".to_owned(),
            path: "/v1.0/providers/{uuid}".to_owned(),
            pattern: "^/v1\\.0/providers/{uuid}$".to_owned(),
            count,
            period,
            is_ignored,
        };
        let calls = vec![
            call("nova-compute", 4, Some(Duration::from_millis(15_200)), false),
            call("agent", 3, Some(Duration::from_millis(2_500)), true),
            call("other", 1, None, true),
        ];
        let mut noise =
            Noise { cloud: "embedded".to_owned(), watched: Duration::from_secs(60), calls };
        let expected = "\
watched cloud `embedded` for 60 s: 8 exchanges

nova-compute->>placement-api: GET /v1.0/providers/{uuid}: 4 times, about every 15 s
agent->>placement-api: GET /v1.0/providers/{uuid}: 3 times, about every 2.5 s; ignored already
other->>placement-api: GET /v1.0/providers/{uuid}: once; ignored already

to ignore what is not yet, add to doctool.yml:

ignore:
  rules:
  - from: nova-compute
    to: placement-api
    method: GET
    path: ^/v1\\.0/providers/{uuid}$
";
        assert_eq!(super::noise(&noise), expected);
        noise.calls.clear();
        assert_eq!(super::noise(&noise), "watched cloud `embedded` for 60 s: nothing was sent\n");
    }
}
