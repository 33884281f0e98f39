//! Output to the terminal while something takes its time. Results go to stdout, everything here to stderr.

use assay_client::{Error, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
	io::{BufRead, IsTerminal, Write},
	sync::{Mutex, MutexGuard, PoisonError},
	time::Duration,
};

/// The place that progress is shown on.
pub struct Screen {
	quiet: bool,
	terminal: bool,
	state: Mutex<State>,
}

#[derive(Default)]
struct State {
	bar: Option<ProgressBar>,
	request: Option<u64>,
	submitted: bool,
	bytes: bool,
}

/// Progress in words; none for bytes, which are many.
pub fn describe(progress: Progress) -> Option<String> {
	Some(match progress {
		Progress::Syncing => "the light client looks for peers and follows the chain".into(),
		Progress::Submitted => "submitted; waits for a finalized block".into(),
		Progress::Included => "in a finalized block".into(),
		Progress::Requested(request) => format!("request {request}"),
		Progress::Status(status) => status.to_lowercase(),
		Progress::Proving => "final; waits for the votes that prove it".into(),
		_ => return None,
	})
}

impl Screen {
	/// `quiet` for programs that read JSON.
	pub fn new(quiet: bool) -> Self {
		Screen { quiet, terminal: std::io::stderr().is_terminal(), state: Mutex::default() }
	}

	fn state(&self) -> MutexGuard<'_, State> {
		self.state.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Says something that people have to know, even those who read JSON from stdout.
	pub fn note(&self, text: &str) {
		let state = self.state();
		match &state.bar {
			Some(bar) => bar.suspend(|| eprintln!("assay: {text}")),
			None => eprintln!("assay: {text}"),
		}
	}

	/// Says what is being done.
	pub fn step(&self, text: String) {
		if self.quiet {
			return;
		}
		if !self.terminal {
			eprintln!("assay: {text}");
			return;
		}
		let mut state = self.state();
		state.bytes = false;
		if let Some(bar) = state.bar.take() {
			bar.finish_and_clear();
		}
		let bar = ProgressBar::new_spinner().with_message(text);
		bar.enable_steady_tick(Duration::from_millis(120));
		state.bar = Some(bar);
	}

	/// Shows progress.
	pub fn show(&self, progress: Progress) {
		match progress {
			Progress::Bytes { done, total } => return self.bytes(done, total),
			Progress::Submitted => self.state().submitted = true,
			Progress::Requested(request) => self.state().request = Some(request),
			_ => (),
		}
		if let Some(text) = describe(progress) {
			self.step(text);
		}
	}

	fn bytes(&self, done: u64, total: u64) {
		if self.quiet || !self.terminal {
			return;
		}
		let mut state = self.state();
		if !state.bytes {
			if let Some(bar) = state.bar.take() {
				bar.finish_and_clear();
			}
			let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
			if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}") {
				bar.set_style(style);
			}
			state.bar = Some(bar);
			state.bytes = true;
		}
		if let Some(bar) = &state.bar {
			bar.set_position(done);
		}
	}

	/// Takes what is shown away.
	pub fn clear(&self) {
		if let Some(bar) = self.state().bar.take() {
			bar.finish_and_clear();
		}
	}

	/// The work that goes on when this process does not.
	pub fn left_behind(&self) -> String {
		let state = self.state();
		match (state.request, state.submitted) {
			(Some(request), _) => {
				format!("; request {request} goes on without this command: `assay requests show {request} --output FILE` has its answer")
			}
			(None, true) => {
				"; what was submitted may still be included: `assay requests ls` and `assay models ls` say".into()
			}
			(None, false) => String::new(),
		}
	}

	/// Asks whether to go on. `else_` is what holds if not.
	pub fn confirm(&self, what: &str, else_: &str) -> Result<(), Error> {
		if !self.terminal || !std::io::stdin().is_terminal() {
			return Err(Error::Usage(format!(
				"{what}: there is no terminal to ask on, so {else_}; --yes goes on without"
			)));
		}
		self.clear();
		eprint!("assay: {what}. Go on? [y/N] ");
		let _ = std::io::stderr().flush();
		let mut answer = String::new();
		let read = std::io::stdin().lock().read_line(&mut answer);
		match read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes") {
			true => Ok(()),
			false => Err(Error::Interrupted(format!(", {else_}"))),
		}
	}
}
