//! HTTP/2 through the proxy: what is said in streams.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use doctool::capture::Capture as _;
use doctool::capture::proxy::Proxy;
use doctool::model::{Body, Recording};
use h2::client::SendRequest;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream, client, server};
use http::{HeaderMap, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::peers::{lines, nobody, summary};
use crate::python;
use crate::secure::{Identity, believing, bundle, connect, proxy};

/// Room for all streams of a connection, so that neither end holds one up because of another.
const ROOM: u32 = 64 << 20;

/// Serves each stream as its path says.
async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut builder = server::Builder::new();
    let connection = builder.initial_connection_window_size(ROOM).handshake(stream).await;
    let mut connection = connection.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(answer(request, respond));
    }
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let path = request.uri().path().to_owned();
    let mut asked = request.into_body();
    match &*path {
        "/refused" => return respond.send_reset(Reason::ENHANCE_YOUR_CALM),
        "/never" => {
            // The other side takes it back.
            let reason = std::future::poll_fn(|context| respond.poll_reset(context)).await;
            assert_eq!(reason.unwrap(), Reason::CANCEL);
            return;
        }
        _ => {}
    }
    let response = Response::builder().header("content-type", "text/plain").header("x-b", "1");
    let response = response.body(()).unwrap();
    let mut to = respond.send_response(response, false).unwrap();
    // Answers each portion before the next one comes.
    while let Some(data) = asked.data().await {
        let data = data.unwrap();
        asked.flow_control().release_capacity(data.len()).unwrap();
        send(&mut to, data).await;
    }
    if path == "/cut" {
        // A reset overtakes what was not sent yet.
        tokio::time::sleep(Duration::from_millis(300)).await;
        return to.send_reset(Reason::INTERNAL_ERROR);
    }
    let mut trailers = asked.trailers().await.unwrap().unwrap_or_default();
    trailers.insert("grpc-status", "0".parse().unwrap());
    to.send_trailers(trailers).unwrap();
}

async fn send(to: &mut SendStream<Bytes>, mut data: Bytes) {
    while !data.is_empty() {
        to.reserve_capacity(data.len());
        let room = std::future::poll_fn(|context| to.poll_capacity(context)).await;
        let room = room.unwrap().unwrap();
        to.send_data(data.split_to(room.min(data.len())), false).unwrap();
    }
}

async fn next(from: &mut RecvStream) -> Option<Bytes> {
    let data = from.data().await?.unwrap();
    from.flow_control().release_capacity(data.len()).unwrap();
    Some(data)
}

/// A service inside TLS that speaks HTTP/2, and a proxy for it.
async fn secure_service() -> (SocketAddr, Identity, Proxy) {
    let mut identity = Identity::new();
    identity.config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(identity.config.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move { serve(acceptor.accept(stream).await.unwrap()).await });
        }
    });
    let proxy = proxy(identity.authority.path(), &["localhost", "127.0.0.1"]);
    (address, identity, proxy)
}

/// What the proxy has recorded; the proxy ends.
fn end(mut proxy: Proxy) -> Recording {
    tokio::task::block_in_place(move || {
        let recording = proxy.end().unwrap();
        assert!(proxy.unseen().is_empty());
        recording
    })
}

/// A tunnel to a service on this port.
fn tunnel(proxy: &Proxy, to: &str) -> TcpStream {
    let (peer, head) = connect(proxy, to);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let stream = peer.stream.into_inner();
    stream.set_nonblocking(true).unwrap();
    TcpStream::from_std(stream).unwrap()
}

