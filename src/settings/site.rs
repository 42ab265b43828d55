//! A site's settings: a working directory or a configuration file in, a [`Site`] out.
//!
//! Paths are read as if MkDocs was started in the folder of its configuration file. That matters
//! for the base paths of snippets, which PyMdown takes from the working directory.

use std::path::{Path, PathBuf};

use serde_yaml::Value;

use super::extensions::{self, Dialect, FenceSettings};
use super::mkdocs::{self, text, truthy};
use super::zensical;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Place;

/// The names under which MkDocs looks for its configuration, in its order, and that of Zensical.
const CONFIGURATION_NAMES: [&str; 3] = ["mkdocs.yml", "mkdocs.yaml", "zensical.toml"];

/// What a site's configuration says about its pages.
#[derive(Debug, Clone)]
pub struct Site {
    /// The configuration file.
    pub file: PathBuf,
    /// The folder of the configuration file; relative settings start here.
    pub folder: PathBuf,
    /// The folder of the pages, absolute.
    pub docs_dir: PathBuf,
    /// Pages in the order of the navigation, below docs_dir, with `/`.
    pub nav: Vec<String>,
    /// How includes are resolved; none when the site does not enable them.
    pub snippets: Option<Snippets>,
    /// What is a fence.
    pub fences: FenceSettings,
    /// Which blocks the site's Markdown knows.
    pub dialect: Dialect,
}

/// Settings of `pymdownx.snippets`, defaults as in release 13.1.
#[derive(Debug, Clone)]
pub struct Snippets {
    /// Where included files are looked for, in this order.
    pub base_paths: Vec<BasePath>,
    /// Whether includes must stay below their base path.
    pub restrict_base_path: bool,
    /// Whether the site's build stops at a missing file.
    pub check_paths: bool,
    /// Whether sections and line ranges lose their common indent.
    pub dedent_subsections: bool,
    /// Includes that every page ends with.
    pub auto_append: Vec<String>,
    /// The encoding of included files, as Python names it.
    pub encoding: String,
    /// Whether URLs are fetched.
    pub url_download: bool,
    /// Bytes from which on a URL's content is refused; 0 for no limit.
    pub url_max_size: u64,
    /// Seconds to wait for a URL; 0 for no limit.
    pub url_timeout: f64,
    /// Header lines to send with requests.
    pub url_request_headers: Vec<(String, String)>,
    /// How often a request that the server asks to repeat is repeated.
    pub max_retries: u32,
    /// Seconds to wait before the first repetition; a multiple of it before later ones.
    pub backoff_factor: f64,
}

/// Where included files are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BasePath {
    /// A folder, or one file; absolute.
    Path(PathBuf),
    /// The folder of the page that is being read (`!relative`).
    PageFolder,
}

impl Default for Snippets {
    fn default() -> Self {
        Self {
            base_paths: Vec::new(),
            restrict_base_path: true,
            check_paths: false,
            dedent_subsections: false,
            auto_append: Vec::new(),
            encoding: "utf-8".to_owned(),
            url_download: false,
            url_max_size: 32 << 20,
            url_timeout: 10.0,
            url_request_headers: Vec::new(),
            max_retries: 3,
            backoff_factor: 2.0,
        }
    }
}

impl Site {
    /// Finds the configuration in a folder or the ones above it, and reads it.
    pub fn find(folder: &Path) -> Result<Self> {
        for above in folder.ancestors() {
            for name in CONFIGURATION_NAMES {
                let file = above.join(name);
                if file.is_file() {
                    return Self::read(&file);
                }
            }
        }
        let message =
            format!("no `mkdocs.yml` or `zensical.toml` in `{}` or above it", folder.display());
        let hint = "run doctool in the folder of your `mkdocs.yml` or `zensical.toml`, or below it, or name it with `--site`";
        Err(Error::new(ErrorKind::Settings, message).hint(hint))
    }

    /// Reads a configuration file. The path must be absolute.
    pub fn read(file: &Path) -> Result<Self> {
        let folder = file.parent().unwrap_or(Path::new("/")).to_path_buf();
        let is_toml = file.extension().is_some_and(|extension| extension == "toml");
        let root = if is_toml { zensical::load(file)? } else { mkdocs::load(file)? };
        let docs_dir = match root.get("docs_dir") {
            None | Some(Value::Null) => "docs".to_owned(),
            Some(value) => text(value).ok_or_else(|| wrong(file, "docs_dir", "a path"))?,
        };
        let docs_dir = join(&folder, &docs_dir);
        let mut nav = Vec::new();
        if let Some(value) = root.get("nav") {
            collect_nav(value, &mut nav);
        }
        let list = extensions::listed(root.get("markdown_extensions"))
            .ok_or_else(|| wrong(file, "markdown_extensions", "a list or a mapping"))?;
        let snippets = list
            .iter()
            .rev()
            .find(|extension| extension.name == "pymdownx.snippets")
            .map(|extension| read_snippets(&extension.options, &folder, &docs_dir))
            .transpose()
            .map_err(|error| error.at(Place::file(file)))?;
        Ok(Self {
            file: file.to_path_buf(),
            snippets,
            fences: extensions::fence_settings(&list),
            dialect: extensions::dialect(&list),
            folder,
            docs_dir,
            nav,
        })
    }

