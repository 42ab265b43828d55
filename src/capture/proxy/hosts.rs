//! Which hosts are the cloud's own, so that what is said to them inside TLS is looked at.
//!
//! In: patterns of the profile, and hosts that the cloud itself names. Out: yes or no, and what a
//! certificate authority may vouch for.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};

use rcgen::{CidrSubnet, GeneralSubtree, NameConstraints};

use crate::model::names_host;

/// The hosts of a profile.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// Host names, addresses, and `*.DOMAIN` for all names below a domain.
    pub patterns: Vec<String>,
    /// Whether hosts that the cloud's catalog names belong to it as well.
    pub learns: bool,
}

/// The hosts as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Known {
    hosts: Hosts,
    learnt: RwLock<BTreeSet<String>>,
}

impl Hosts {
    /// Whether a host, in lower case and without brackets, is one of them.
    pub fn fits(&self, host: &str) -> bool {
        names_host(&self.patterns, host)
    }

    /// What a certificate authority for these hosts may vouch for. Of the two sorts of names, one
    /// that is not named at all would be free, so it is closed.
    pub(super) fn constraints(&self) -> NameConstraints {
        let (mut permitted, mut excluded) = (Vec::new(), Vec::new());
        for pattern in &self.patterns {
            let bare = pattern.trim_start_matches('[').trim_end_matches(']');
            permitted.push(match bare.parse::<IpAddr>() {
                Ok(address @ IpAddr::V4(_)) => subnet(address, 32),
                Ok(address @ IpAddr::V6(_)) => subnet(address, 128),
                Err(_) => GeneralSubtree::DnsName(bare.trim_start_matches("*.").to_owned()),
            });
        }
        let names = |subtree: &GeneralSubtree| matches!(subtree, GeneralSubtree::DnsName(_));
        if !permitted.iter().any(names) {
            excluded.push(GeneralSubtree::DnsName(String::new()));
        }
        if permitted.iter().all(names) {
            excluded.push(subnet(IpAddr::from([0; 4]), 0));
            excluded.push(subnet(IpAddr::from([0; 16]), 0));
        }
        NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded }
    }
}

fn subnet(address: IpAddr, prefix: u8) -> GeneralSubtree {
    GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix))
}

impl Known {
    pub(super) fn new(hosts: Hosts) -> Self {
        Self { hosts, learnt: RwLock::default() }
    }

    /// Whether a host is the cloud's. `named` says what hosts its catalog names, and is asked only
    /// for a host that is not known yet.
    pub(super) fn fits(&self, host: &str, named: impl FnOnce() -> Vec<String>) -> bool {
        let is_learnt =
            || self.learnt.read().unwrap_or_else(PoisonError::into_inner).contains(host);
        if self.hosts.fits(host) || is_learnt() {
            return true;
        }
        if self.hosts.learns {
            let named = named();
            self.learnt.write().unwrap_or_else(PoisonError::into_inner).extend(named);
        }
        is_learnt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(patterns: &[&str]) -> Hosts {
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        Hosts { patterns, learns: true }
    }

    #[test]
    fn a_star_stands_for_all_names_below_a_domain() {
        let hosts = hosts(&["*.Example.com", "other.org", "192.0.2.1", "[::1]"]);
        for host in ["a.example.com", "a.b.example.com", "other.org", "192.0.2.1", "::1"] {
            assert!(hosts.fits(host), "{host}");
        }
        for host in ["example.com", "badexample.com", "a.other.org", "192.0.2.10", ""] {
            assert!(!hosts.fits(host), "{host}");
        }
    }

    #[test]
    fn what_the_catalog_names_is_asked_for_once_it_matters() {
        let known = Known::new(hosts(&["a"]));
        assert!(known.fits("a", || panic!("it is known")));
        assert!(!known.fits("b", Vec::new));
        assert!(known.fits("b", || vec!["b".to_owned()]));
        assert!(known.fits("b", || panic!("it is learnt")));
        let fixed = Known::new(Hosts { learns: false, ..hosts(&["a"]) });
        assert!(!fixed.fits("b", || vec!["b".to_owned()]));
    }
}
