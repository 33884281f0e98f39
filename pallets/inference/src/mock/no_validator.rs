//! A node without the validator role.

use sp_core::{
	offchain::{
		testing::TestOffchainExt, Externalities, HttpError, HttpRequestId, HttpRequestStatus, OpaqueNetworkState,
		Timestamp,
	},
	OpaquePeerId,
};

/// The off-chain externalities of a node without the validator role.
pub struct NoValidator(pub TestOffchainExt);

impl Externalities for NoValidator {
	fn is_validator(&self) -> bool {
		false
	}

	fn network_state(&self) -> Result<OpaqueNetworkState, ()> {
		self.0.network_state()
	}

	fn timestamp(&mut self) -> Timestamp {
		self.0.timestamp()
	}

	fn sleep_until(&mut self, deadline: Timestamp) {
		self.0.sleep_until(deadline)
	}

	fn random_seed(&mut self) -> [u8; 32] {
		self.0.random_seed()
	}

	fn http_request_start(&mut self, method: &str, uri: &str, meta: &[u8]) -> Result<HttpRequestId, ()> {
		self.0.http_request_start(method, uri, meta)
	}

	fn http_request_add_header(&mut self, request: HttpRequestId, name: &str, value: &str) -> Result<(), ()> {
		self.0.http_request_add_header(request, name, value)
	}

	fn http_request_write_body(
		&mut self,
		request: HttpRequestId,
		chunk: &[u8],
		deadline: Option<Timestamp>,
	) -> Result<(), HttpError> {
		self.0.http_request_write_body(request, chunk, deadline)
	}

	fn http_response_wait(&mut self, ids: &[HttpRequestId], deadline: Option<Timestamp>) -> Vec<HttpRequestStatus> {
		self.0.http_response_wait(ids, deadline)
	}

	fn http_response_headers(&mut self, id: HttpRequestId) -> Vec<(Vec<u8>, Vec<u8>)> {
		self.0.http_response_headers(id)
	}

	fn http_response_read_body(
		&mut self,
		id: HttpRequestId,
		buffer: &mut [u8],
		deadline: Option<Timestamp>,
	) -> Result<usize, HttpError> {
		self.0.http_response_read_body(id, buffer, deadline)
	}

	fn set_authorized_nodes(&mut self, nodes: Vec<OpaquePeerId>, authorized_only: bool) {
		self.0.set_authorized_nodes(nodes, authorized_only)
	}
}
