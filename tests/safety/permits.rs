//! What commands may do to a cloud, and what would run.

use super::{page, program, site};

const CLIENT: &str = "echo \"$*\" >> \"$(dirname \"$0\")/calls\"";

#[test]
fn nothing_runs_where_a_command_is_not_permitted() {
    let client = program("openstack", CLIENT);
    let path = client.path().to_str().unwrap();
    let text = page("", &["openstack image list", "openstack image create x"]);
    let site = site(&text, path, "[openstack]", "    permit: [read]\n");
    let said = site.doctool(&["refresh"]).exits(2);
    assert!(
        said.err.contains(
            "cloud `mine` does not permit `openstack image create x`, which is a command of class \
             `change`\n  --> docs/index.md:5"
        ),
        "{}",
        said.err
    );
    assert!(!client.path().join("calls").exists(), "nothing was run");
    let planned = site.doctool(&["plan"]).exits(1);
    assert_eq!(
        planned.out,
        "index.md\n  run      read    openstack image list\n  run      change  openstack image \
         create x  (not permitted)\n"
    );
}

#[test]
fn what_a_run_has_not_made_is_destroyed_on_disposable_clouds_only() {
    let client = program("openstack", CLIENT);
    let path = client.path().to_str().unwrap();
    let text = page("", &["openstack image delete precious"]);
    let careful = site(&text, path, "[openstack]", "");
    let said = careful.doctool(&["refresh"]).exits(2);
    assert!(
        said.err.contains(
            "`precious`, which `openstack image delete precious` destroys, was not made by this run"
        ),
        "{}",
        said.err
    );
    assert!(!client.path().join("calls").exists(), "nothing was run");
    let careless = site(&text, path, "[openstack]", "    disposable: true\n");
    careless.doctool(&["refresh"]).exits(0);
    assert!(client.path().join("calls").exists());
}

#[test]
fn a_plan_names_commands_in_order_and_a_dry_run_writes_nothing() {
    let client = program("openstack", CLIENT);
    let path = client.path().to_str().unwrap();
    let front = "  setup: [openstack image create one]\n  teardown: [openstack image delete one]\n";
    let text = page(front, &["openstack image show one"]);
    let site = site(&text, path, "[openstack]", "");
    let plan = "index.md\n  setup    change  openstack image create one\n  run      read    openstack \
                image show one\n  teardown destroy openstack image delete one\n";
    assert_eq!(site.doctool(&["plan"]).exits(0).out, plan);
    let before = site.files();
    let said = site.doctool(&["refresh", "--dry-run"]).exits(0);
    assert!(said.out.starts_with(plan), "{}", said.out);
    assert_eq!(site.files(), before);
    assert!(!client.path().join("calls").exists(), "nothing was run");
}

#[test]
fn a_plan_tells_what_the_last_recording_shows_being_created() {
    let site = super::Site::of_this_project();
    let said = site.doctool(&["plan", "docs/openstack/image/create"]).exits(0);
    assert!(said.out.contains("  run      change  openstack image create"), "{}", said.out);
    assert!(said.out.contains("  creates  image `"), "{}", said.out);
}

#[test]
fn a_plan_says_what_is_to_fail() {
    let expects = "  expect:\n    openstack image delete kept: fail 403\n    openstack image show none: fail\n";
    let commands =
        ["openstack image delete kept", "openstack image show none", "openstack image list"];
    let site = site(&page(expects, &commands), "/bin", "[openstack]", "");
    let plan = "index.md\n  \
                run      destroy openstack image delete kept  (is to fail with 403)\n  \
                run      read    openstack image show none  (is to fail)\n  \
                run      read    openstack image list\n";
    assert_eq!(site.doctool(&["plan"]).exits(0).out, plan);
}
