//! A connection whose other end has to read.

use std::{
	future::Future,
	io,
	pin::Pin,
	task::{Context, Poll},
	time::Duration,
};
use tokio::{
	io::{AsyncRead, AsyncWrite, ReadBuf},
	time::{sleep_until, Instant, Sleep},
};

/// Ends with an error when writes have waited for the reader for longer than `patience`, and a second for every `speed` bytes that it has read.
pub struct Paced<S> {
	stream: S,
	patience: Duration,
	speed: u64,
	written: u64,
	/// Time that writes have waited, the present wait not included.
	waited: Duration,
	/// Beginning of the present wait, and the timer of its end.
	waits: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Paced<S> {
	pub fn new(stream: S, patience: Duration, speed: u64) -> Self {
		Paced { stream, patience, speed, written: 0, waited: Duration::ZERO, waits: None }
	}

	fn pace<T>(&mut self, context: &mut Context, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
		if written.is_ready() {
			if let Some((since, _)) = self.waits.take() {
				self.waited += since.elapsed();
			}
			return written;
		}
		let (_, timer) = self.waits.get_or_insert_with(|| {
			let allowed = self.patience + Duration::from_secs(self.written / self.speed);
			let now = Instant::now();
			(now, Box::pin(sleep_until(now + allowed.saturating_sub(self.waited))))
		});
		match timer.as_mut().poll(context) {
			Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client reads too slowly"))),
			Poll::Pending => Poll::Pending,
		}
	}
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
	fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
		let written = Pin::new(&mut self.stream).poll_write(context, bytes);
		if let Poll::Ready(Ok(count)) = &written {
			self.written += *count as u64;
		}
		self.pace(context, written)
	}

	fn poll_write_vectored(
		mut self: Pin<&mut Self>,
		context: &mut Context,
		slices: &[io::IoSlice],
	) -> Poll<io::Result<usize>> {
		let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
		if let Poll::Ready(Ok(count)) = &written {
			self.written += *count as u64;
		}
		self.pace(context, written)
	}

	fn is_write_vectored(&self) -> bool {
		self.stream.is_write_vectored()
	}

	fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
		let flushed = Pin::new(&mut self.stream).poll_flush(context);
		self.pace(context, flushed)
	}

	fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
		let shut = Pin::new(&mut self.stream).poll_shutdown(context);
		self.pace(context, shut)
	}
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
	fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, into: &mut ReadBuf) -> Poll<io::Result<()>> {
		Pin::new(&mut self.stream).poll_read(context, into)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use tokio::io::{duplex, AsyncReadExt, AsyncWriteExt};

	const PATIENCE: Duration = Duration::from_millis(100);

	/// Sends 1,000 bytes to somebody who reads ten of them after each pause; whether all were sent, and the bytes that were read.
	async fn read_by(pause: Duration, speed: u64) -> (bool, usize) {
		let (ours, mut theirs) = duplex(10);
		let reader = tokio::spawn(async move {
			let mut read = 0usize;
			loop {
				tokio::time::sleep(pause).await;
				match theirs.read(&mut [0; 10]).await.unwrap_or(0) {
					0 => return read,
					count => read += count,
				}
			}
		});
		let sent = Paced::new(ours, PATIENCE, speed).write_all(&[0; 1_000]).await;
		(sent.is_ok(), reader.await.unwrap())
	}

	#[tokio::test]
	async fn who_does_not_read_is_waited_for_as_long_as_the_patience() {
		let (ours, _theirs) = duplex(100);
		let start = Instant::now();
		let error = Paced::new(ours, PATIENCE, u64::MAX).write_all(&[0; 1_000]).await.unwrap_err();
		assert_eq!(error.kind(), io::ErrorKind::TimedOut);
		assert!(start.elapsed() >= PATIENCE);
	}

	#[tokio::test]
	async fn who_reads_too_slowly_is_cut_off_and_who_reads_at_the_least_speed_is_not() {
		// Each pause is shorter than the patience, which a plain timeout would let pass.
		let (sent, read) = read_by(PATIENCE * 3 / 5, u64::MAX).await;
		assert!(!sent && read < 1_000, "{read} bytes");
		// Ten bytes a second, and each pause is far shorter.
		assert_eq!(read_by(Duration::from_millis(1), 10).await, (true, 1_000));
	}
}
