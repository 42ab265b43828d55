//! Where exchanges come from besides the proxy: what clients tell, HAR files, other tools, several at once.

mod debug;
mod har;
mod hooked;
mod mitmproxy;
mod ssh;

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::Site;

/// The page that is recorded.
const LIST: &str = "docs/openstack/image/list";

/// A copy of this project's docs, and a cloud of its own that is wiped when the test is over.
struct Live {
    site: Site,
    /// Variables by which the cloud is used by hand.
    variables: Vec<(String, String)>,
}

impl Live {
    /// Brings the cloud up, for commands whose exchanges are seen in this way.
    fn new(capture: &str) -> Self {
        Self::with(capture, |site| site)
    }

    fn with(capture: &str, more: impl FnOnce(Site) -> Site) -> Self {
        let cache = std::env::var_os("DOCTOOL_CACHE_DIR")
            .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"), PathBuf::from);
        let site = Site::of_this_project();
        let data = site.path("cloud").display().to_string();
        let site = more(site.with("DOCTOOL_CACHE_DIR", cache.display().to_string()));
        let site = site.with("DOCTOOL_CLOUD_DIR", data);
        let mut live = Self { site, variables: Vec::new() };
        live.see(capture);
        let told = live.site.doctool(&["cloud", "up"]).exits(0).out;
        let exports = told.lines().filter_map(|line| line.trim().strip_prefix("export "));
        let variables = exports.filter_map(|export| export.split_once('='));
        let variables = variables.map(|(name, value)| (name.into(), value.replace('"', "")));
        live.variables = variables.collect();
        live
    }

    /// Changes where exchanges are seen.
    fn see(&self, capture: &str) {
        let settings = format!(
            "cloud: mine\nrun: {{allow: [openstack]}}\nclouds:\n  mine:\n    embedded: openstack\n    \
             capture: {capture}\n"
        );
        self.site.write("doctool.yml", settings);
    }

    /// Runs a program of the cloud's own, such as its client, with more variables.
    fn program(&self, words: &[&str], more: &[(&str, &str)]) -> Output {
        let value = |wanted: &str| {
            let found = self.variables.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).expect("it is told")
        };
        let path = value("PATH");
        let program = Path::new(path.split(':').next().expect("it begins")).join(words[0]);
        let mut command = Command::new(program);
        command.args(&words[1..]).current_dir(self.site.path(""));
        for name in ["OS_CLIENT_CONFIG_FILE", "OS_CLOUD"] {
            command.env(name, value(name));
        }
        command.envs(more.iter().copied());
        command.output().expect("the program can be started")
    }

    /// The diagram that the page's run has, seen as it is now.
    fn diagram(&self) -> Vec<String> {
        self.site.doctool(&["record", "--out", "kept", LIST]).exits(0);
        let log = "kept/openstack/image/list/log.md";
        let drawn = self.site.doctool(&["render", log, "--to", "diagram"]).exits(0).out;
        drawn.lines().map(str::to_owned).collect()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.site.doctool(&["cloud", "down", "--wipe"]);
    }
}
