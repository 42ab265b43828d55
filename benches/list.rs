//! What reading pages costs, in process, on a small site that the benchmark makes: reading alone,
//! with the plan, and up to the JSON of `list`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use doctool::model::FileCache;
use doctool::report::list_json;
use doctool::settings::{Config, Site};
use doctool::{page, plan};

const PAGES: usize = 20;

const SETTINGS: &str = "site_name: Bench
markdown_extensions:
  - admonition
  - tables
  - def_list
  - footnotes
  - md_in_html
  - pymdownx.details
  - pymdownx.highlight
  - pymdownx.superfences
  - pymdownx.tabbed:
      alternate_style: true
  - pymdownx.snippets:
      base_path: [docs]
";

/// Makes a site; gives its folder and its pages.
fn site(folder: &Path) -> Vec<PathBuf> {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("there is room");
        fs::write(&path, text).expect("there is room");
        path
    };
    write("mkdocs.yml", SETTINGS);
    let pages = (0..PAGES).map(|number| {
        let name = |part: &str| format!("docs/{number:02}/{part}.md");
        write(&name("body"), &body(number));
        write(&name("log"), &log(number));
        write(&name("index"), &index(number))
    });
    pages.collect()
}

fn index(number: usize) -> String {
    format!(
        "# Page {number}\n\nWhat `image list` does, *step by step*.\n\n\
         ??? example \"openstack image list\"\n    ``` console title=\"Output\"\n    \
         $ openstack image list\n{}    ```\n\n- one\n- two\n\n!!! note \"Note\"\n    Some text.\n\n\
         --8<-- \"{number:02}/body.md\"\n\n??? quote \"log\"\n    ``` text title=\"\"\n    \
         --8<-- \"{number:02}/log.md\"\n    ```\n",
        json(2, 1, number),
    )
}

fn body(number: usize) -> String {
    let mut text = String::new();
    for step in 0..20 {
        let title = format!("GET /image/v2/{number}/{step}");
        let _ = write!(
            text,
            "### ({step}) {title}\n`compute` --> `image`\n\n=== \"Header\"\n    \
             ``` http title=\"{title}\" linenums=\"1\"\n    Host: 10.0.0.1\n    Accept: */*\n    \
             ```\n\n=== \"Body\"\n    ``` json title=\"{title}\" linenums=\"1\"\n{}    ```\n\n\n",
            json(4, 2, step),
        );
    }
    text
}

fn log(number: usize) -> String {
    let mut text = String::new();
    for step in 0..25 {
        let _ = write!(
            text,
            "### (compute) REQ >>> (image) : GET http://10.0.0.1/{number}/{step}\n\
             Host: 10.0.0.1\nAccept: */*\n\n{}\n\n",
            json(0, 2, step),
        );
    }
    text
}

/// A JSON document in so many items, indented.
fn json(indent: usize, items: usize, number: usize) -> String {
    let blanks = " ".repeat(indent);
    let mut text = format!("{blanks}{{\n{blanks}  \"values\": [\n");
    for item in 0..items {
        let _ = write!(
            text,
            "{blanks}    {{\n{blanks}      \"id\": \"{number:08}-{item:04}\",\n\
             {blanks}      \"name\": \"image-{number}\",\n{blanks}      \"status\": \"active\",\n\
             {blanks}      \"size\": {},\n{blanks}      \"links\": []\n{blanks}    }},\n",
            number * 7919 + item,
        );
    }
    let _ = write!(text, "{blanks}  ]\n{blanks}}}\n");
    text
}

fn list(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("there is room for a site");
    let root = folder.path().canonicalize().expect("the folder exists");
    let pages = site(&root);
    let site = Site::find(&root).expect("the settings were written");
    let config = Config::default();
    let read = |files: &FileCache, path: &Path| page::read(&site, files, path).expect("a page");
    let files = FileCache::new(&root);
    let bytes: usize = pages.iter().map(|path| read(&files, path).lines.text().len()).sum();

    let mut group = criterion.benchmark_group("list");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("files and pages", |bencher| {
        bencher.iter(|| {
            let files = FileCache::new(&root);
            pages.iter().map(|path| read(&files, path).fences.len()).sum::<usize>()
        });
    });
    group.bench_function("pages", |bencher| {
        bencher.iter(|| pages.iter().map(|path| read(&files, path).fences.len()).sum::<usize>());
    });
    group.bench_function("pages and plans", |bencher| {
        bencher.iter(|| {
            let planned = |path: &PathBuf| {
                let page = read(&files, path);
                plan::plan(&site, &config, &files, &page).expect("a plan").views.len()
            };
            pages.iter().map(planned).sum::<usize>()
        });
    });
    group.bench_function("pages, plans and JSON", |bencher| {
        bencher.iter(|| {
            let listed = |path: &PathBuf| {
                let page = read(&files, path);
                let plan = plan::plan(&site, &config, &files, &page).expect("a plan");
                list_json::json(&list_json::page(&files, &page, &plan)).len()
            };
            pages.iter().map(listed).sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, list);
criterion_main!(benches);
