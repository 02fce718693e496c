//! Sends requests at a fixed rate, on a thread of its own: what a rollout does meanwhile does not
//! count in their times.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_rustls::rustls::ClientConfig;

use super::expect::Expect;
use super::send::Sender;
use super::tally::{Exchange, Tally};
use super::target::{Header, Target};
use super::tls;
use crate::text::duration;

/// What is asked, how often, and what must come of it.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where requests go, in turn.
    pub targets: Vec<Target>,
    /// Requests in a second, over all of them; not zero.
    pub rate: u32,
    /// How long an answer may take.
    pub timeout: Duration,
    /// What is sent with each.
    pub headers: Vec<Header>,
    /// What an answer must be.
    pub expect: Expect,
    /// How many more may fail during a rollout than before it.
    pub max_failures: usize,
    /// Whether certificates count whoever made them.
    pub trusts_anybody: bool,
}

/// Requests on their way; they end when this is dropped.
#[derive(Debug)]
pub struct Probe {
    exchanges: UnboundedReceiver<Exchange>,
    end: Option<oneshot::Sender<()>>,
    urls: Vec<String>,
    max_failures: usize,
}

impl Probe {
    /// Starts sending. The times of its exchanges count from now.
    ///
    /// # Errors
    ///
    /// If there is no thread for it, or nobody to trust where a URL needs it.
    pub fn start(setup: Setup) -> io::Result<Self> {
        let (to, exchanges) = unbounded_channel();
        let (end, ended) = oneshot::channel();
        let urls = setup.targets.iter().map(ToString::to_string).collect();
        let max_failures = setup.max_failures;
        let is_secure = setup.targets.iter().any(|target| target.is_secure);
        let tls = is_secure.then(|| tls::client(setup.trusts_anybody)).transpose()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let start = Instant::now();
        thread::Builder::new()
            .name("probe".into())
            .spawn(move || runtime.block_on(send(setup, tls, start, to, ended)))?;
        Ok(Self { exchanges, end: Some(end), urls, max_failures })
    }

    /// One whose exchanges somebody else tells.
    #[cfg(test)]
    pub(crate) fn told(urls: &[&str], max_failures: usize) -> (UnboundedSender<Exchange>, Self) {
        let (to, exchanges) = unbounded_channel();
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        (to, Self { exchanges, end: None, urls, max_failures })
    }

    /// An empty tally of its URLs.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally::new(self.urls.clone(), self.max_failures)
    }

    /// The next exchange that ends; nothing once the last one has.
    pub async fn next(&mut self) -> Option<Exchange> {
        self.exchanges.recv().await
    }

    /// The next exchange, if one has ended already.
    pub fn next_ended(&mut self) -> Option<Exchange> {
        self.exchanges.try_recv().ok()
    }

    /// Sends no more; what is on its way still ends.
    pub fn stop(&mut self) {
        if self.end.take().is_none() {
            // Nobody can be told to stop, so nobody is listened to any more.
            self.exchanges.close();
        }
    }
}

async fn send(
    setup: Setup,
    tls: Option<Arc<ClientConfig>>,
    start: Instant,
    to: UnboundedSender<Exchange>,
    mut ended: oneshot::Receiver<()>,
) {
    let Setup { targets, rate, timeout: patience, headers, expect, .. } = setup;
    let sender = Arc::new(Sender { headers, expect, tls });
    let mut clock = interval(Duration::from_secs(1) / rate);
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut requests = JoinSet::new();
    for (url, target) in targets.into_iter().enumerate().cycle() {
        let due = tokio::select! {
            biased;
            _ = &mut ended => break,
            due = clock.tick() => due,
        };
        while requests.try_join_next().is_some() {}
        let (sender, to) = (Arc::clone(&sender), to.clone());
        requests.spawn(async move {
            let answer = match timeout(patience, sender.ask(&target)).await {
                Ok(answer) => answer,
                Err(_) => Err(format!("no answer within {}", duration(patience))),
            };
            // Nobody listens any more if the rollout has ended.
            let _ = to.send(Exchange { url, sent: due - start, took: due.elapsed(), answer });
        });
    }
    while requests.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::net::Ipv4Addr;

    use bytes::Bytes;
    use http::{Request, Response};
    use http_body_util::Full;
    use hyper::body::Incoming;
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::net::TcpListener;

    use super::*;

    fn setup(urls: &[String]) -> Setup {
        Setup {
            targets: urls.iter().map(|url| url.parse().unwrap()).collect(),
            rate: 100,
            timeout: Duration::from_secs(5),
            headers: vec!["X-Key: s3cret".parse().unwrap()],
            expect: Expect::Good,
            max_failures: 0,
            trusts_anybody: false,
        }
    }

    /// Answers 200 to whoever has the key and asks for `/good`, else 404.
    async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let has_key = request.headers().get("x-key").is_some_and(|key| key == "s3cret");
        let is_good = has_key && request.uri() == "/good";
        let answer = Response::builder().status(if is_good { 200 } else { 404 });
        Ok(answer.header("server", "shop/1").body(Full::from("hello")).unwrap())
    }

    async fn serve(listener: TcpListener) {
        loop {
            let stream = listener.accept().await.unwrap().0;
            let connection =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(connection);
        }
    }

    #[tokio::test]
    async fn every_url_is_asked_in_turn_until_it_is_stopped_and_nothing_on_its_way_is_lost() {
        let open = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = |of: &TcpListener, path| format!("http://{}{path}", of.local_addr().unwrap());
        let urls = [url(&open, "/good"), url(&open, "/bad"), url(&closed, "/")];
        drop(closed);
        tokio::spawn(serve(open));
        let mut probe = Probe::start(setup(&urls)).unwrap();
        let mut tally = probe.tally();
        for _ in 0..12 {
            tally.note(&probe.next().await.unwrap());
        }
        probe.stop();
        while let Some(exchange) = probe.next().await {
            tally.note(&exchange);
        }
        let requests = tally.requests();
        let (good, bad, refused) = (&requests[0], &requests[1], &requests[2]);
        assert!(good.all.sent >= 4 && good.all.failed == 0, "{good:?}");
        assert_eq!(good.served_by[0].by, "shop/1");
        assert_eq!((bad.all.failed, bad.failures[0].reason.as_str()), (bad.all.sent, "status 404"));
        assert_eq!(refused.failures[0].reason, "connection refused");
    }

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_a_failure() {
        let mute = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/", mute.local_addr().unwrap());
        let patience = Duration::from_millis(50);
        let mut probe = Probe::start(Setup { timeout: patience, ..setup(&[url]) }).unwrap();
        let exchange = probe.next().await.unwrap();
        assert_eq!(exchange.answer, Err("no answer within 0.1s".to_owned()));
        assert!(exchange.took >= patience);
    }
}
