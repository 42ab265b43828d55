//! Which process is at the other end of a connection on this machine.
//!
//! In: both ends of a connection. Out: the process at the far one, where the system tells. Linux
//! does, in two steps: the ends belong to a socket, and the socket is an open file of a process.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// A process that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) id: u32,
    /// When it began.
    pub(super) began: Instant,
}

/// Both ends of a connection, as they are called at the far one: its own, and the proxy's.
///
/// One of them would not do: a port is used for several connections at once, to different services, and
/// those that were closed lately are in the system's table for a minute.
type Ends = (SocketAddr, SocketAddr);

/// Who looks for processes. What is asked at the same time is answered with one look.
pub(super) struct Processes {
    asked: std::sync::mpsc::Sender<Asked>,
}

#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nobody looks there"))]
struct Asked {
    ends: Ends,
    answer: oneshot::Sender<Option<Seen>>,
}

impl Processes {
    /// Looks for processes until it is dropped; none where the system does not tell.
    #[cfg(target_os = "linux")]
    pub(super) fn start() -> Option<Self> {
        let (asked, asks) = std::sync::mpsc::channel::<Asked>();
        let look = move || {
            while let Ok(first) = asks.recv() {
                let mut all = vec![first];
                all.extend(asks.try_iter());
                let ends: Vec<Ends> = all.iter().map(|asked| asked.ends).collect();
                let found = linux::at(&ends);
                for (Asked { answer, .. }, seen) in all.into_iter().zip(found) {
                    // Nobody waits for it if the connection has ended.
                    let _ = answer.send(seen);
                }
            }
        };
        let thread = std::thread::Builder::new().name("processes".to_owned());
        thread.spawn(look).ok().map(|_| Self { asked })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn start() -> Option<Self> {
        None
    }

    /// The process that a connection comes from.
    pub(super) async fn of(&self, connection: &TcpStream) -> Option<Seen> {
        let (answer, answered) = oneshot::channel();
        let ends = (connection.peer_addr().ok()?, connection.local_addr().ok()?);
        self.asked.send(Asked { ends, answer }).ok()?;
        answered.await.ok()?
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::net::SocketAddr;
    use std::time::{Duration, Instant};

    use procfs::net::TcpNetEntry;
    use procfs::process::{FDTarget, Process, all_processes};
    use procfs::{Current, Uptime};

    use super::{Ends, Seen};

    /// How often the table of connections is read to find one that is there.
    const LOOKS: usize = 4;

    /// The processes at the far ends of these connections.
    pub(super) fn at(connections: &[Ends]) -> Vec<Option<Seen>> {
        let mut socket_of: HashMap<Ends, u64> = HashMap::new();
        // While connections come and go, a look at the table may miss some.
        for _ in 0..LOOKS {
            socket_of.extend(sockets());
            if connections.iter().all(|ends| socket_of.contains_key(ends)) {
                break;
            }
        }
        let sockets: Vec<Option<u64>> =
            connections.iter().map(|ends| socket_of.get(ends).copied()).collect();
        let mut wanted: HashMap<u64, Option<Seen>> =
            sockets.iter().flatten().map(|&socket| (socket, None)).collect();
        let mut left = wanted.len();
        let mut processes: Vec<Process> = all_processes().into_iter().flatten().flatten().collect();
        // Who connects has mostly just begun.
        processes.sort_by_key(|process| std::cmp::Reverse(process.pid));
        for process in processes {
            if left == 0 {
                break;
            }
            let mut itself = None;
            // Those of other users cannot be looked into.
            for file in process.fd().into_iter().flatten().flatten() {
                if let FDTarget::Socket(socket) = file.target
                    && let Some(found @ None) = wanted.get_mut(&socket)
                {
                    *found = *itself.get_or_insert_with(|| seen(&process));
                    left -= 1;
                }
            }
        }
        sockets.iter().map(|socket| wanted.get(socket.as_ref()?).copied()?).collect()
    }

    /// The connections of this machine, each with its socket.
    fn sockets() -> impl Iterator<Item = (Ends, u64)> {
        let tables = Process::myself().map(|doctool| [doctool.tcp(), doctool.tcp6()]);
        let sockets = tables.into_iter().flatten().flatten().flatten();
        // One that speaks both versions of IP writes addresses of the old one as such of the new one.
        let canonical =
            |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
        sockets.map(move |TcpNetEntry { local_address, remote_address, inode, .. }| {
            ((canonical(local_address), canonical(remote_address)), inode)
        })
    }

    fn seen(process: &Process) -> Option<Seen> {
        let ticks = process.stat().ok()?.starttime;
        let rate = procfs::ticks_per_second();
        let began = Duration::from_millis(ticks.checked_mul(1000)? / rate);
        let now = (Instant::now(), Uptime::current().ok()?.uptime_duration());
        let began = now.0.checked_sub(now.1.saturating_sub(began))?;
        Some(Seen { id: u32::try_from(process.pid).ok()?, began })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
    use std::time::{Duration, Instant};

    use tokio::net::{TcpSocket, TcpStream};

    use super::{Ends, Processes, linux};

    const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    /// The process whose connection waits at a door.
    async fn seen(door: &tokio::net::TcpListener) -> Option<u32> {
        let (accepted, _) = door.accept().await.expect("somebody came");
        let processes = Processes::start().expect("the system tells");
        processes.of(&accepted).await.map(|seen| seen.id)
    }

    fn ends(stream: &TcpStream) -> Ends {
        (stream.local_addr().expect("it is open"), stream.peer_addr().expect("it is open"))
    }

    #[tokio::test]
    async fn a_connection_comes_from_the_process_that_opened_it() {
        let listener = TcpListener::bind(ANY).expect("a port is free");
        let door = listener.local_addr().expect("it is bound");
        let one = TcpStream::connect(door).await.expect("it listens");
        let other = TcpStream::connect(door).await.expect("it listens");
        let unused = ("127.0.0.1:9".parse().expect("an address"), door);
        let found = linux::at(&[ends(&one), unused, ends(&other)]);
        assert_eq!(found[0].map(|seen| seen.id), Some(std::process::id()));
        assert_eq!(found[0], found[2], "one process has one beginning");
        assert_eq!(found[1], None);
        let age = Instant::now() - found[0].expect("it was found").began;
        assert!(age < Duration::from_secs(24 * 60 * 60), "{age:?}");
    }

    #[tokio::test]
    async fn it_is_found_where_its_port_was_used_for_others_a_moment_ago() {
        let door = tokio::net::TcpListener::bind(ANY).await.expect("a port is free");
        let to = door.local_addr().expect("it is bound");
        let from = |port: SocketAddr| {
            let socket = TcpSocket::new_v4().expect("there are sockets");
            socket.set_reuseaddr(true).expect("it can be");
            socket.bind(port).expect("it may be used for several");
            socket
        };
        let caller = from(ANY).connect(to).await.expect("it listens");
        let port = caller.local_addr().expect("it is open");
        for _ in 0..64 {
            let other = TcpListener::bind(ANY).expect("a port is free");
            let there = other.local_addr().expect("it is bound");
            let closed = from(port).connect(there).await.expect("it listens");
            let served = other.accept().expect("somebody came");
            // Who closes first keeps the connection in the table.
            drop(closed);
            drop(served);
        }
        assert_eq!(seen(&door).await, Some(std::process::id()));
    }

    #[tokio::test]
    async fn one_that_speaks_both_versions_of_ip_is_found() {
        let door = tokio::net::TcpListener::bind(ANY).await.expect("a port is free");
        let port = door.local_addr().expect("it is bound").port();
        let mapped = SocketAddr::new(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(), port);
        // There are machines without IPv6.
        let Ok(caller) = TcpStream::connect(mapped).await else { return };
        assert_eq!(seen(&door).await, Some(std::process::id()));
        drop(caller);
    }
}