async fn streams(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> SendRequest<Bytes> {
    let mut builder = client::Builder::new();
    let connected = builder.initial_connection_window_size(ROOM).handshake(stream).await;
    let (requests, connection) = connected.unwrap();
    tokio::spawn(connection);
    requests
}

async fn secure_streams(proxy: &Proxy, port: u16) -> SendRequest<Bytes> {
    let stream = tunnel(proxy, &format!("localhost:{port}"));
    let connector = TlsConnector::from(Arc::new(believing(Path::new(&bundle(proxy)))));
    let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    streams(stream).await
}

fn post(url: String) -> Request<()> {
    let request = Request::post(url).header("content-type", "text/plain").header("te", "trailers");
    request.body(()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_go_both_ways_at_once_and_end_with_trailers() {
    let (address, _identity, mut proxy) = secure_service().await;
    proxy.begin().unwrap();
    let port = address.port();
    let mut requests = secure_streams(&proxy, port).await;
    let url = format!("https://localhost:{port}/a?b=c");
    let (response, mut to) = requests.send_request(post(url.clone()), false).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.headers()["x-b"], "1");
    let mut from = response.into_body();
    for word in ["one ", "two ", "three"] {
        to.send_data(word.into(), false).unwrap();
        assert_eq!(next(&mut from).await.unwrap(), word);
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", "3".parse().unwrap());
    to.send_trailers(trailers).unwrap();
    assert_eq!(next(&mut from).await, None);
    let trailers = from.trailers().await.unwrap().unwrap();
    assert_eq!(
        (&trailers["x-sum"], &trailers["grpc-status"]),
        (&"3".parse().unwrap(), &"0".parse().unwrap())
    );
    let recording = end(proxy);
    assert_eq!(summary(&recording), ["openstack POST /a?b=c 200"]);
    let exchange = &recording.exchanges[0];
    assert_eq!(exchange.request.url, url);
    assert_eq!(lines(&exchange.request.headers), ["content-type: text/plain"]);
    assert_eq!(exchange.request.body, Body::Text("one two three".into()));
    let response = exchange.response.as_ref().unwrap();
    assert_eq!(lines(&response.headers), ["content-type: text/plain", "x-b: 1"]);
    assert_eq!(response.body, Body::Text("one two three".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_holds_up_no_other() {
    let (address, _identity, mut proxy) = secure_service().await;
    proxy.begin().unwrap();
    let mut requests = secure_streams(&proxy, address.port()).await;
    let url = format!("https://localhost:{}/", address.port());
    let mut unread = Vec::new();
    for _ in 0..20 {
        let (response, mut to) = requests.send_request(post(url.clone()), false).unwrap();
        to.reserve_capacity(1 << 20);
        to.send_data(vec![b'x'; 1 << 20].into(), true).unwrap();
        unread.push(response.await.unwrap().into_body());
    }
    let (response, mut to) = requests.send_request(post(url.clone()), false).unwrap();
    to.send_data("quick".into(), true).unwrap();
    let mut from = response.await.unwrap().into_body();
    assert_eq!(next(&mut from).await.unwrap(), "quick");
    for mut from in unread {
        let mut length = 0;
        while let Some(data) = next(&mut from).await {
            assert!(data.iter().all(|byte| *byte == b'x'));
            length += data.len();
        }
        assert_eq!(length, 1 << 20);
    }
    assert_eq!(end(proxy).exchanges.len(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn resets_are_passed_on_with_their_reasons() {
    let (address, _identity, mut proxy) = secure_service().await;
    proxy.begin().unwrap();
    let mut requests = secure_streams(&proxy, address.port()).await;
    let url = |path| format!("https://localhost:{}{path}", address.port());
    let (response, _to) = requests.send_request(post(url("/refused")), false).unwrap();
    let error = response.await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::ENHANCE_YOUR_CALM));
    let (response, to) = requests.send_request(post(url("/never")), false).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop((response, to));
    let (response, mut to) = requests.send_request(post(url("/cut")), false).unwrap();
    to.send_data("half".into(), true).unwrap();
    let mut from = response.await.unwrap().into_body();
    assert_eq!(next(&mut from).await.unwrap(), "half");
    let error = from.data().await.unwrap().unwrap_err();
    assert_eq!(error.reason(), Some(Reason::INTERNAL_ERROR));
    let recorded = summary(&end(proxy));
    let expected =
        ["openstack POST /refused -", "openstack POST /never -", "openstack POST /cut 200"];
    assert_eq!(recorded, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_knows_beforehand_needs_no_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    let identity = Identity::new();
    let mut proxy = proxy(identity.authority.path(), &["127.0.0.1"]);
    proxy.begin().unwrap();
    let mut requests = streams(tunnel(&proxy, &address.to_string())).await;
    let url = format!("http://{address}/x");
    let (response, mut to) = requests.send_request(post(url.clone()), false).unwrap();
    to.send_data("plain".into(), true).unwrap();
    let mut from = response.await.unwrap().into_body();
    assert_eq!(next(&mut from).await.unwrap(), "plain");
    assert_eq!(next(&mut from).await, None);
    let recording = end(proxy);
    assert_eq!(recording.exchanges[0].request.url, url);
    assert_eq!(summary(&recording), ["openstack POST /x 200"]);
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const APPLICATION: &str = r#"
async def app(scope, receive, send):
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    text = f"{scope['http_version']} {scope['method']} {scope['path']} ".encode() + body
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})
"#;

#[test]
fn curl_and_hypercorn_speak_it_through_the_proxy() {
    let Some(programs) = python::programs("hypercorn", &["hypercorn==0.17.3"]) else { return };
    let identity = Identity::new();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("service.py"), APPLICATION).unwrap();
    fs::write(folder.path().join("certificate.pem"), &identity.certificate).unwrap();
    fs::write(folder.path().join("key.pem"), &identity.key).unwrap();
    let address = nobody();
    let mut hypercorn = Command::new(programs.join("hypercorn"));
    hypercorn.args(["--certfile", "certificate.pem", "--keyfile", "key.pem"]);
    hypercorn
        .args(["--workers", "0", "--bind", &address.to_string(), "service:app"])
        .current_dir(folder.path());
    hypercorn.stdout(Stdio::null()).stderr(Stdio::null());
    let _running = Running(hypercorn.spawn().unwrap());
    let start = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "hypercorn does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut proxy = proxy(identity.authority.path(), &["localhost"]);
    proxy.begin().unwrap();
    let url = format!("https://localhost:{}/x?y", address.port());
    let ask = |version: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", version, "--data", "asked", &url]);
        curl.envs(proxy.environment("curl")).arg("--write-out").arg(" as %{http_version}");
        let answered = curl.output().unwrap();
        String::from_utf8_lossy(&[answered.stdout, answered.stderr].concat()).into_owned()
    };
    assert_eq!(ask("--http2"), "2 POST /x asked as 2");
    assert_eq!(ask("--http1.1"), "1.1 POST /x asked as 1.1");
    let recording = proxy.end().unwrap();
    assert_eq!(
        summary(&recording),
        ["curl POST /x?y 200", "curl POST /x?y 200 "].map(str::trim_end)
    );
    for exchange in &recording.exchanges {
        assert_eq!(exchange.request.url, url);
        assert_eq!(exchange.request.body, Body::Text("asked".into()));
    }
}
