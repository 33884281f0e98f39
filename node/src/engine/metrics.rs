//! Prometheus metrics of the run queue.

use prometheus_endpoint::{
	register, Counter, CounterVec, Gauge, Histogram, HistogramOpts, Opts, PrometheusError, Registry, U64,
};

pub struct Metrics {
	pub self_test: Gauge<U64>,
	pub lost_kernels: Gauge<U64>,
	pub queued: Gauge<U64>,
	pub running: Gauge<U64>,
	pub runs: CounterVec<U64>,
	pub stopped: Counter<U64>,
	pub abstentions: CounterVec<U64>,
	pub seconds: Histogram,
	pub workers: Counter<U64>,
}

impl Metrics {
	pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		Ok(Metrics {
			self_test: register(
				Gauge::new(
					"assay_engine_self_test",
					"1 once the engine has passed its self-test, 0 before and if it failed",
				)?,
				registry,
			)?,
			lost_kernels: register(
				Gauge::new(
					"assay_engine_lost_kernels",
					"Kernels that the engine does slowly, because this CPU has found other bits for them",
				)?,
				registry,
			)?,
			queued: register(Gauge::new("assay_engine_queued", "Runs that wait, for bytes too")?, registry)?,
			running: register(Gauge::new("assay_engine_running", "Runs under way")?, registry)?,
			runs: register(
				CounterVec::new(
					Opts::new("assay_engine_runs_total", "Runs that ended with a verdict, by outcome"),
					&["outcome"],
				)?,
				registry,
			)?,
			stopped: register(
				Counter::new(
					"assay_engine_stopped_total",
					"Runs that were stopped because the chain had dropped their duty",
				)?,
				registry,
			)?,
			abstentions: register(
				CounterVec::new(
					Opts::new(
						"assay_engine_abstentions_total",
						"Duties without a verdict for local reasons, by reason",
					),
					&["reason"],
				)?,
				registry,
			)?,
			workers: register(
				Counter::new(
					"assay_engine_workers_total",
					"Processes that have started to run models, for quotes too",
				)?,
				registry,
			)?,
			seconds: register(
				Histogram::with_opts(
					HistogramOpts::new(
						"assay_engine_run_seconds",
						"Time of runs that ended with a verdict, load included",
					)
					.buckets(vec![0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]),
				)?,
				registry,
			)?,
		})
	}
}
