//! The helper's life: one answer for each command, until nobody speaks any more.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::unix::pipe;
use tokio::time::{sleep, timeout};

use super::fetch::{connect, fetch};
use super::namespace::{Kernel, Namespace};
use super::protocol::{Answer, Command, Refusal};

/// How often somebody says that he is still there.
pub const BEAT_EVERY: Duration = Duration::from_millis(300);
/// How long nothing may be heard before the helper ends: some beats may be late, and the rules of
/// one who is gone stay less than two seconds.
pub const SILENCE: Duration = Duration::from_millis(1700);

/// How often one who stays looks whether somebody has an address again. The answer to one look is
/// there by the next.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Serves on this process' standard input and output, which must be pipes, in its own namespace.
///
/// # Errors
///
/// If they are no pipes.
pub async fn serve_process(table: &str, ended: impl Future<Output = ()>) -> io::Result<()> {
    // Pipes that are not blocked on: a read that never ends would outlive the silence.
    let input = pipe::Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)?;
    let output = pipe::Sender::from_owned_fd(io::stdout().as_fd().try_clone_to_owned()?)?;
    let kernel = Kernel::open(table);
    tokio::select! {
        end = serve(BufReader::new(input), output, kernel) => end,
        () = ended => Ok(()),
    }
}

/// Answers commands until the input ends or falls silent; dropping `namespace` takes all back.
///
/// # Errors
///
/// If an answer cannot be written.
pub async fn serve(
    input: impl AsyncBufRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
    mut namespace: Result<impl Namespace, Refusal>,
) -> io::Result<()> {
    let mut lines = input.lines();
    while let Ok(Ok(Some(line))) = timeout(SILENCE, lines.next_line()).await {
        if line.is_empty() {
            continue;
        }
        let command = serde_json::from_str(&line);
        let mut answer = serde_json::to_string(&answer(&command, &mut namespace).await)?;
        answer.push('\n');
        timeout(SILENCE, output.write_all(answer.as_bytes())).await??;
        if let Ok(Command::Stay(ms)) = command {
            // Nobody need be there to hear that it ended early.
            let _ = timeout(Duration::from_millis(ms), stay(&mut namespace)).await;
            return Ok(());
        }
    }
    Ok(())
}

/// Keeps what is in force, but for the detours of addresses that somebody has again.
async fn stay(namespace: &mut Result<impl Namespace, Refusal>) -> Result<(), Refusal> {
    let Ok(namespace) = namespace else { return Ok(()) };
    loop {
        namespace.yield_claimed()?;
        sleep(LOOK_EVERY).await;
    }
}

