//! What a command of a client does to the cloud.
//!
//! In: program and arguments. Out: whether it reads, changes or destroys. The words are those of the
//! 865 commands that python-openstackclient with the plugins of openstacksdk's services names in
//! `openstack command list`; what stands in no table counts as a change.

use std::env::consts::EXE_SUFFIX;
use std::path::is_separator;

use crate::model::Effect;

/// Verbs that only look.
const READ: &[&str] =
    &["contains", "get", "help", "info", "issue", "list", "show", "summary", "save", "validate"];

/// Verbs that take away for good, or write over what cannot be had back.
const DESTROY: &[&str] =
    &["abandon", "cleanup", "clear", "delete", "purge", "rebuild", "revert", "revoke"];

/// What stands before verbs. A verb of which that is not true may be the name of something.
const NOUNS: &str = "\
    accelerator access acl address agent aggregate allocated application arq assignment \
    association attachment attribute auto availability backend backup bgp bgpvpn block ca \
    cached capability catalog cloud cluster command compute configuration connection \
    conntrack consistency console consumer container credential credentials default device \
    domain dragent dump ec2 endpoint event extension federation filter firewall flavor \
    floating flow forwarding group helper host hypervisor identity ike image implied \
    instance ip ipsec keypair l3 level limit limits local log manageable mapping member \
    members message metadef meter migration mirror module namespace ndp network object \
    order password peer policy pool port profile project properties property protocol \
    provider proxy qos quota range rbac record region registered replica request resource \
    role router rule scope secret security segment server service share site snapshot \
    speaker statefulness stats storage stores subnet subport tap task token topology \
    transfer trunk trust type url usage user versions volume vpn zone";

/// What a command does.
pub fn effect(argv: &[String]) -> Effect {
    match operands(argv) {
        Some((effect, _)) => effect,
        None => in_a_shell(argv),
    }
}

/// What a command is told to work on: the words behind its verb that are no options. An option's
/// value is among them, because nothing says which options have one.
pub fn targets(argv: &[String]) -> Vec<&str> {
    let Some((_, words)) = operands(argv) else { return Vec::new() };
    words.into_iter().filter(|word| !word.starts_with('-')).collect()
}

/// A shell line is as strong as any word in it.
fn in_a_shell(argv: &[String]) -> Effect {
    let mut words = argv.iter().flat_map(|word| word.split_whitespace());
    match words.any(|word| DESTROY.contains(&word) || word == "rm") {
        true => Effect::Destroy,
        false => Effect::Change,
    }
}

/// The effect of a client's command, and the words behind the verb; none for other programs.
fn operands(argv: &[String]) -> Option<(Effect, Vec<&str>)> {
    let (program, words) = argv.split_first()?;
    let name = program.rsplit(is_separator).next()?;
    if name.strip_suffix(EXE_SUFFIX).unwrap_or(name) != "openstack" {
        return None;
    }
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if word.starts_with("--os-") && !word.contains('=') {
            // Global options of this form have a value.
            words.next();
        } else if word.starts_with('-') || is_noun(word) {
            continue;
        } else {
            let rest: Vec<&str> = words.collect();
            return Some(match rest.split_first() {
                // Some nouns are verbs of other commands, as in `share lock delete`.
                Some((next, behind)) if DESTROY.contains(next) && !READ.contains(&word) => {
                    (Effect::Destroy, behind.to_vec())
                }
                _ if READ.contains(&word) => (Effect::Read, rest),
                _ if DESTROY.contains(&word) => (Effect::Destroy, rest),
                _ => (Effect::Change, rest),
            });
        }
    }
    // Without a verb the client says how it is used, or waits for commands on standard input.
    Some((Effect::Change, Vec::new()))
}

fn is_noun(word: &str) -> bool {
    NOUNS.split(' ').any(|noun| noun == word)
}

#[cfg(test)]
mod tests {
    use super::{Effect, effect, targets};

    fn argv(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_command_is_classed_by_its_verb() {
        for (line, expected) in [
            ("openstack image list", Effect::Read),
            ("openstack --os-cloud delete image list --public", Effect::Read),
            ("openstack image show delete", Effect::Read),
            ("openstack token issue", Effect::Read),
            ("openstack volume backup list", Effect::Read),
            ("openstack network agent list", Effect::Read),
            ("openstack image create list", Effect::Change),
            ("openstack server stop show", Effect::Change),
            ("openstack server lock list", Effect::Change),
            ("openstack image add project a b", Effect::Change),
            ("openstack frob list", Effect::Change),
            ("openstack", Effect::Change),
            ("curl http://x", Effect::Change),
            ("openstack image delete a", Effect::Destroy),
            ("openstack share lock delete a", Effect::Destroy),
            ("openstack cloud cache delete", Effect::Destroy),
            ("openstack server rebuild a", Effect::Destroy),
            ("openstack project purge --project p", Effect::Destroy),
            ("/opt/client/openstack image delete a", Effect::Destroy),
        ] {
            assert_eq!(effect(&argv(line)), expected, "{line}");
        }
        let line = "openstack image list | xargs openstack image delete";
        let shell = ["/bin/sh", "-c", line].map(str::to_owned);
        assert_eq!(effect(&shell), Effect::Destroy);
    }

    #[test]
    fn targets_are_what_stands_behind_the_verb() {
        assert_eq!(targets(&argv("openstack image delete --force a b")), ["a", "b"]);
        assert_eq!(targets(&argv("openstack share lock delete a")), ["a"]);
    }
}
