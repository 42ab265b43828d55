//! What the exchanges of a kind of cloud tell about the cloud itself: rules that whoever records is given,
//! so that it need not know which cloud it is.

use super::{Exchange, Service, host_of};

/// Rules by which exchanges tell who answers where.
#[derive(Debug, Clone, Copy)]
pub struct Directory {
    /// Whether an exchange with this method and URL may name services.
    pub may_tell: fn(&str, &str) -> bool,
    /// The services that an exchange names.
    pub services: fn(&Exchange) -> Vec<Service>,
    /// The program that is meant where a library names itself as who asks.
    pub program: fn(&str) -> Option<&'static str>,
    /// Headers of an answer that tell it from all others, in lower case.
    pub request_ids: &'static [&'static str],
    /// Headers of a request that pass on the token of whoever asked first, and then those of one's own, in
    /// lower case.
    pub tokens: &'static [&'static str],
}

impl Default for Directory {
    /// Nothing tells anything.
    fn default() -> Self {
        Self {
            may_tell: |_, _| false,
            services: |_| Vec::new(),
            program: |_| None,
            request_ids: &[],
            tokens: &[],
        }
    }
}

impl Directory {
    /// The services that exchanges name, without duplicates.
    pub fn all_services(&self, exchanges: &[Exchange]) -> Vec<Service> {
        let mut services = Vec::new();
        for service in exchanges.iter().flat_map(self.services) {
            if !services.contains(&service) {
                services.push(service);
            }
        }
        services
    }

    /// The hosts of the services that exchanges name.
    pub fn hosts(&self, exchanges: &[Exchange]) -> Vec<String> {
        let services = self.all_services(exchanges);
        services.iter().filter_map(|service| host_of(&service.url)).collect()
    }
}
