//! A cloud: a server with things that can be made, listed and removed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::json;

/// The server's address, and what it has.
pub(crate) struct Server {
    pub(crate) address: String,
    has: Arc<Mutex<Has>>,
}

#[derive(Default)]
struct Has {
    things: Vec<Thing>,
    /// The names of what was asked for.
    asked: Vec<String>,
}

struct Thing {
    id: String,
    name: String,
    made: SystemTime,
}

/// What is called so comes late.
pub(crate) const LATE: &str = "late";
/// What is called so never comes.
pub(crate) const NEVER: &str = "never";

impl Server {
    /// A server with one thing that nobody has made.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let has = Arc::<Mutex<Has>>::default();
        let shared = Arc::clone(&has);
        thread::spawn(move || {
            for (number, stream) in (1..).zip(listener.incoming()) {
                let (stream, has) = (stream.unwrap(), Arc::clone(&shared));
                // Whoever is killed while asking gets no answer.
                thread::spawn(move || answer(stream, number, &has));
            }
        });
        let server = Self { address, has };
        server.has_foreign("foreign");
        server
    }

    /// Has from now on a thing of this name, which nobody has made for a long time.
    pub(crate) fn has_foreign(&self, name: &str) {
        let made = SystemTime::now() - Duration::from_secs(3600);
        let mut has = self.has();
        let id = format!("00000000-0000-4000-9000-{:012}", has.things.len());
        has.things.push(Thing { id, name: name.to_owned(), made });
    }

    /// Has nothing of this name any more.
    pub(crate) fn forget(&self, name: &str) {
        self.has().things.retain(|thing| thing.name != name);
    }

    /// Whether a thing of this name was asked for.
    pub(crate) fn was_asked(&self, name: &str) -> bool {
        self.has().asked.iter().any(|asked| asked == name)
    }

    fn has(&self) -> MutexGuard<'_, Has> {
        self.has.lock().unwrap()
    }

    /// What a command asks to make a thing of this name.
    pub(crate) fn create(&self, name: &str) -> String {
        format!("curl -s -d '{{\"name\":\"{name}\"}}' http://{}/things", self.address)
    }

    /// The names of what is there.
    pub(crate) fn names(&self) -> Vec<String> {
        self.has().things.iter().map(|thing| thing.name.clone()).collect()
    }
}

/// A time as services write it.
fn timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let arguments = ["-u", "-d", &format!("@{seconds}"), "+%Y-%m-%dT%H:%M:%SZ"];
    let output = Command::new("date").args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn answer(stream: TcpStream, number: usize, has: &Mutex<Has>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let words: Vec<&str> = line.split(' ').collect();
    let (status, body) = match words[0] {
        "POST" => {
            let wish: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let name = wish["name"].as_str().unwrap().to_owned();
            has.lock().unwrap().asked.push(name.clone());
            match &*name {
                LATE => thread::sleep(Duration::from_secs(1)),
                NEVER => return Ok(()),
                _ => {}
            }
            let id = format!("00000000-0000-4000-8000-{number:012}");
            let thing = Thing { id, name, made: SystemTime::now() };
            let body = json!({"thing": {"id": thing.id, "name": thing.name}});
            has.lock().unwrap().things.push(thing);
            ("201 Created", body.to_string())
        }
        "DELETE" => {
            let things = &mut has.lock().unwrap().things;
            let before = things.len();
            things.retain(|thing| !words[1].ends_with(&thing.id));
            let status = if things.len() < before { "204 No Content" } else { "404 Not Found" };
            (status, String::new())
        }
        _ => {
            let listed = |thing: &Thing| json!({"id": thing.id, "name": thing.name, "created_at": timestamp(thing.made)});
            let things: Vec<_> = has.lock().unwrap().things.iter().map(listed).collect();
            ("200 OK", json!({"things": things}).to_string())
        }
    };
    let length = body.len();
    write!(
        reader.get_mut(),
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}
