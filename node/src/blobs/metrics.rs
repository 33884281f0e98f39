//! Prometheus metrics of the blobs.

use assay_blobs::{exchange::Handle, Usage};
use prometheus_endpoint::{register, Counter, CounterVec, Gauge, Opts, PrometheusError, Registry, U64};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone)]
pub struct Metrics {
	held: Gauge<U64>,
	partial: Gauge<U64>,
	bytes: Gauge<U64>,
	budget: Gauge<U64>,
	wanted: Gauge<U64>,
	fetching: Gauge<U64>,
	fetched_chunks: Counter<U64>,
	fetched_bytes: Counter<U64>,
	failures: Counter<U64>,
	garbage: Counter<U64>,
	pub requests: CounterVec<U64>,
	pub served_bytes: Counter<U64>,
	pub http: CounterVec<U64>,
	pub collected: Counter<U64>,
}

impl Metrics {
	pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		let gauge = |name: &str, help: &str| register(Gauge::new(name, help)?, registry);
		let counter = |name: &str, help: &str| register(Counter::new(name, help)?, registry);
		let labelled =
			|name: &str, help: &str, label| register(CounterVec::new(Opts::new(name, help), &[label])?, registry);
		Ok(Metrics {
			held: gauge("assay_blobs_held", "Blobs that are here as a whole")?,
			partial: gauge("assay_blobs_partial", "Blobs that are here in part")?,
			bytes: gauge("assay_blobs_bytes", "Bytes that blobs take, or will when they are whole")?,
			budget: gauge("assay_blobs_budget_bytes", "Most bytes that blobs may take")?,
			wanted: gauge("assay_blobs_wanted", "Blobs that this node should have and has not")?,
			fetching: gauge("assay_blobs_fetching", "Those of them that chunks are asked for")?,
			fetched_chunks: counter("assay_blobs_fetched_chunks_total", "Chunks that came from peers")?,
			fetched_bytes: counter("assay_blobs_fetched_bytes_total", "Their bytes")?,
			failures: counter("assay_blobs_fetch_failures_total", "Requests to peers without an answer that helped")?,
			garbage: counter("assay_blobs_garbage_total", "Answers of peers that no honest node gives")?,
			requests: labelled("assay_blobs_requests_total", "Requests of peers, by what became of them", "outcome")?,
			served_bytes: counter("assay_blobs_served_bytes_total", "Bytes given to peers")?,
			http: labelled("assay_blobs_http_total", "HTTP requests, by status", "status")?,
			collected: counter("assay_blobs_collected_total", "Blobs deleted because the chain did not need them")?,
		})
	}

	/// Updates the gauges. Counters are raised where the events happen.
	pub fn update(&self, usage: &Usage, handle: &Handle) {
		self.held.set(usage.held.into());
		self.partial.set(usage.partial.into());
		self.bytes.set(usage.bytes);
		self.budget.set(usage.budget);
		let progress = handle.progress();
		self.wanted.set(progress.len() as u64);
		self.fetching.set(progress.iter().filter(|progress| progress.fetching).count() as u64);
		let follow = |counter: &Counter<U64>, value: &AtomicU64| {
			counter.inc_by(value.load(Ordering::Relaxed).saturating_sub(counter.get()));
		};
		follow(&self.fetched_chunks, &handle.stats.chunks);
		follow(&self.fetched_bytes, &handle.stats.bytes);
		follow(&self.failures, &handle.stats.failures);
		follow(&self.garbage, &handle.stats.garbage);
	}
}
