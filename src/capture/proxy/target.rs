//! Whom a request is for.
//!
//! In: the request line's target. Out: host, port and path: in absolute form for plain HTTP, as a
//! client asks a proxy; inside a tunnel the path alone, as it asks the service.

use super::refusal::Refusal;

/// An absolute `http` or `https` URL, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Target {
    scheme: Scheme,
    authority: String,
    host: String,
    port: u16,
    path: String,
}

/// Whether the service is spoken to inside TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// Where a tunnel leads.
#[derive(Debug, Clone)]
pub(super) struct Tunnel {
    authority: String,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Tunnel {
    /// Reads the target of a `CONNECT`.
    pub(super) fn read(line_target: &str) -> Result<Self, Refusal> {
        let (host, port) = host_and_port(line_target)?;
        if !line_target.ends_with(&format!(":{port}")) {
            return Err(bad("a tunnel needs host and port"));
        }
        // The port that the scheme implies is left out, as in the URLs that clients are given.
        let authority = line_target.strip_suffix(":443").unwrap_or(line_target).to_owned();
        Ok(Self { authority, host, port })
    }

    /// The URL of a path inside the tunnel.
    pub(super) fn url(&self, scheme: Scheme, path: &str) -> String {
        if scheme == Scheme::Https {
            return format!("https://{}{path}", self.authority);
        }
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port {
            80 => format!("http://{host}{path}"),
            port => format!("http://{host}:{port}{path}"),
        }
    }

    /// Reads the target of a request inside the tunnel.
    pub(super) fn target(&self, line_target: &str) -> Result<Target, Refusal> {
        if line_target != "*" && !line_target.starts_with('/') {
            return Err(bad("inside a tunnel the request line needs the path alone"));
        }
        Ok(Target {
            scheme: Scheme::Https,
            authority: self.authority.clone(),
            host: self.host.clone(),
            port: self.port,
            path: line_target.to_owned(),
        })
    }
}

impl Target {
    /// Reads the target of a request with this method.
    pub(super) fn read(method: &str, line_target: &str) -> Result<Self, Refusal> {
        let (scheme, rest) = match line_target.split_once("://") {
            Some(parts) if !line_target.starts_with('/') => parts,
            _ => return Err(bad("this is a forward proxy: the request line needs the whole URL")),
        };
        if scheme.eq_ignore_ascii_case("https") {
            return Err(bad("an `https` URL is asked for through a tunnel, with `CONNECT`"));
        }
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(bad("only `http` URLs are forwarded"));
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if path.contains('#') {
            return Err(bad("the URL has a fragment"));
        }
        let (host, port) = host_and_port(authority)?;
        let path = match (path.is_empty(), path.starts_with('?')) {
            (true, _) if method == "OPTIONS" => "*".to_owned(),
            (true, _) => "/".to_owned(),
            (_, true) => format!("/{path}"),
            _ => path.to_owned(),
        };
        Ok(Self { scheme: Scheme::Http, authority: authority.to_owned(), host, port, path })
    }

    /// Whether TLS is spoken.
    pub(super) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The URL inside a tunnel, whose request lines do not hold it.
    pub(super) fn tunnelled_url(&self) -> Option<String> {
        let path = if self.path == "*" { "" } else { &self.path };
        (self.scheme == Scheme::Https).then(|| format!("https://{}{path}", self.authority))
    }

    /// Host and port as the caller gave them.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Host name or address, without the brackets of IPv6, in lower case.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The port, 80 unless given.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, as the service itself is asked.
    pub(super) fn origin_form(&self) -> &str {
        &self.path
    }

    /// Whether the value of a `Host` line means the same host and port. Inside a tunnel it is the
    /// service's own business.
    pub(super) fn is_host(&self, value: &[u8]) -> bool {
        if self.scheme == Scheme::Https {
            return true;
        }
        let bare = |text: &str| {
            let text = text.to_ascii_lowercase();
            text.strip_suffix(":80").map(str::to_owned).unwrap_or(text)
        };
        std::str::from_utf8(value).is_ok_and(|value| bare(value) == bare(&self.authority))
    }
}

fn host_and_port(authority: &str) -> Result<(String, u16), Refusal> {
    if authority.contains('@') {
        return Err(bad("the URL holds a user name"));
    }
    let after_address = authority.find(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[after_address..].find(':') {
        Some(at) => (&authority[..after_address + at], &authority[after_address + at + 1..]),
        None => (authority, ""),
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = if port.is_empty() { Ok(80) } else { port.parse() };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match port {
        Ok(port) if port > 0 && digits && !host.is_empty() => Ok((host.to_ascii_lowercase(), port)),
        _ => Err(bad("the URL has no usable host and port")),
    }
}

fn bad(reason: &str) -> Refusal {
    Refusal::bad_request(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let target = Target::read("GET", "http://Host:8080/a/b?c=d://e").unwrap();
        assert_eq!((target.host(), target.port()), ("host", 8080));
        assert_eq!((target.origin_form(), target.authority()), ("/a/b?c=d://e", "Host:8080"));
        let target = Target::read("GET", "HTTP://[::1]?q").unwrap();
        assert_eq!((target.host(), target.port(), target.origin_form()), ("::1", 80, "/?q"));
        assert_eq!(Target::read("OPTIONS", "http://h").unwrap().origin_form(), "*");
        assert_eq!(Target::read("GET", "http://h").unwrap().origin_form(), "/");
    }

    #[test]
    fn the_host_line_may_spell_the_same_host_differently() {
        let target = Target::read("GET", "http://h:80/").unwrap();
        assert!(target.is_host(b"H"));
        assert!(!target.is_host(b"other"));
        assert!(!target.is_host(b"h:8080"));
    }

    #[test]
    fn other_targets_are_refused() {
        for url in ["/path", "*", "h:80", "ftp://h/", "http://", "http://u@h/", "http://h:0/"] {
            assert!(Target::read("GET", url).is_err(), "{url}");
        }
        for url in ["http://h:+1/", "http://h:99999/", "http://h/#a", "/x?u=http://h/"] {
            assert!(Target::read("GET", url).is_err(), "{url}");
        }
        assert!(Target::read("GET", "https://h/").is_err());
    }

    #[test]
    fn a_tunnel_leads_to_one_host() {
        let tunnel = Tunnel::read("H:443").unwrap();
        assert_eq!((&*tunnel.host, tunnel.port), ("h", 443));
        assert_eq!(tunnel.url(Scheme::Https, "/a"), "https://H/a");
        let url = |line: &str| tunnel.target(line).unwrap().tunnelled_url().unwrap();
        assert_eq!((url("/a?b"), url("*")), ("https://H/a?b".to_owned(), "https://H".to_owned()));
        let tunnel = Tunnel::read("[::1]:8443").unwrap();
        let target = tunnel.target("/").unwrap();
        assert_eq!((target.host(), target.port()), ("::1", 8443));
        assert_eq!(target.tunnelled_url().unwrap(), "https://[::1]:8443/");
        assert!(tunnel.target("http://other/").is_err());
        assert_eq!(tunnel.url(Scheme::Http, "/"), "http://[::1]:8443/");
        assert_eq!(Tunnel::read("h:80").unwrap().url(Scheme::Http, "/x?y"), "http://h/x?y");
        for line in ["h", "h:0", ":443", "u@h:443", "h:x"] {
            assert!(Tunnel::read(line).is_err(), "{line}");
        }
    }
}
