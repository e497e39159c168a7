//! Tests of the connections of clients: who is closed, who waits, and how many there are.

use axum::Router;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const SHORT: Duration = Duration::from_millis(400);

async fn start(most: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let slow = || async {
        tokio::time::sleep(4 * SHORT).await;
        "late"
    };
    let read = |body: Result<Bytes, _>| async move { if body.is_ok() { "read" } else { "cut" } };
    let app = Router::new().route("/slow", get(slow)).route("/", post(read));
    let app = app.layer(axum::middleware::from_fn(under_way));
    let app = app.into_make_service_with_connect_info::<Peer>();
    tokio::spawn(async move {
        axum::serve(Door::with(listener, most, SHORT), app).await.unwrap();
    });
    address
}

/// What a client is answered that sends this, and then a byte at a time.
async fn answer(address: SocketAddr, text: &str, drips: bool) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.split();
    let drip = async {
        while drips && write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 4).await;
        }
        std::future::pending::<()>().await;
    };
    let mut text = String::new();
    let whole = async {
        // Whoever goes on sending may be told by a reset.
        let _ = read.read_to_string(&mut text).await;
    };
    tokio::select! {
        () = whole => {}
        () = drip => {}
        () = tokio::time::sleep(40 * SHORT) => panic!("never closed"),
    }
    text
}

#[tokio::test]
async fn who_sends_slowly_or_nothing_is_closed() {
    let address = start(99).await;
    let host = "host: x\r\n";
    for drips in [false, true] {
        assert_eq!(answer(address, "", drips).await, "");
        assert_eq!(answer(address, &format!("GET /slow HTTP/1.1\r\n{host}a: "), drips).await, "");
        let body = format!("POST / HTTP/1.1\r\n{host}content-length: 9999\r\n\r\n");
        assert!(!answer(address, &body, drips).await.contains("read"), "{drips}");
    }
}

#[tokio::test]
async fn an_answer_may_take_longer_and_the_connection_then_waits_for_another_request() {
    let address = start(99).await;
    let text = answer(address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n", false).await;
    assert!(text.ends_with("late"), "{text}");
    let body = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab";
    assert!(answer(address, body, false).await.ends_with("read"));
}

#[test]
fn watching_has_its_files_before_clients_have_theirs() {
    assert_eq!(most_connections(1_024, 10), 512);
    assert_eq!(most_connections(1_024, 100), 160);
    assert_eq!(most_connections(1_000_000, 1), MAX_CONNECTIONS);
    assert_eq!(most_connections(80, 1), 8);
    assert_eq!(most_connections(20, 50), LEAST_CONNECTIONS);
}

#[tokio::test]
async fn idle_connections_make_room() {
    let address = start(3).await;
    let mut idle = Vec::new();
    for _ in 0..12 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    let body = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab";
    assert!(answer(address, body, false).await.ends_with("read"), "after those before it");
}
