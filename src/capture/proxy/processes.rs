//! Which process is at the other end of a connection on this machine.
//!
//! In: the address that a connection comes from. Out: the process, where the system tells. Linux
//! does, in two steps: the address belongs to a socket, and the socket is an open file of a process.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::sync::oneshot;

/// A process that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) id: u32,
    /// When it began.
    pub(super) began: Instant,
}

/// Who looks for processes. What is asked at the same time is answered with one look.
pub(super) struct Processes {
    asked: std::sync::mpsc::Sender<Asked>,
}

#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nobody looks there"))]
struct Asked {
    peer: SocketAddr,
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
                let peers: Vec<SocketAddr> = all.iter().map(|asked| asked.peer).collect();
                let found = linux::at(&peers);
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
    pub(super) async fn at(&self, peer: SocketAddr) -> Option<Seen> {
        let (answer, answered) = oneshot::channel();
        self.asked.send(Asked { peer, answer }).ok()?;
        answered.await.ok()?
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::net::SocketAddr;
    use std::time::{Duration, Instant};

    use procfs::process::{FDTarget, Process, all_processes};
    use procfs::{Current, Uptime};

    use super::Seen;

    /// How often the table of connections is read to find one that is there.
    const LOOKS: usize = 4;

    /// The processes that connections from these addresses come from.
    pub(super) fn at(peers: &[SocketAddr]) -> Vec<Option<Seen>> {
        let mut socket_of: HashMap<SocketAddr, u64> = HashMap::new();
        // While connections come and go, a look at the table may miss some.
        for _ in 0..LOOKS {
            let sockets = Process::myself().and_then(|doctool| doctool.tcp()).unwrap_or_default();
            let sockets = sockets.into_iter();
            socket_of.extend(sockets.map(|socket| (socket.local_address, socket.inode)));
            if peers.iter().all(|peer| socket_of.contains_key(peer)) {
                break;
            }
        }
        let sockets: Vec<Option<u64>> =
            peers.iter().map(|peer| socket_of.get(peer).copied()).collect();
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
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::linux;

    #[test]
    fn a_connection_comes_from_the_process_that_opened_it() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let streams = [(), ()].map(|()| TcpStream::connect(address).expect("it listens"));
        let mut peers = streams.map(|stream| stream.local_addr().map(|at| (stream, at)));
        let peers: Vec<_> = peers.iter_mut().map(|peer| peer.as_ref().expect("open").1).collect();
        let unused = "127.0.0.1:9".parse().expect("an address");
        let found = linux::at(&[peers[0], unused, peers[1]]);
        assert_eq!(found[0].map(|seen| seen.id), Some(std::process::id()));
        assert_eq!(found[0], found[2], "one process has one beginning");
        assert_eq!(found[1], None);
        let age = Instant::now() - found[0].expect("it was found").began;
        assert!(age < Duration::from_secs(24 * 60 * 60), "{age:?}");
    }
}