    /// The path below docs_dir, with `/`; none when the file is elsewhere.
    pub fn page_path(&self, file: &Path) -> Option<String> {
        let below = file.strip_prefix(&self.docs_dir).ok()?;
        let parts: Vec<_> =
            below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        Some(parts.join("/"))
    }
}

fn wrong(file: &Path, key: &str, shape: &str) -> Error {
    let message = format!("`{key}` is not {shape}");
    Error::new(ErrorKind::Settings, message).at(Place::file(file))
}

fn collect_nav(value: &Value, pages: &mut Vec<String>) {
    match value {
        Value::Sequence(items) => items.iter().for_each(|item| collect_nav(item, pages)),
        Value::Mapping(entries) => entries.values().for_each(|item| collect_nav(item, pages)),
        Value::String(path) if path.ends_with(".md") || path.ends_with(".markdown") => {
            pages.push(path.trim_start_matches("./").to_owned());
        }
        _ => {}
    }
}

fn read_snippets(options: &Value, folder: &Path, docs_dir: &Path) -> Result<Snippets> {
    let default = Snippets::default();
    let flag = |key: &str, otherwise: bool| options.get(key).map_or(otherwise, truthy);
    let number = |key: &str, otherwise: f64| {
        options.get(key).and_then(Value::as_f64).filter(|value| *value >= 0.0).unwrap_or(otherwise)
    };
    let base_paths = match options.get("base_path") {
        None => vec![BasePath::Path(folder.to_path_buf())],
        Some(Value::Sequence(items)) => {
            let paths = items.iter().map(|item| base_path(item, folder, docs_dir));
            paths.filter_map(Result::transpose).collect::<Result<_>>()?
        }
        Some(value) => base_path(value, folder, docs_dir)?.into_iter().collect(),
    };
    let auto_append = match options.get("auto_append") {
        Some(Value::Sequence(items)) => items.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    let headers = match options.get("url_request_headers") {
        Some(Value::Mapping(entries)) => {
            entries.iter().filter_map(|(key, value)| Some((text(key)?, text(value)?))).collect()
        }
        _ => Vec::new(),
    };
    Ok(Snippets {
        base_paths,
        restrict_base_path: flag("restrict_base_path", default.restrict_base_path),
        check_paths: flag("check_paths", default.check_paths),
        dedent_subsections: flag("dedent_subsections", default.dedent_subsections),
        auto_append,
        encoding: options.get("encoding").and_then(text).unwrap_or(default.encoding),
        url_download: flag("url_download", default.url_download),
        url_max_size: options
            .get("url_max_size")
            .and_then(Value::as_u64)
            .unwrap_or(default.url_max_size),
        url_timeout: number("url_timeout", default.url_timeout),
        url_request_headers: headers,
        max_retries: options
            .get("max_retries")
            .and_then(Value::as_u64)
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(default.max_retries),
        backoff_factor: number("backoff_factor", default.backoff_factor),
    })
}

/// One base path. `!relative` names the page's folder, the configuration's or the pages' one.
fn base_path(value: &Value, folder: &Path, docs_dir: &Path) -> Result<Option<BasePath>> {
    if let Value::Tagged(tagged) = value
        && tagged.tag == "relative"
    {
        let place = text(&tagged.value).unwrap_or_default();
        let (anchor, below) = place.split_once('/').unwrap_or((&place, ""));
        return match anchor {
            "$config_dir" => Ok(Some(BasePath::Path(join(folder, below)))),
            "$docs_dir" => Ok(Some(BasePath::Path(join(docs_dir, below)))),
            "" if place.is_empty() => Ok(Some(BasePath::PageFolder)),
            _ => {
                let message = format!("`!relative {place}` names no folder");
                let hint = "write `!relative`, `!relative $docs_dir` or `!relative $config_dir`";
                Err(Error::new(ErrorKind::Settings, message).hint(hint))
            }
        };
    }
    Ok(text(value).map(|path| BasePath::Path(join(folder, &path))))
}

/// The path from the root of the file system, without `.` and `..`; links are not followed.
fn join(folder: &Path, path: &str) -> PathBuf {
    crate::model::FileCache::new(folder).absolute(Path::new(path))
}
