//! Brings the cloud from whatever state it is in to one where every service answers. In and out:
//! [`State`], written after each step, so that the next doctool can go on from there.

use std::fs::File;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use serde_json::json;

use super::folders::{Folders, cannot};
use super::ports::{self, Ports};
use super::process::{self, Process};
use super::recipe;
use super::services;
use super::state::{Part, State};
use crate::cloud::probe;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Event, Events};

/// How long the services may take until they answer. Much longer than they do: a slow machine is no
/// error.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often ports are chosen anew when somebody else is quicker.
const ATTEMPTS: usize = 5;

/// What services that have just started have in their caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caches {
    /// What the first requests of all leave there, so that every run finds the same.
    Warm,
    /// Nothing.
    Cold,
}

/// Does what is left to do until the cloud is up.
pub(super) fn start(
    folders: &Folders,
    state: &mut State,
    caches: Caches,
    events: Events<'_>,
) -> Result<()> {
    end_those_who_do_not_answer(state, events)?;
    for attempt in 1.. {
        leave_taken_ports(state, events)?;
        folders.create_data()?;
        recipe::write(folders, state)?;
        state.write(folders)?;
        if !state.prepared {
            prepare(folders, state, events)?;
        }
        let mut end = launch(folders, state, events)?;
        if end == Launch::Done {
            end = wait(folders, state)?;
        }
        match end {
            Launch::Done => break,
            Launch::PortTaken if attempt < ATTEMPTS => {}
            Launch::PortTaken => {
                return Err(Error::new(ErrorKind::Cloud, "other programs take the cloud's ports")
                    .hint("run `doctool cloud up` again"));
            }
        }
    }
    if state.seeded != Some(state.ports) {
        seed(folders, state, events)?;
    }
    if !state.warm {
        if caches == Caches::Warm {
            warm(state, events)?;
        }
        state.warm = true;
        state.write(folders)?;
    }
    Ok(())
}

/// True when a part answers at its address.
pub(super) fn answers(client: &Client, state: &State, part: Part) -> bool {
    match part {
        Part::Relay => probe::relay_answers(&state.relay()),
        Part::Keystone => probe::answers(client, &(state.url(part) + "/v3")),
        Part::GlanceApi => probe::answers(client, &(state.url(part) + "/healthcheck")),
    }
}

fn end_those_who_do_not_answer(state: &State, events: Events<'_>) -> Result<()> {
    let client = probe::client(Duration::from_secs(5))?;
    for part in Part::ALL {
        if let Some(process) = state.running(part)
            && !answers(&client, state, part)
        {
            events(Event::Cloud(format!("ending {}, which does not answer", part.name())));
            process::end(std::slice::from_ref(process))?;
        }
    }
    Ok(())
}

/// Moves the whole cloud to other ports when a part that has to be started finds its own taken: the
/// services know each other's addresses, so one cannot move alone.
fn leave_taken_ports(state: &mut State, events: Events<'_>) -> Result<()> {
    let taken = |part: &Part| {
        state.running(*part).is_none() && !state.ports_of(*part).into_iter().all(ports::is_free)
    };
    let Some(part) = Part::ALL.into_iter().find(taken) else {
        return Ok(());
    };
    let running: Vec<_> =
        Part::ALL.iter().filter_map(|part| state.running(*part).cloned()).collect();
    process::end(&running)?;
    state.ports = Ports::choose()?;
    events(Event::Cloud(format!(
        "the port of {} is taken, so the cloud moves to {}",
        part.name(),
        state.url(Part::Keystone)
    )));
    Ok(())
}

/// Makes the databases and keys of both services at the same time.
fn prepare(folders: &Folders, state: &mut State, events: Events<'_>) -> Result<()> {
    events(Event::Cloud("making databases and keys".to_owned()));
    let mut children = Vec::new();
    for (part, configuration) in
        [(Part::Keystone, "keystone/keystone.conf"), (Part::GlanceApi, "glance/glance-api.conf")]
    {
        let mut command = services::script("prepare.py", folders, state);
        command
            .arg(part.name())
            .arg(folders.file(configuration))
            .env("OS_BOOTSTRAP_PASSWORD", &state.secrets.passwords["admin"])
            .env("OS_BOOTSTRAP_PUBLIC_URL", state.url(Part::Keystone))
            .stdin(Stdio::null());
        children.push(spawn(command, folders, &format!("prepare-{}", part.name()))?);
    }
    // All are waited for before an error is told, so that none is left behind.
    let ends: Vec<_> = children.into_iter().map(Step::end).collect();
    ends.into_iter().collect::<Result<()>>()?;
    state.prepared = true;
    state.write(folders)
}

/// How a step of the starting ended.
#[derive(PartialEq, Eq)]
enum Launch {
    Done,
    PortTaken,
}

