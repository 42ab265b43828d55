//! `markdown_extensions` into what the page reader needs to know: which blocks there are, in which
//! order they are tried, and what is a fence. What is not enabled is not recognised.

use serde_yaml::Value;

use super::mkdocs::{text, truthy};

/// An enabled extension and its options.
#[derive(Debug, Clone)]
pub(super) struct Extension {
    pub(super) name: String,
    pub(super) options: Value,
}

/// What is a fence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FenceSettings {
    /// Which extension reads fences.
    pub style: FenceStyle,
    /// Whether a header that is not understood makes a plain fence.
    pub relaxed_headers: bool,
    /// Whether fences are found before tabs are expanded.
    pub preserve_tabs: bool,
    /// Whether there are no indented code blocks that could swallow a fence.
    pub disable_indented_code_blocks: bool,
    /// Whether `hl_lines`, `linenums` and `title` are options; otherwise every option is refused.
    pub use_pygments: bool,
    /// Whether the Quotes extension makes quote levels strict.
    pub strict_quotes: bool,
    /// Languages that are drawn as something else, such as `mermaid`, in the order of registration.
    pub custom: Vec<CustomFence>,
}

/// Which extension reads fences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FenceStyle {
    /// `fenced_code`, which MkDocs always loads: fences at column 0 only.
    #[default]
    Plain,
    /// `pymdownx.superfences`.
    Super,
}

/// A language that is drawn as something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomFence {
    /// The language; `*` stands for all that no other custom fence takes.
    pub name: String,
}

/// A block that is looked for before all others. Those of a page are tried in the order of their
/// registration, which the order of `markdown_extensions` decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyBlock {
    /// `!!! note`
    Admonition,
    /// `??? note`
    Details,
    /// `=== "title"`; whether it is drawn in the alternate style.
    Tabbed {
        /// `alternate_style`
        alternate: bool,
    },
    /// HTML elements with a `markdown` attribute.
    MarkdownInHtml,
}

/// How lists are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListStyle {
    /// Ordered and unordered items may mix.
    #[default]
    Plain,
    /// `sane_lists`
    Sane,
}

/// A `/// name` block that the site knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlocksExtension {
    /// `/// admonition`, or a type such as `/// note`.
    Admonition(String),
    /// `/// details`, or a type.
    Details(String),
    /// `/// tab`; whether it is drawn in the alternate style.
    Tab {
        /// `alternate_style`
        alternate: bool,
    },
    /// `/// html`
    Html,
    /// `/// define`
    Definition,
    /// `/// caption`, or a type such as `/// figure-caption`.
    Caption(String),
}

/// Which blocks the site's Markdown knows.
#[derive(Debug, Clone, Default)]
pub struct Dialect {
    /// Blocks that are looked for before all others, in the order in which they are tried.
    pub early: Vec<EarlyBlock>,
    /// `/// name` blocks.
    pub blocks: Vec<BlocksExtension>,
    /// Definition lists.
    pub definitions: bool,
    /// Footnotes.
    pub footnotes: bool,
    /// Abbreviations, whose definitions vanish from the text.
    pub abbreviations: bool,
    /// Whether the extension `meta` strips key lines from the top of the expanded text.
    pub meta: bool,
    /// How lists are read.
    pub lists: ListStyle,
    /// `pymdownx.saneheaders`: headers need a blank behind `#`.
    pub sane_headers: bool,
    /// `pymdownx.quotes`: quotes that follow each other are not joined.
    pub quotes: bool,
    /// With `quotes`: whether `> [!note]` is a callout.
    pub callouts: bool,
}

/// The extensions in the order in which Python-Markdown loads them, bundles unpacked, those that
/// MkDocs always loads first. None when the value has another shape than MkDocs accepts.
pub(super) fn listed(value: Option<&Value>) -> Option<Vec<Extension>> {
    let mut list: Vec<Extension> = Vec::new();
    for name in ["toc", "tables", "fenced_code"] {
        list.push(Extension { name: name.to_owned(), options: Value::Null });
    }
    let mut add = |name: String, options: Value| {
        let name = name.strip_prefix("markdown.extensions.").map_or(name.clone(), str::to_owned);
        // A name that is listed again keeps its first place and takes the last options.
        match list.iter_mut().find(|extension| extension.name == name) {
            Some(extension) if truthy(&options) => extension.options = options,
            Some(_) => {}
            None => list.push(Extension { name, options }),
        }
    };
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Sequence(items)) => {
            for item in items {
                match item {
                    Value::String(name) => add(name.clone(), Value::Null),
                    Value::Mapping(entries) => {
                        for (name, options) in entries {
                            add(text(name)?, options.clone());
                        }
                    }
                    _ => return None,
                }
            }
        }
        Some(Value::Mapping(entries)) => {
            for (name, options) in entries {
                add(text(name)?, options.clone());
            }
        }
        Some(_) => return None,
    }
    Some(list.into_iter().flat_map(unpack).collect())
}