async fn answer(
    command: &serde_json::Result<Command>,
    namespace: &mut Result<impl Namespace, Refusal>,
) -> Answer {
    // Whoever only asks changes nothing, and needs no right to.
    match command {
        Ok(Command::Fetch(request)) => return fetch(request).await,
        Ok(Command::Connect(at)) => return connect(*at).await,
        _ => {}
    }
    let namespace = match namespace {
        Ok(namespace) => namespace,
        Err(refusal) => return Answer::Refused(refusal.clone()),
    };
    let end = match command {
        Ok(Command::Set(detours)) => namespace.set(detours).map(|()| Answer::Done),
        Ok(Command::Connections) => namespace.connections().map(Answer::Connections),
        Ok(Command::Close { to, quiet_ms }) => {
            namespace.close(to, Duration::from_millis(*quiet_ms)).map(Answer::Closed)
        }
        Ok(Command::Stay(_) | Command::Fetch(_) | Command::Connect(_)) => Ok(Answer::Done),
        Err(error) => Err(Refusal::Other(format!("not a command: {error}"))),
    };
    end.unwrap_or_else(Answer::Refused)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::{Arc, Mutex};

    use tokio::io::{DuplexStream, ReadHalf, WriteHalf, duplex, split};
    use tokio::time::Instant;

    use super::*;
    use crate::detour::{Connection, Detour};

    /// A namespace that remembers what is in force, and forgets it when it is dropped.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<Detour>>>);

    struct Held(Paper);

    impl Namespace for Held {
        fn set(&mut self, detours: &[Detour]) -> Result<(), Refusal> {
            *self.0.0.lock().unwrap() = detours.to_vec();
            Ok(())
        }

        fn connections(&mut self) -> Result<Vec<Connection>, Refusal> {
            Ok(Vec::new())
        }

        fn close(&mut self, _: &[IpAddr], _: Duration) -> Result<usize, Refusal> {
            Err(Refusal::NotPermitted)
        }

        fn yield_claimed(&mut self) -> Result<(), Refusal> {
            Ok(())
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            self.0.0.lock().unwrap().clear();
        }
    }

    type Far = (BufReader<ReadHalf<DuplexStream>>, WriteHalf<DuplexStream>);

    fn started(paper: &Paper) -> (Far, tokio::task::JoinHandle<io::Result<()>>) {
        let (near, far) = duplex(4096);
        let (input, output) = split(near);
        let held = Ok(Held(paper.clone()));
        let (read, write) = split(far);
        ((BufReader::new(read), write), tokio::spawn(serve(BufReader::new(input), output, held)))
    }

    async fn ask(far: &mut Far, command: &str) -> String {
        far.1.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let mut line = String::new();
        far.0.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    const SET: &str = r#"{"set":[{"from":"10.0.0.2","to":"10.0.0.3"}]}"#;

    #[tokio::test(start_paused = true)]
    async fn every_command_has_its_answer_in_order() {
        let paper = Paper::default();
        let (mut far, _task) = started(&paper);
        assert_eq!(ask(&mut far, SET).await, r#""done""#);
        assert_eq!(paper.0.lock().unwrap().len(), 1);
        assert_eq!(ask(&mut far, r#""connections""#).await, r#"{"connections":[]}"#);
        let close = r#"{"close":{"to":["10.0.0.2"],"quiet_ms":5}}"#;
        assert_eq!(ask(&mut far, close).await, r#"{"refused":"not_permitted"}"#);
        assert!(ask(&mut far, "{").await.contains("not a command"));
    }

    #[tokio::test(start_paused = true)]
    async fn all_is_taken_back_when_the_input_ends() {
        let paper = Paper::default();
        let (mut far, task) = started(&paper);
        ask(&mut far, SET).await;
        drop(far);
        task.await.unwrap().unwrap();
        assert!(paper.0.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn all_is_taken_back_within_two_seconds_of_silence() {
        let paper = Paper::default();
        let (mut far, task) = started(&paper);
        ask(&mut far, SET).await;
        let started = Instant::now();
        task.await.unwrap().unwrap();
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        assert!(paper.0.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stays_keeps_all_for_its_time_without_a_word() {
        let paper = Paper::default();
        let (mut far, task) = started(&paper);
        ask(&mut far, SET).await;
        assert_eq!(ask(&mut far, r#"{"stay":5000}"#).await, r#""done""#);
        drop(far);
        sleep(Duration::from_millis(4900)).await;
        assert_eq!(paper.0.lock().unwrap().len(), 1);
        task.await.unwrap().unwrap();
        assert!(paper.0.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn beats_keep_it_alive() {
        let paper = Paper::default();
        let (mut far, task) = started(&paper);
        ask(&mut far, SET).await;
        for _ in 0..20 {
            sleep(BEAT_EVERY).await;
            far.1.write_all(b"\n").await.unwrap();
        }
        assert!(!task.is_finished());
        assert_eq!(paper.0.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_namespace_that_cannot_be_had_refuses_every_command() {
        let (near, mut far) = duplex(4096);
        let (input, output) = split(near);
        let refused = Err::<Held, _>(Refusal::NotSupported);
        tokio::spawn(serve(BufReader::new(input), output, refused));
        far.write_all(format!("{SET}\n").as_bytes()).await.unwrap();
        let mut line = String::new();
        BufReader::new(&mut far).read_line(&mut line).await.unwrap();
        assert_eq!(line, "{\"refused\":\"not_supported\"}\n");
    }
}
