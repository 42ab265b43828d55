//! What a site's configuration means for its pages: `INHERIT`, tags, bundles of extensions, and
//! what is not enabled.

use std::path::{Path, PathBuf};

use doctool::error::ErrorKind;
use doctool::settings::{BasePath, EarlyBlock, FenceStyle, Site};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("it exists");
    for (name, text) in files {
        let file = root.join(name);
        std::fs::create_dir_all(file.parent().expect("it stands in a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }
    (folder, root)
}

#[test]
fn is_found_in_a_folder_above() {
    let (_keep, root) = folder(&[("mkdocs.yml", "site_name: x"), ("docs/a/b.md", "")]);
    let site = Site::find(&root.join("docs/a")).expect("a site");
    assert_eq!(site.docs_dir, root.join("docs"));
    assert_eq!(site.page_path(&root.join("docs/a/b.md")).as_deref(), Some("a/b.md"));
}

#[test]
fn a_folder_without_one_is_told_with_a_hint() {
    let (_keep, root) = folder(&[]);
    let error = Site::find(&root).expect_err("nothing is there");
    assert_eq!(error.kind(), ErrorKind::Settings);
    assert!(error.hint_text().is_some());
}

#[test]
fn inherited_mappings_are_merged_and_lists_replaced() {
    let base = "docs_dir: pages\nnav: [a.md]\nmarkdown_extensions:\n  pymdownx.snippets:\n    check_paths: true\n    base_path: [one, two]\n";
    let own = "INHERIT: base/mkdocs.yml\nnav: [b.md]\nmarkdown_extensions:\n  pymdownx.snippets:\n    base_path: [three]\n";
    let (_keep, root) = folder(&[("base/mkdocs.yml", base), ("mkdocs.yml", own)]);
    let site = Site::find(&root).expect("a site");
    assert_eq!((site.docs_dir, site.nav), (root.join("pages"), vec!["b.md".to_owned()]));
    let snippets = site.snippets.expect("they are enabled");
    assert!(snippets.check_paths);
    assert_eq!(snippets.base_paths, [BasePath::Path(root.join("three"))]);
}

#[test]
fn a_circle_of_inheritance_is_an_error() {
    let (_keep, root) = folder(&[("mkdocs.yml", "INHERIT: mkdocs.yml")]);
    assert_eq!(Site::find(&root).expect_err("a circle").kind(), ErrorKind::Settings);
}

#[test]
fn tags_are_resolved_or_tolerated() {
    let text = "site_name: !ENV [DOCTOOL_NO_SUCH_VARIABLE, x]\nmarkdown_extensions:\n- pymdownx.superfences:\n    custom_fences:\n    - {name: mermaid, class: mermaid, format: !!python/name:pymdownx.superfences.fence_code_format }\n    - {name: ignored}\n- pymdownx.snippets:\n    check_paths: !ENV [DOCTOOL_NO_SUCH_VARIABLE, true]\n    base_path: [!relative $config_dir/x, !relative $docs_dir, !relative , y]\n";
    let (_keep, root) = folder(&[("mkdocs.yml", text)]);
    let site = Site::find(&root).expect("a site");
    let names: Vec<_> = site.fences.custom.iter().map(|custom| custom.name.as_str()).collect();
    assert_eq!(names, ["mermaid"]);
    let snippets = site.snippets.expect("they are enabled");
    assert!(snippets.check_paths);
    let path = |name: &str| BasePath::Path(root.join(name));
    assert_eq!(snippets.base_paths, [path("x"), path("docs"), BasePath::PageFolder, path("y")]);
}

#[test]
fn the_last_extension_for_fences_is_what_counts() {
    let style = |text: &str| {
        let (_keep, root) = folder(&[("mkdocs.yml", text)]);
        Site::find(&root).expect("a site").fences.style
    };
    assert_eq!(style("site_name: x"), FenceStyle::Plain);
    assert_eq!(style("markdown_extensions: [extra, pymdownx.superfences]"), FenceStyle::Super);
    assert_eq!(style("markdown_extensions: [pymdownx.superfences, extra]"), FenceStyle::Plain);
}

#[test]
fn what_is_not_enabled_is_not_known() {
    let text = "markdown_extensions: [pymdownx.details, markdown.extensions.admonition]";
    let (_keep, root) = folder(&[("mkdocs.yml", text)]);
    let site = Site::read(&root.join(Path::new("mkdocs.yml"))).expect("a site");
    assert!(site.snippets.is_none());
    assert_eq!(site.dialect.early, [EarlyBlock::Details, EarlyBlock::Admonition]);
    assert!(!site.dialect.definitions && !site.dialect.footnotes);
}
