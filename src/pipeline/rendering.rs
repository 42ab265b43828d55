//! A recording in any form as one of the views: `doctool render`.
//!
//! In: the bytes of a log of any length, as they come, or of a recording in another form, as a whole. Out:
//! the view of its messages, without secrets.
//!
//! # How the work is shared
//!
//! One thread finds where entries begin, which is quick. Pieces of the log then go to a worker for each
//! core, and what they make is put into order again. A secret that one piece tells is looked for in all
//! behind it: a worker begins with what was known when it took its piece, and where that was not all,
//! its work is done once more. What a log tells anew is told at its beginning as a rule, so that is
//! seldom.

use std::io::{self, Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::capture::debug;
use crate::capture::har;
use crate::capture::requestshook::{Entries, Piece};
use crate::capture::seen::Seen;
use crate::cloud;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Place};
use crate::settings::Config;
use crate::settings::doctool::RedactSettings;
use crate::stabilise::{Filter, Memory};

use super::drawing::{Drawing, Drawn, View};
use super::live;

/// Forms of a recording that are no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What a client on keystoneauth tells with `--debug`.
    Debug,
    /// HAR 1.2.
    Har,
}

/// Pieces of the log for each worker that may be on their way.
const WAITING: usize = 3;
/// Workers, at most.
const MOST_WORKERS: usize = 8;

/// A piece to be worked on, and where what was made of it goes.
struct Task {
    piece: Piece,
    /// Messages before it.
    before: usize,
    to: SyncSender<Done>,
}

/// What was made of a piece.
struct Done {
    piece: Piece,
    before: usize,
    drawn: Drawn,
    /// What was known at first, and what is known now.
    knew: Memory,
    knows: Memory,
}

/// What pieces were kept in and drawn into, to be used again. Memory that is new for each piece costs
/// the system more time than filling it.
#[derive(Default)]
struct Spare {
    read: Mutex<Vec<Vec<u8>>>,
    drawn: Mutex<Vec<Drawn>>,
}

/// Draws a log, and gives the number of its messages.
///
/// # Errors
///
/// When the log cannot be read or the view cannot be written; no longer being read is no error.
pub fn render_log(
    log: impl Read + Send,
    drawing: Drawing,
    settings: &RedactSettings,
    out: &mut impl Write,
) -> Result<usize> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_WORKERS);
    let (known, spare) = (Mutex::new(Memory::default()), Spare::default());
    let (known, spare) = (&known, &spare);
    thread::scope(|scope| {
        let (to_workers, tasks) = mpsc::sync_channel(workers * WAITING);
        let (in_order, done) = mpsc::sync_channel(workers * WAITING);
        let reader = scope.spawn(move || read(log, &to_workers, &in_order, spare));
        let tasks = Arc::new(Mutex::new(tasks));
        let worker = move || Worker { filter: Filter::new(settings), drawing, spare };
        let work = move |tasks: Arc<Mutex<Receiver<Task>>>| {
            let mut worker = worker();
            while let Some(task) = next(&tasks) {
                let knew = lock(known).clone();
                worker.hand_on(task, &knew);
            }
        };
        let working: Vec<_> = (0..workers)
            .map(|_| {
                let tasks = Arc::clone(&tasks);
                scope.spawn(move || work(tasks))
            })
            .collect();
        let drawn = draw(&done, (drawing, spare), worker, known, out);
        // The others end once nobody takes what they make.
        drop(done);
        let read = reader.join().expect("reading does not panic");
        working.into_iter().for_each(|one| one.join().expect("drawing does not panic"));
        let messages = drawn.map_err(|cause| failed("the view cannot be written", cause))?;
        read.map_err(|cause| failed("the log cannot be read", cause))?;
        Ok(messages)
    })
}

