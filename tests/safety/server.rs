//! A cloud: a server with things that can be made, listed and removed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The server's address, and the names of its things.
pub(crate) struct Server {
    pub(crate) address: String,
    things: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    /// A server with one thing that nobody has made.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let foreign = ("00000000-0000-4000-8000-000000000000".to_owned(), "foreign".to_owned());
        let things = Arc::new(Mutex::new(vec![foreign]));
        let shared = Arc::clone(&things);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                // Whoever is killed while asking gets no answer.
                let _ = answer(stream.unwrap(), number, &shared);
            }
        });
        Self { address, things }
    }

    /// What a command asks to make a thing of this name.
    pub(crate) fn create(&self, name: &str) -> String {
        format!("curl -s -d {name} http://{}/things", self.address)
    }

    /// The names of what is there.
    pub(crate) fn names(&self) -> Vec<String> {
        self.things.lock().unwrap().iter().map(|(_, name)| name.clone()).collect()
    }
}

fn answer(
    stream: TcpStream,
    number: usize,
    things: &Mutex<Vec<(String, String)>>,
) -> std::io::Result<()> {
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
    let name = String::from_utf8(body).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let mut things = things.lock().unwrap();
    let (status, body) = match words[0] {
        "POST" => {
            let id = format!("00000000-0000-4000-8000-{:012}", number + 1);
            things.push((id.clone(), name.clone()));
            ("201 Created", format!("{{\"thing\": {{\"id\": \"{id}\", \"name\": \"{name}\"}}}}\n"))
        }
        "DELETE" => {
            let before = things.len();
            things.retain(|(id, _)| !words[1].ends_with(id));
            let status = if things.len() < before { "204 No Content" } else { "404 Not Found" };
            (status, String::new())
        }
        _ => ("200 OK", "{}\n".to_owned()),
    };
    let length = body.len();
    write!(
        reader.get_mut(),
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}