/// The extensions of a bundle, or the extension itself.
fn unpack(extension: Extension) -> Vec<Extension> {
    let names: &[&str] = match extension.name.as_str() {
        "extra" => {
            &["fenced_code", "footnotes", "attr_list", "def_list", "tables", "abbr", "md_in_html"]
        }
        "pymdownx.extra" => &[
            "pymdownx.betterem",
            "pymdownx.superfences",
            "footnotes",
            "attr_list",
            "def_list",
            "tables",
            "abbr",
            "md_in_html",
        ],
        _ => return vec![extension],
    };
    let options = |name: &str| {
        let long = format!("markdown.extensions.{name}");
        let found = extension.options.get(name).or_else(|| extension.options.get(&long));
        found.cloned().unwrap_or(Value::Null)
    };
    names
        .iter()
        .map(|name| Extension { name: (*name).to_owned(), options: options(name) })
        .collect()
}

/// What is a fence with these extensions.
pub(super) fn fence_settings(list: &[Extension]) -> FenceSettings {
    let mut settings = FenceSettings { use_pygments: true, ..FenceSettings::default() };
    for Extension { name, options } in list {
        let flag = |key: &str| options.get(key).is_some_and(truthy);
        match name.as_str() {
            // Both fill the same slot, so the last one is what counts.
            "fenced_code" => settings.style = FenceStyle::Plain,
            "pymdownx.superfences" => {
                settings.style = FenceStyle::Super;
                settings.relaxed_headers = flag("relaxed_headers");
                settings.preserve_tabs = flag("preserve_tabs");
                settings.disable_indented_code_blocks = flag("disable_indented_code_blocks");
                settings.custom = custom_fences(options.get("custom_fences"));
            }
            "pymdownx.highlight" => {
                settings.use_pygments = options.get("use_pygments").is_none_or(truthy);
            }
            "pymdownx.quotes" => settings.strict_quotes = true,
            _ => {}
        }
    }
    settings
}

fn custom_fences(value: Option<&Value>) -> Vec<CustomFence> {
    let Some(Value::Sequence(items)) = value else {
        return Vec::new();
    };
    // An entry without a name or a class is not registered.
    items
        .iter()
        .filter(|item| item.get("class").is_some_and(|class| !class.is_null()))
        .filter_map(|item| Some(CustomFence { name: text(item.get("name")?)? }))
        .collect()
}

/// Which blocks there are with these extensions.
pub(super) fn dialect(list: &[Extension]) -> Dialect {
    let mut dialect = Dialect::default();
    for Extension { name, options } in list {
        let flag = |key: &str| options.get(key).is_some_and(truthy);
        match name.as_str() {
            "admonition" => early(&mut dialect, EarlyBlock::Admonition),
            "pymdownx.details" => early(&mut dialect, EarlyBlock::Details),
            "pymdownx.tabbed" => {
                early(&mut dialect, EarlyBlock::Tabbed { alternate: flag("alternate_style") });
            }
            "md_in_html" => early(&mut dialect, EarlyBlock::MarkdownInHtml),
            "def_list" => dialect.definitions = true,
            "footnotes" => dialect.footnotes = true,
            "abbr" => dialect.abbreviations = true,
            "meta" => dialect.meta = true,
            "sane_lists" => dialect.lists = ListStyle::Sane,
            "pymdownx.saneheaders" => dialect.sane_headers = true,
            "pymdownx.quotes" => {
                dialect.quotes = true;
                dialect.callouts = flag("callouts");
            }
            "pymdownx.blocks.admonition" => {
                let types = types(options, &ADMONITION_TYPES);
                let types = types.into_iter().map(BlocksExtension::Admonition);
                dialect.blocks.push(BlocksExtension::Admonition("admonition".to_owned()));
                dialect.blocks.extend(types);
            }
            "pymdownx.blocks.details" => {
                let types = types(options, &[]).into_iter().map(BlocksExtension::Details);
                dialect.blocks.push(BlocksExtension::Details("details".to_owned()));
                dialect.blocks.extend(types);
            }
            "pymdownx.blocks.tab" => {
                dialect.blocks.push(BlocksExtension::Tab { alternate: flag("alternate_style") });
            }
            "pymdownx.blocks.html" => dialect.blocks.push(BlocksExtension::Html),
            "pymdownx.blocks.definition" => dialect.blocks.push(BlocksExtension::Definition),
            "pymdownx.blocks.caption" => {
                let types =
                    types(options, &CAPTION_TYPES).into_iter().map(BlocksExtension::Caption);
                dialect.blocks.extend(types);
            }
            _ => {}
        }
    }
    dialect
}

fn early(dialect: &mut Dialect, block: EarlyBlock) {
    // Registering a block again moves it to the end.
    dialect.early.retain(|other| std::mem::discriminant(other) != std::mem::discriminant(&block));
    dialect.early.push(block);
}

const ADMONITION_TYPES: [&str; 9] =
    ["note", "attention", "caution", "danger", "error", "tip", "hint", "warning", "important"];
const CAPTION_TYPES: [&str; 3] = ["caption", "figure-caption", "table-caption"];

/// The block names that an extension's `types` option makes.
fn types(options: &Value, default: &[&str]) -> Vec<String> {
    let Some(Value::Sequence(items)) = options.get("types") else {
        return default.iter().map(|name| (*name).to_owned()).collect();
    };
    items.iter().filter_map(|item| text(item).or_else(|| text(item.get("name")?))).collect()
}
