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

#[test]
fn inheritance_starts_at_each_file_and_paths_at_the_last_one() {
    let far = "docs_dir: far\nmarkdown_extensions: [admonition]\n";
    let near = "INHERIT: deep/far.yml\nmarkdown_extensions: {pymdownx.snippets: {base_path: !relative $docs_dir/parts}}\n";
    let own = "INHERIT: !ENV [DOCTOOL_NO_SUCH_VARIABLE, base/near.yml]\n";
    let files = [("base/deep/far.yml", far), ("base/near.yml", near), ("mkdocs.yml", own)];
    let (_keep, root) = folder(&files);
    let site = Site::find(&root).expect("a site");
    assert_eq!(site.docs_dir, root.join("far"));
    let snippets = site.snippets.expect("they are enabled");
    assert_eq!(snippets.base_paths, [BasePath::Path(root.join("far/parts"))]);
}

#[test]
fn flags_and_anchors_are_those_of_the_yaml_that_mkdocs_reads() {
    let text = "base: &base {check_paths: yes, dedent_subsections: off}\nmarkdown_extensions:\n- pymdownx.snippets:\n    <<: *base\n    restrict_base_path: !ENV [DOCTOOL_NO_SUCH_VARIABLE, !ENV [DOCTOOL_NOT_THIS_EITHER, no]]\n";
    let (_keep, root) = folder(&[("mkdocs.yml", text)]);
    let snippets = Site::find(&root).expect("a site").snippets.expect("they are enabled");
    assert!(snippets.check_paths && !snippets.dedent_subsections && !snippets.restrict_base_path);
}

#[test]
fn what_mkdocs_refuses_is_an_error_with_the_file() {
    for text in [
        "INHERIT: no/such.yml\n",
        "INHERIT: [a.yml]\n",
        "markdown_extensions: [pymdownx.snippets: {base_path: [!relative parts]}]\n",
        "markdown_extensions: [pymdownx.snippets: {base_path: !relative $dir/parts}]\n",
        "markdown_extensions: 1\n",
    ] {
        let (_keep, root) = folder(&[("mkdocs.yml", text)]);
        let error = Site::find(&root).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Settings, "{text}");
        assert!(error.place().is_some(), "{text}");
    }
}

const ZENSICAL: &str = r#"
[project]
site_name = "x"
docs_dir = "pages"
nav = ["index.md", { "Guide" = ["guide/a.md", { "B" = "guide/b.md" }] }]

[project.markdown_extensions.pymdownx.blocks.tab]
[project.markdown_extensions.pymdownx.details]
[project.markdown_extensions.admonition]
[project.markdown_extensions.pymdownx.snippets]
base_path = ["docs", "parts"]
check_paths = true
"#;

#[test]
fn a_zensical_toml_says_what_an_mkdocs_yml_says() {
    let (_keep, root) = folder(&[("zensical.toml", ZENSICAL), ("pages/index.md", "")]);
    let site = Site::find(&root.join("pages")).expect("a site");
    assert_eq!((site.file, site.docs_dir), (root.join("zensical.toml"), root.join("pages")));
    assert_eq!(site.nav, ["index.md", "guide/a.md", "guide/b.md"]);
    let snippets = site.snippets.expect("they are enabled");
    assert!(snippets.check_paths);
    let path = |name: &str| BasePath::Path(root.join(name));
    assert_eq!(snippets.base_paths, [path("docs"), path("parts")]);
    assert_eq!(site.fences.style, FenceStyle::Super, "it is always there");
    // What stands in a table `pymdownx` comes behind the others.
    assert_eq!(site.dialect.early, [EarlyBlock::Admonition, EarlyBlock::Details]);
    assert_eq!(site.dialect.blocks.len(), 1);
}

#[test]
fn a_zensical_toml_without_extensions_has_those_of_zensical() {
    let (_keep, root) = folder(&[("zensical.toml", "[project]\nsite_name = \"x\"\n")]);
    let site = Site::find(&root).expect("a site");
    assert!(site.snippets.is_none(), "they are not among them");
    assert_eq!(site.fences.style, FenceStyle::Super);
    assert_eq!(site.fences.custom.len(), 1);
    assert!(site.dialect.footnotes && site.dialect.definitions && site.dialect.abbreviations);
    let tabs = EarlyBlock::Tabbed { alternate: true };
    let early = [EarlyBlock::Admonition, EarlyBlock::MarkdownInHtml, EarlyBlock::Details, tabs];
    assert_eq!(site.dialect.early, early);
}

#[test]
fn an_mkdocs_yml_beside_a_zensical_toml_is_what_counts() {
    let files = [("zensical.toml", ZENSICAL), ("mkdocs.yml", "docs_dir: here\n")];
    let (_keep, root) = folder(&files);
    assert_eq!(Site::find(&root).expect("a site").docs_dir, root.join("here"));
}

#[test]
fn a_slip_in_a_zensical_toml_is_told_with_its_place() {
    let (_keep, root) = folder(&[("zensical.toml", "[project]\nsite_name = x\n")]);
    let error = Site::find(&root).expect_err("x has no quotes");
    assert_eq!(error.kind(), ErrorKind::Settings);
    let place = error.place().expect("it has a place");
    assert_eq!((place.line, place.column), (2, 13));
}
