//! What may stand below `hosts` of a cloud.
//!
//! In: patterns as they are written. Out: nothing, or what is wrong with one.

use crate::error::{Error, ErrorKind, Result};

/// Looks whether each is a host's name or address, or `*.` and a domain.
pub(super) fn check(cloud: &str, patterns: &[String]) -> Result<()> {
    for pattern in patterns {
        let address = pattern.trim_start_matches('[').trim_end_matches(']');
        let name = pattern.strip_prefix("*.").unwrap_or(pattern);
        let is_part = |part: &str| {
            let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !part.is_empty() && part.bytes().all(is_sound)
        };
        if address.parse::<std::net::IpAddr>().is_err() && !name.split('.').all(is_part) {
            let message = format!("cloud `{cloud}`: `{pattern}` below `hosts` is no host");
            let hint = "write a name or an address without scheme, port and path, or `*.` and a \
                        domain for all names below it";
            return Err(Error::new(ErrorKind::Settings, message).hint(hint));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_host_has_neither_scheme_nor_port() {
        let check = |pattern: &str| check("mine", &[pattern.to_owned()]);
        for pattern in ["api.example.com", "*.example.com", "localhost", "127.0.0.1", "[::1]"] {
            assert!(check(pattern).is_ok(), "{pattern}");
        }
        for pattern in ["", "*", "https://a", "a:443", "a/b", "a.*", "*a.b", "a..b", "*."] {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }
}
