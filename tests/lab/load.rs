//! Requests at a fixed rate, whatever the answers take: every third a POST, every tenth with half a
//! second of work, one half on new connections and the other half on kept ones.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::roles::length_of;
use super::tally::{Exchange, Tally};

/// An answer that takes longer, its work aside, counts as none.
const PATIENCE: Duration = Duration::from_secs(8);
/// The work of a slow request.
const SLOW: Duration = Duration::from_millis(500);
/// What is sent with a POST.
const BODY: &[u8] = &[b'x'; 2000];
/// The name that proxies know the app by.
pub(super) const HOST: &str = "app.example.com";

/// Connections that carry no request at the moment.
type Pool = Arc<Mutex<Vec<SendRequest<Full<Bytes>>>>>;

/// Requests on their way.
pub(super) struct Load {
    end: oneshot::Sender<()>,
    thread: JoinHandle<Tally>,
}

impl Load {
    /// Starts to send so many requests a second to `address`.
    pub(super) fn start(address: SocketAddr, rate: u32) -> Self {
        let (end, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(send(address, rate, ended))
        });
        Self { end, thread }
    }

    /// Goes on for so long.
    #[expect(clippy::disallowed_methods, reason = "requests are sent meanwhile")]
    pub(super) fn go_on(&self, time: Duration) {
        assert!(!self.thread.is_finished());
        std::thread::sleep(time);
    }

    /// Stops sending, waits for the last answers and says what became of all requests.
    pub(super) fn finish(self) -> Tally {
        self.end.send(()).unwrap();
        self.thread.join().unwrap()
    }
}

/// One request that is to be sent.
#[derive(Debug, Clone, Copy)]
struct Order {
    is_post: bool,
    work: Duration,
    /// Whether its answer comes piece by piece.
    is_long: bool,
    keeps_connection: bool,
}

impl Order {
    fn of(number: usize) -> Self {
        let work = if number.is_multiple_of(10) { SLOW } else { Duration::ZERO };
        let keeps_connection = (number / 2).is_multiple_of(2);
        Self { is_post: number.is_multiple_of(3), work, is_long: false, keeps_connection }
    }

    fn request(self) -> Request<Full<Bytes>> {
        let method = if self.is_post { Method::POST } else { Method::GET };
        let path = if self.is_long { "/long" } else { "/" };
        let request = Request::builder()
            .method(method)
            .uri(format!("{path}?work={}", self.work.as_millis()))
            .header(header::HOST, HOST);
        let request = if self.keeps_connection {
            request
        } else {
            request.header(header::CONNECTION, "close")
        };
        let body = if self.is_post { Bytes::from_static(BODY) } else { Bytes::new() };
        request.body(Full::new(body)).unwrap()
    }

    fn name(self) -> String {
        let method = if self.is_post { "POST" } else { "GET" };
        let connection = if self.keeps_connection { "kept" } else { "new" };
        format!("{method} of {:?} on a {connection} connection", self.work)
    }
}

async fn send(address: SocketAddr, rate: u32, mut ended: oneshot::Receiver<()>) -> Tally {
    let pool = Pool::default();
    let mut tally = Tally::default();
    let mut requests = JoinSet::new();
    let mut clock = interval(Duration::from_secs(1) / rate);
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let start = Instant::now();
    let mut orders = (0..).map(Order::of);
    loop {
        tokio::select! {
            _ = &mut ended => break,
            due = clock.tick() => {
                let order = orders.next().unwrap();
                requests.spawn(exchange(address, order, Arc::clone(&pool), start, due));
            }
            Some(done) = requests.join_next() => tally.add(done.unwrap()),
        }
    }
    while let Some(done) = requests.join_next().await {
        tally.add(done.unwrap());
    }
    tally
}

async fn exchange(
    address: SocketAddr,
    order: Order,
    pool: Pool,
    start: Instant,
    due: Instant,
) -> Exchange {
    let end = timeout(order.work + PATIENCE, ask(address, order, &pool)).await;
    let failure = match end {
        Ok(Ok(())) => None,
        Ok(Err(why)) => Some(why),
        Err(_) => Some(format!("nothing in {PATIENCE:?}")),
    };
    let failure = failure.map(|why| format!("{}: {why}", order.name()));
    let took = due.elapsed().saturating_sub(order.work);
    Exchange { due: due - start, took, ended: start.elapsed(), failure }
}

/// Asks once. On a kept connection that turns out to be closed a request is sent again, as browsers
/// and libraries do: any of which nothing was sent, and a GET that nothing was answered to.
async fn ask(address: SocketAddr, order: Order, pool: &Pool) -> Result<(), String> {
    let mut request = order.request();
    loop {
        let kept = if order.keeps_connection { pool.lock().unwrap().pop() } else { None };
        let is_kept = kept.is_some();
        let mut sender = match kept {
            Some(sender) if sender.is_closed() || !sender.is_ready() => continue,
            Some(sender) => sender,
            None => connect(address).await?,
        };
        match sender.try_send_request(request).await {
            Ok(answer) => {
                judge(order, answer).await?;
                if order.keeps_connection && sender.ready().await.is_ok() {
                    pool.lock().unwrap().push(sender);
                }
                return Ok(());
            }
            Err(mut error) => match error.take_message() {
                Some(unsent) if is_kept => request = unsent,
                None if is_kept && !order.is_post => request = order.request(),
                _ => return Err(error.into_error().to_string()),
            },
        }
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| format!("connect: {error}"))?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    // It ends when its sender is dropped, and what goes wrong on it, the sender is told.
    tokio::spawn(connection);
    Ok(sender)
}

async fn judge(order: Order, answer: http::Response<hyper::body::Incoming>) -> Result<(), String> {
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|error| format!("body: {error}"))?;
    let body = body.to_bytes();
    if status != StatusCode::OK {
        return Err(status.to_string());
    }
    let is_whole = if order.is_long {
        body.len() == length_of(order.work)
    } else {
        let sent = if order.is_post { BODY.len() } else { 0 };
        body.ends_with(format!(" {sent}").as_bytes())
    };
    if is_whole { Ok(()) } else { Err(format!("{} bytes of another answer", body.len())) }
}

/// Long answers, asked for now; how many of them came whole is known when they have all ended.
pub(super) fn download(address: SocketAddr, count: usize, work: Duration) -> JoinHandle<Tally> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let order = Order { is_post: false, work, is_long: true, keeps_connection: false };
            let start = Instant::now();
            let mut requests = JoinSet::new();
            for _ in 0..count {
                requests.spawn(exchange(address, order, Pool::default(), start, start));
            }
            let mut tally = Tally::default();
            requests.join_all().await.into_iter().for_each(|done| tally.add(done));
            tally
        })
    })
}

/// Whether requests are answered well within some time: so many in a row.
pub(super) fn is_answered(address: SocketAddr, in_a_row: usize, deadline: Duration) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let order =
        Order { is_post: false, work: Duration::ZERO, is_long: false, keeps_connection: false };
    let until_answered = async {
        let mut answered = 0;
        while answered < in_a_row {
            let asked = timeout(PATIENCE, ask(address, order, &Pool::default())).await;
            answered = if matches!(asked, Ok(Ok(()))) { answered + 1 } else { 0 };
            sleep(Duration::from_millis(50)).await;
        }
    };
    runtime.block_on(async { timeout(deadline, until_answered).await.is_ok() })
}
