//! A web server on loopback: the other party of snippets that are included by URL.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// A server that notes what it is asked.
pub struct Web {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Serves on a port of its own until the test ends. The answer to a path may depend on how
    /// often it has been asked for before.
    pub fn new(answer: impl Fn(&str, usize) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let notes = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a caller");
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n")
                    && stream.read(&mut byte).is_ok_and(|read| read > 0)
                {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let mut notes = notes.lock().expect("nobody panics with it");
                let is_same = |before: &&String| before.split(' ').nth(1) == Some(&path);
                let times = notes.iter().filter(is_same).count();
                notes.push(head);
                drop(notes);
                // A caller may have gone away, such as one that has read enough.
                let _ = stream.write_all(&answer(&path, times));
            }
        });
        Self { port, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The heads of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panics with it").clone()
    }

    /// How often a path has been asked for.
    pub fn times(&self, path: &str) -> usize {
        let start = format!("GET {path} ");
        self.asked().iter().filter(|head| head.starts_with(&start)).count()
    }
}

/// An answer with this status line and content.
pub fn answer(status: &str, headers: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let length = content.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    [head.as_bytes(), content].concat()
}
