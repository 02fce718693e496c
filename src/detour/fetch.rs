//! Requests from inside a namespace.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::protocol::{Answer, Fetch};

/// How long an answer may take: nothing else is answered meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest body that is passed on, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// Makes a request.
pub(super) async fn fetch(fetch: &Fetch) -> Answer {
    match timeout(PATIENCE, exchange(fetch)).await {
        Ok(Ok((status, body))) => Answer::Fetched { status, body },
        Ok(Err(error)) => Answer::Unanswered(error.to_string()),
        Err(_) => Answer::Unanswered(late()),
    }
}

/// Opens a connection and closes it.
pub(super) async fn connect(at: SocketAddr) -> Answer {
    match timeout(PATIENCE, TcpStream::connect(at)).await {
        Ok(Ok(_)) => Answer::Done,
        Ok(Err(error)) => Answer::Unanswered(error.to_string()),
        Err(_) => Answer::Unanswered(late()),
    }
}

fn late() -> String {
    format!("no answer within {}", crate::text::duration(PATIENCE))
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(fetch: &Fetch) -> Result<(u16, String), Failure> {
    let stream = TcpStream::connect(fetch.at).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::builder()
        .method(fetch.method.as_str())
        .uri(&fetch.path)
        .header("Host", &fetch.host)
        .header("Connection", "close");
    let request =
        fetch.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let request = request.body(Full::new(Bytes::from(fetch.body.clone())))?;
    let answer = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), LONGEST).collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    };
    tokio::select! {
        answer = answer => answer,
        Err(error) = connection => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Somebody who says this, whatever he is asked, and what he was asked.
    async fn said(words: &'static str) -> (SocketAddr, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 1000];
            let length = stream.read(&mut asked).await.unwrap();
            stream.write_all(words.as_bytes()).await.unwrap();
            String::from_utf8(asked[..length].to_vec()).unwrap()
        });
        (at, asked)
    }

    #[tokio::test]
    async fn status_and_body_are_passed_on() {
        let (at, asked) = said("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno").await;
        let request = Fetch { host: "shop".into(), ..Fetch::get(at, "/a?b") };
        assert_eq!(fetch(&request).await, Answer::Fetched { status: 404, body: "no".into() });
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("GET /a?b HTTP/1.1\r\n") && asked.contains("shop"), "{asked}");
    }

    #[tokio::test]
    async fn nobody_and_nonsense_are_no_answer() {
        let (at, _asked) = said("nonsense\r\n\r\n").await;
        assert!(matches!(fetch(&Fetch::get(at, "/")).await, Answer::Unanswered(_)));
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert!(matches!(fetch(&Fetch::get(gone, "/")).await, Answer::Unanswered(_)));
        assert!(matches!(connect(gone).await, Answer::Unanswered(_)));
    }

    #[tokio::test]
    async fn whoever_listens_can_be_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        assert_eq!(connect(listener.local_addr().unwrap()).await, Answer::Done);
    }
}
