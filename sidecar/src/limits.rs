//! Size, time, concurrency: what keeps a flood or a stalled peer from hurting
//! the others.
//!
//! Everything beyond a limit is answered or closed at once; nothing queues. Two
//! of the limits cannot be seen at a single request. [`Load`] counts what is in
//! hand and measures how long ready work waits for a processor. [`Patient`]
//! closes a connection whose peer takes nothing of an answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::api::problem::Problem;
use crate::config::Limits;
use crate::metrics::{Metrics, Shed};

/// How often the wait for a processor is measured: a hundred times a second
/// costs less than a thousandth of a processor.
const MEASURE: Duration = Duration::from_millis(10);

/// What is in hand.
#[derive(Debug, Default)]
pub struct Load {
    requests: AtomicUsize,
    bytes: AtomicUsize,
    connections: AtomicUsize,
    lag_us: AtomicU64,
}

/// A request in hand; dropping it ends it.
pub struct Hold {
    load: Arc<Load>,
    bytes: usize,
}

/// A connection in hand; dropping it ends it.
pub struct Connected(Arc<Load>);

impl Load {
    /// Takes a request in hand, or says why not.
    pub fn take(self: &Arc<Load>, limits: &Limits, metrics: &Metrics) -> Result<Hold, Problem> {
        if limits.queue_ms > 0 && self.lag() > Duration::from_millis(limits.queue_ms) {
            metrics.shed(Shed::Queue);
            return Err(Problem::overloaded("work waits too long for a processor"));
        }
        let before = self.requests.fetch_add(1, Relaxed);
        let hold = Hold {
            load: Arc::clone(self),
            bytes: 0,
        };
        if before >= limits.concurrency {
            metrics.shed(Shed::Concurrency);
            return Err(Problem::overloaded("too many requests"));
        }
        Ok(hold)
    }

    /// Takes a connection in hand, if there is room for it.
    pub fn connect(self: &Arc<Load>, most: usize) -> Option<Connected> {
        let before = self.connections.fetch_add(1, Relaxed);
        let connected = Connected(Arc::clone(self));
        (before < most).then_some(connected)
    }

    /// Requests in hand.
    pub fn requests(&self) -> usize {
        self.requests.load(Relaxed)
    }

    /// Bytes of bodies in hand.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    /// Connections in hand.
    pub fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    /// How long ready work waits for a processor.
    pub fn lag(&self) -> Duration {
        Duration::from_micros(self.lag_us.load(Relaxed))
    }

    /// Measures the lag for as long as it is polled: a timer that fires late
    /// fires as late as any other ready task runs.
    pub async fn measure(&self) {
        loop {
            let due = Instant::now() + MEASURE;
            tokio::time::sleep_until(due).await;
            let late = due.elapsed();
            self.lag_us.store(late.as_micros() as u64, Relaxed);
        }
    }
}

impl Hold {
    /// Takes so many more bytes in hand, or says why not.
    pub fn grow(&mut self, by: usize, limits: &Limits, metrics: &Metrics) -> Result<(), Problem> {
        let before = self.load.bytes.fetch_add(by, Relaxed);
        self.bytes += by;
        if before.saturating_add(by) > limits.held_bytes {
            metrics.shed(Shed::Memory);
            return Err(Problem::overloaded("too many bytes"));
        }
        Ok(())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.load.requests.fetch_sub(1, Relaxed);
        self.load.bytes.fetch_sub(self.bytes, Relaxed);
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Relaxed);
    }
}

/// Whether arrays and objects of a JSON text nest at most `limit` deep.
///
/// It does not check the text otherwise: on what is no JSON it may say either,
/// and the parser that comes next refuses it.
pub fn nests_within(json: &[u8], limit: usize) -> bool {
    let mut depth = 0usize;
    let mut rest = json;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return false;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => rest = after_string(rest),
            _ => {}
        }
    }
    true
}

/// What follows the quote that closes a string.
fn after_string(mut rest: &[u8]) -> &[u8] {
    // Bodies are mostly strings: this loop is the one that counts.
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let closed = rest.get(at) == Some(&b'"');
        let next = if closed { at + 1 } else { at + 2 };
        rest = rest.get(next..).unwrap_or_default();
        if closed {
            return rest;
        }
    }
    &[]
}

/// A connection that is closed when its peer takes nothing for so long.
pub struct Patient<S> {
    inner: S,
    limit: Duration,
    /// Runs while a write waits. Made once a connection needs it.
    stalled: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl<S> Patient<S> {
    /// A connection with so much patience.
    pub fn new(inner: S, limit: Duration) -> Patient<S> {
        Patient {
            inner,
            limit,
            stalled: None,
            waiting: false,
        }
    }

    fn judge<T>(
        &mut self,
        progress: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.waiting = false;
            return progress;
        }
        let limit = self.limit;
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        if !self.waiting {
            self.waiting = true;
            timer.as_mut().reset(Instant::now() + limit);
        }
        ready!(timer.as_mut().poll(context));
        self.waiting = false;
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.judge(progress, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.judge(progress, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.inner).poll_flush(context);
        self.judge(progress, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.inner).poll_shutdown(context);
        self.judge(progress, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_only_outside_strings() {
        let within = |json: &str, limit| nests_within(json.as_bytes(), limit);
        assert!(within("[[1]]", 2));
        assert!(!within("[[1]]", 1));
        assert!(within(r#"{"a":"[[[[\"[[["}"#, 1));
        assert!(within(r#"["\\",[],[],"\\"]"#, 2));
        assert!(!within(r#"["\\",[[]]]"#, 2));
        assert!(within("]]]]]]", 1));
        assert!(within("\"never closed [[[", 0));
        assert!(within("\"ends in \\", 0));
        assert!(!within(&"[".repeat(1 << 20), 64));
    }

    #[test]
    fn what_is_taken_is_given_back() {
        let (load, metrics) = (Arc::new(Load::default()), Metrics::new());
        let limits = Limits {
            concurrency: 1,
            held_bytes: 10,
            ..Limits::default()
        };
        let mut first = load.take(&limits, &metrics).unwrap();
        first.grow(10, &limits, &metrics).unwrap();
        assert!(first.grow(1, &limits, &metrics).is_err());
        assert!(load.take(&limits, &metrics).is_err());
        assert_eq!((load.requests(), load.bytes()), (1, 11));
        drop(first);
        assert_eq!((load.requests(), load.bytes()), (0, 0));
        assert!(load.take(&limits, &metrics).is_ok());
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_left() {
        use tokio::io::AsyncWriteExt;
        let (mut near, mut far) = tokio::io::duplex(16);
        let mut patient = Patient::new(&mut near, Duration::from_millis(50));
        patient.write_all(&[0; 16]).await.unwrap();
        let stalled = patient.write_all(&[0; 1]).await.unwrap_err();
        assert_eq!(stalled.kind(), io::ErrorKind::TimedOut);
        // Progress, however slow, starts the clock anew.
        let reader = tokio::spawn(async move {
            use tokio::io::AsyncReadExt;
            for _ in 0..32 {
                tokio::time::sleep(Duration::from_millis(5)).await;
                let _ = far.read_u8().await;
            }
        });
        patient.write_all(&[0; 16]).await.unwrap();
        reader.await.unwrap();
    }
}