/// Starts the parts that do not run.
fn launch(folders: &Folders, state: &mut State, events: Events<'_>) -> Result<Launch> {
    for part in Part::ALL {
        if state.running(part).is_some() {
            continue;
        }
        events(Event::Cloud(format!("starting {}", part.name())));
        if part == Part::GlanceApi {
            state.warm = false;
        }
        let listener = match part {
            // Has two doors, and opens them itself.
            Part::Relay => None,
            Part::Keystone | Part::GlanceApi => match ports::listen(state.ports_of(part)[0]) {
                None => return Ok(Launch::PortTaken),
                listener => listener,
            },
        };
        let command = services::command(part, folders, state)?;
        let process = Process::start(command, &folders.log(part.name()), listener)?;
        state.processes.insert(part, process);
        state.write(folders)?;
    }
    Ok(Launch::Done)
}

/// Waits until every part answers.
fn wait(folders: &Folders, state: &State) -> Result<Launch> {
    let client = probe::client(Duration::from_secs(30))?;
    let deadline = Instant::now() + PATIENCE;
    for part in Part::ALL {
        let details = || format!("read `{}`", folders.log(part.name()).display());
        while !answers(&client, state, part) {
            if state.running(part).is_none() {
                // Of the ports only the relay's can have been taken since they were looked at.
                if part == Part::Relay && !state.ports_of(part).into_iter().all(ports::is_free) {
                    return Ok(Launch::PortTaken);
                }
                let message = format!("`{}` ended while it started", part.name());
                return Err(Error::new(ErrorKind::Cloud, message).hint(details()));
            }
            if Instant::now() > deadline {
                let message = format!("`{}` does not answer at `{}`", part.name(), state.url(part));
                return Err(Error::new(ErrorKind::Cloud, message).hint(details()));
            }
            sleep(Duration::from_millis(20));
        }
    }
    Ok(Launch::Done)
}

/// Fills the cloud with users, the catalog and images, as far as they are missing.
fn seed(folders: &Folders, state: &mut State, events: Events<'_>) -> Result<()> {
    events(Event::Cloud("making projects, users, the catalog and images".to_owned()));
    let wanted = json!({
        "keystone": state.url(Part::Keystone),
        "glance-api": state.url(Part::GlanceApi),
        "passwords": state.secrets.passwords,
    });
    let mut command = services::script("seed.py", folders, state);
    // Passwords go where nobody else can read them, which arguments are not.
    command.stdin(Stdio::piped());
    let mut step = spawn(command, folders, "seed")?;
    let mut input = step.child.stdin.take().expect("the input is piped");
    // When it ended early, that is what there is to tell.
    let _ = input.write_all(wanted.to_string().as_bytes());
    drop(input);
    step.end()?;
    state.seeded = Some(state.ports);
    state.write(folders)
}

/// Logs in and lists images, so that the services fetch the tokens they need now and not in the
/// middle of a documented command.
fn warm(state: &State, events: Events<'_>) -> Result<()> {
    events(Event::Cloud("warming up".to_owned()));
    let failed = || Error::new(ErrorKind::Cloud, "the cloud refuses to log its own user in");
    let domain = json!({"id": "default"});
    let request = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": "admin", "domain": domain, "password": state.secrets.passwords["admin"],
        }}},
        "scope": {"project": {"name": "demo", "domain": domain}},
    }});
    let client = probe::client(Duration::from_secs(60))?;
    let response = client
        .post(state.url(Part::Keystone) + "/v3/auth/tokens")
        .header("Content-Type", "application/json")
        .body(request.to_string())
        .send()
        .map_err(|cause| failed().because(cause))?;
    let token = response.headers().get("X-Subject-Token").ok_or_else(failed)?;
    let response = client
        .get(state.url(Part::GlanceApi) + "/v2/images")
        .header("X-Auth-Token", token)
        .send()
        .map_err(|cause| failed().because(cause))?;
    if response.status().is_success() {
        return Ok(());
    }
    Err(failed().hint("run `doctool cloud down --wipe`, then `doctool cloud up`"))
}

/// A program that runs for a while during `up`.
struct Step {
    child: Child,
    name: String,
    log: String,
}

fn spawn(mut command: Command, folders: &Folders, name: &str) -> Result<Step> {
    let log = folders.log(name);
    let output = File::create(&log).map_err(|cause| cannot("write", &log, cause))?;
    let errors = output.try_clone().map_err(|cause| cannot("write", &log, cause))?;
    let child = command
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(|cause| cannot("start", &services::python(&folders.data), cause))?;
    Ok(Step { child, name: name.to_owned(), log: log.display().to_string() })
}

impl Step {
    fn end(mut self) -> Result<()> {
        let failed = || {
            Error::new(ErrorKind::Cloud, format!("the step `{}` failed", self.name))
                .hint(format!("read `{}`", self.log))
        };
        let status = self.child.wait().map_err(|cause| failed().because(cause))?;
        if status.success() { Ok(()) } else { Err(failed()) }
    }
}
