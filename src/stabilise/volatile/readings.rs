//! How a value is to be read, where its place tells more than its shape.
//!
//! In: the name of a header, of a JSON key, of a row of a table. Out: a [`Reading`].

use std::sync::LazyLock;

use regex::Regex;

use super::{Class, pattern};

/// How a value is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::stabilise) enum Reading {
    /// By its shape.
    Shape,
    /// As it stands, whatever it looks like: it follows from content.
    Content,
    /// As one volatile value, whatever it looks like.
    Whole(Class),
}

/// The reading of what stands under a JSON key or in a table's row of that name.
///
/// Checksums look like ids and mean something; audit ids mean nothing and look like anything
/// (Keystone's API reference, "audit_ids").
pub(super) fn of_field(name: &str) -> Reading {
    let name = name.to_ascii_lowercase();
    if is_checksum(&name) {
        return Reading::Content;
    }
    match &*name {
        "audit_ids" | "audit_chain_id" | "parent_audit_id" => Reading::Whole(Class::AuditId),
        _ if is_epoch(&name) => Reading::Whole(Class::Epoch),
        _ => Reading::Shape,
    }
}

/// The reading of a header's value.
pub(super) fn of_header(name: &str) -> Reading {
    match &*name.to_ascii_lowercase() {
        "host" | "x-forwarded-host" | "x-forwarded-server" => Reading::Whole(Class::Authority),
        _ => of_field(name),
    }
}

fn is_checksum(name: &str) -> bool {
    const WORDS: [&str; 9] =
        ["checksum", "digest", "etag", "hash", "md5", "md5sum", "sha1", "sha256", "sha512"];
    words(name).any(|word| WORDS.contains(&word))
}

/// Names such as Swift's `X-Timestamp` and `X-Backend-Status-Changed-At`.
fn is_epoch(name: &str) -> bool {
    matches!(words(name).last(), Some("timestamp" | "at" | "time" | "mtime"))
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// `| checksum | …`, `"checksum": …`, `checksum: …` and `checksum="…"`, as clients print fields.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^\s*(?:\|\s+(?<row>[\w.:-]+)\s+\|[^|]*\|\s*$|"(?<json>[\w.:-]+)"\s*:|(?<yaml>[\w.-]+):\s|(?<shell>[\w.-]+)=")"#,
    )
});

/// The name of the field whose value stands in a line of output, if the line says it.
pub(in crate::stabilise) fn field_of_line(line: &str) -> Option<&str> {
    let found = FIELD.captures(line)?;
    ["row", "json", "yaml", "shell"]
        .iter()
        .find_map(|form| found.name(form))
        .map(|name| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Class, Reading, field_of_line, of_field, of_header};

    #[test]
    fn names_tell_what_shapes_do_not() {
        for name in
            ["checksum", "Etag", "Content-MD5", "os_hash_value", "owner_specified.openstack.md5"]
        {
            assert_eq!(of_header(name), Reading::Content, "{name}");
        }
        for name in ["X-Timestamp", "X-Backend-Status-Changed-At", "deleted_at"] {
            assert_eq!(of_header(name), Reading::Whole(Class::Epoch), "{name}");
        }
        assert_eq!(of_field("audit_ids"), Reading::Whole(Class::AuditId));
        assert_eq!(of_header("Host"), Reading::Whole(Class::Authority));
        for name in ["id", "host", "status", "timeout", "hashes_to"] {
            assert_eq!(of_field(name), Reading::Shape, "{name}");
        }
    }

    #[test]
    fn a_line_of_output_says_which_field_it_shows() {
        for line in
            ["| checksum | abc |", "  \"checksum\": \"abc\",", "checksum: abc", "checksum=\"abc\""]
        {
            assert_eq!(field_of_line(line), Some("checksum"), "{line}");
        }
        for line in ["| one | two | three |", "checksum", "+----+----+", ""] {
            assert_eq!(field_of_line(line), None, "{line}");
        }
    }
}
