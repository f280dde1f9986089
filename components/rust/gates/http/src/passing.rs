//! The exported function, written by hand: the host's answer is handed on as the bytes that it is.
//!
//! What is exported has the type of what is imported, and so the same layout in memory (Component Model,
//! canonical ABI). Bindings would read each of the 39 errors into a value and write it back,
//! which is a third of the gate.

use core::cell::UnsafeCell;

use gate_policy::Single;

use crate::exports::wasi::http::outgoing_handler::{__post_return_handle, Guest};
use crate::wasi::http::types::{
    ErrorCode, FutureIncomingResponse, OutgoingRequest, RequestOptions,
};

/// Only for the bindings, which free what an answer carries by this type; nobody calls it.
struct Gate;

impl Guest for Gate {
    fn handle(
        _: OutgoingRequest,
        _: Option<RequestOptions>,
    ) -> Result<FutureIncomingResponse, ErrorCode> {
        Err(ErrorCode::HttpRequestDenied)
    }
}

/// `result<future-incoming-response, error-code>` takes 40 bytes, aligned to 8: the result's
/// discriminant at 0, the future or the error's discriminant at 8, what the error carries at 16.
/// It is fetched before the next call.
#[repr(align(8))]
struct Answer([u8; 40]);
static ANSWER: Single<UnsafeCell<Answer>> = Single(UnsafeCell::new(Answer([0; 40])));

const ERROR: u8 = 1;
const ERROR_AT: usize = 8;
/// `HTTP-request-denied` is the sixteenth case of `wasi:http/types#error-code`.
const DENIED: u8 = 15;

#[link(wasm_import_module = "wasi:http/outgoing-handler@0.2.12")]
unsafe extern "C" {
    #[link_name = "handle"]
    fn host_handle(request: u32, has_options: u32, options: u32, answer: *mut u8);
}

#[unsafe(export_name = "wasi:http/outgoing-handler@0.2.12#handle")]
unsafe extern "C" fn handle(request: u32, has_options: u32, options: u32) -> *mut u8 {
    let answer = ANSWER.0.get().cast::<u8>();
    // SAFETY: the handles are ours from here on and each goes one way: to the host, or dropped. The
    // offsets lie within the answer.
    unsafe {
        let request = OutgoingRequest::from_handle(request);
        if crate::allowed(&request) {
            host_handle(request.take_handle(), has_options, options, answer);
        } else {
            drop(request);
            if has_options != 0 {
                drop(RequestOptions::from_handle(options));
            }
            *answer = ERROR;
            *answer.add(ERROR_AT) = DENIED;
        }
    }
    answer
}

#[unsafe(export_name = "cabi_post_wasi:http/outgoing-handler@0.2.12#handle")]
unsafe extern "C" fn handled(answer: *mut u8) {
    // SAFETY: an error's texts were allocated here for the host, and nobody else frees them.
    unsafe { __post_return_handle::<Gate>(answer) }
}