/// Draws a recording that is in another form than a log, with the name of its file, and gives the number of
/// its messages with what is known not to be in it.
///
/// # Errors
///
/// When it is not in that form, the settings have a participant that makes no sense, or the view cannot be
/// written.
pub fn render_recording(
    (name, text): (&Path, &[u8]),
    form: Form,
    drawing: Drawing,
    config: &Config,
    out: &mut impl Write,
) -> Result<(usize, Seen)> {
    let mut participants = live::recording(config, &Cloud::default())?.participants;
    let seen = match form {
        Form::Debug => {
            let mut seen =
                debug::read(&String::from_utf8_lossy(text), cloud::CLIENT, cloud::DIRECTORY);
            participants.resolve(&mut seen.recording);
            seen
        }
        Form::Har => har::read(text, &mut participants).map_err(|fault| {
            let place = Place { file: name.to_owned(), line: fault.line, column: fault.column };
            Error::new(ErrorKind::Recording, fault.message).at(place)
        })?,
    };
    let (mut filter, mut view) = (Filter::new(&config.redact), View::new(drawing));
    let (mut drawn, mut messages) = (Drawn::default(), 0);
    drawn.text = view.begin();
    for entry in seen.entries() {
        messages += 1;
        drawn.push(drawing, &filter.entry(entry, None), messages);
    }
    view.add(&mut drawn);
    drawn.text.push_str(&view.end());
    if messages > 0 {
        let written = written(&drawn.text, out);
        written.map_err(|cause| failed("the view cannot be written", cause))?;
    }
    Ok((messages, seen))
}

fn failed(message: &str, cause: io::Error) -> Error {
    Error::new(ErrorKind::File, message).because(cause)
}

fn next(tasks: &Mutex<Receiver<Task>>) -> Option<Task> {
    lock(tasks).recv().ok()
}

// What is done under these locks cannot be left half done.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands on what each portion of the log holds, so that nothing waits for what is yet to come.
fn read(
    log: impl Read,
    to_workers: &SyncSender<Task>,
    in_order: &SyncSender<Receiver<Done>>,
    spare: &Spare,
) -> io::Result<()> {
    let mut entries = Entries::new(log);
    let mut before = 0;
    loop {
        let piece = entries.piece(lock(&spare.read).pop().unwrap_or_default());
        if !piece.is_empty() {
            let (to, done) = mpsc::sync_channel(1);
            let messages = piece.len();
            let is_wanted =
                in_order.send(done).is_ok() && to_workers.send(Task { piece, before, to }).is_ok();
            if !is_wanted {
                return Ok(());
            }
            before += messages;
        }
        if entries.has_ended() {
            return Ok(());
        }
        entries.read_on()?;
    }
}

/// Somebody who takes secrets out of messages and draws them.
struct Worker<'a> {
    filter: Filter,
    drawing: Drawing,
    spare: &'a Spare,
}

impl Worker<'_> {
    fn hand_on(&mut self, Task { piece, before, to }: Task, knew: &Memory) {
        let mut drawn = lock(&self.spare.drawn).pop().unwrap_or_default();
        self.draw(&piece, before, knew, &mut drawn);
        let (knew, knows) = (knew.clone(), self.filter.memory().clone());
        // Whoever waited for it may have seen enough.
        let _ = to.send(Done { piece, before, drawn, knew, knows });
    }

    /// Knowing so much before the piece, but not what other pieces tell.
    fn draw(&mut self, piece: &Piece, before: usize, knew: &Memory, drawn: &mut Drawn) {
        self.filter.remember(knew);
        drawn.clear();
        for (index, (entry, written)) in piece.entries().enumerate() {
            let stable = self.filter.entry(entry, written);
            drawn.push(self.drawing, &stable, before + index + 1);
        }
    }
}

/// Writes what was made in the order of the log.
fn draw<'a>(
    from: &Receiver<Receiver<Done>>,
    (drawing, spare): (Drawing, &Spare),
    worker: impl Fn() -> Worker<'a>,
    known: &Mutex<Memory>,
    out: &mut impl Write,
) -> io::Result<usize> {
    let mut view = View::new(drawing);
    // It takes a while to be one, and hardly ever there is something for it to do.
    let mut again = None;
    let mut messages = 0;
    for done in from {
        let done = done.recv().expect("a worker ends what it has begun");
        let Done { piece, before, mut drawn, knew, mut knows } = done;
        let now = lock(known).clone();
        if knew != now {
            let worker = again.get_or_insert_with(&worker);
            worker.draw(&piece, before, &now, &mut drawn);
            knows = worker.filter.memory().clone();
        }
        if knows != now {
            *lock(known) = knows;
        }
        let is_wanted = messages > 0 || written(&view.begin(), out)?;
        messages += piece.len();
        view.add(&mut drawn);
        if !is_wanted || !written(&drawn.text, out)? {
            return Ok(messages);
        }
        lock(&spare.drawn).push(drawn);
        lock(&spare.read).push(piece.into_bytes());
    }
    if messages > 0 {
        written(&view.end(), out)?;
    }
    Ok(messages)
}

/// Whether whoever reads the view has not seen enough yet.
fn written(text: &str, out: &mut impl Write) -> io::Result<bool> {
    if text.is_empty() {
        return Ok(true);
    }
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}
