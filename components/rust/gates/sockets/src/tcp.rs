//! Connections.

use crate::abi::{answer, endpoint, failed, forward, handle, resource, succeeded, Error, Wrapper};
use crate::grants::{decide, is_implied, made, offers, reaches, Endpoint, CONNECT, LISTEN};

const INTERFACE: &str = "wasi:sockets/tcp";

#[repr(C)]
struct Socket {
    handle: u32,
    /// Where it is going to be bound, and whether that was granted for listening.
    asked: Option<(Endpoint, bool)>,
    bound: Option<(Endpoint, bool)>,
}

impl Socket {
    fn new(handle: u32) -> Socket {
        Socket { handle, asked: None, bound: None }
    }
}

resource!(
    Socket,
    "wasi:sockets/tcp@0.2.12",
    "[export]wasi:sockets/tcp@0.2.12",
    "[resource-new]tcp-socket",
    "[resource-drop]tcp-socket",
    "wasi:sockets/tcp@0.2.12#[dtor]tcp-socket"
);

forward! { "wasi:sockets/tcp@0.2.12":
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.finish-connect" = "[method]tcp-socket.finish-connect" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.finish-listen" = "[method]tcp-socket.finish-listen" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.local-address" = "[method]tcp-socket.local-address" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.remote-address" = "[method]tcp-socket.remote-address" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.is-listening" = "[method]tcp-socket.is-listening" () -> u32;
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.address-family" = "[method]tcp-socket.address-family" () -> u32;
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.set-listen-backlog-size"
        = "[method]tcp-socket.set-listen-backlog-size" (value: u64);
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.keep-alive-enabled" = "[method]tcp-socket.keep-alive-enabled" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.set-keep-alive-enabled"
        = "[method]tcp-socket.set-keep-alive-enabled" (value: u32);
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.keep-alive-idle-time"
        = "[method]tcp-socket.keep-alive-idle-time" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.set-keep-alive-idle-time"
        = "[method]tcp-socket.set-keep-alive-idle-time" (value: u64);
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.keep-alive-interval" = "[method]tcp-socket.keep-alive-interval" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.set-keep-alive-interval"
        = "[method]tcp-socket.set-keep-alive-interval" (value: u64);
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.keep-alive-count" = "[method]tcp-socket.keep-alive-count" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.set-keep-alive-count"
        = "[method]tcp-socket.set-keep-alive-count" (value: u32);
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.hop-limit" = "[method]tcp-socket.hop-limit" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.set-hop-limit" = "[method]tcp-socket.set-hop-limit" (value: u32);
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.receive-buffer-size" = "[method]tcp-socket.receive-buffer-size" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.set-receive-buffer-size"
        = "[method]tcp-socket.set-receive-buffer-size" (value: u64);
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.send-buffer-size" = "[method]tcp-socket.send-buffer-size" ();
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.set-send-buffer-size"
        = "[method]tcp-socket.set-send-buffer-size" (value: u64);
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.subscribe" = "[method]tcp-socket.subscribe" () -> u32;
    "wasi:sockets/tcp@0.2.12#[method]tcp-socket.shutdown" = "[method]tcp-socket.shutdown" (kind: u32);
}

#[link(wasm_import_module = "wasi:sockets/tcp@0.2.12")]
unsafe extern "C" {
    #[link_name = "[method]tcp-socket.start-bind"]
    fn host_start_bind(
        socket: u32, network: u32, case: u32,
        a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32,
        answer: *mut u8,
    );
    #[link_name = "[method]tcp-socket.finish-bind"]
    fn host_finish_bind(socket: u32, answer: *mut u8);
    #[link_name = "[method]tcp-socket.start-connect"]
    fn host_start_connect(
        socket: u32, network: u32, case: u32,
        a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32,
        answer: *mut u8,
    );
    #[link_name = "[method]tcp-socket.start-listen"]
    fn host_start_listen(socket: u32, answer: *mut u8);
    #[link_name = "[method]tcp-socket.accept"]
    fn host_accept(socket: u32, answer: *mut u8);
}

#[link(wasm_import_module = "wasi:sockets/tcp-create-socket@0.2.12")]
unsafe extern "C" {
    #[link_name = "create-tcp-socket"]
    fn host_create(family: u32, answer: *mut u8);
}

#[unsafe(export_name = "wasi:sockets/tcp-create-socket@0.2.12#create-tcp-socket")]
unsafe extern "C" fn create(family: u32) -> *mut u8 {
    made("wasi:sockets/tcp-create-socket", "create-tcp-socket");
    // SAFETY: the answer has room.
    unsafe { host_create(family, answer()) };
    wrap()
}

/// The socket in the answer becomes one of this component.
fn wrap() -> *mut u8 {
    if succeeded() {
        let socket = handle(1);
        *socket = Socket::new(*socket).give();
    }
    answer()
}

#[unsafe(export_name = "wasi:sockets/tcp@0.2.12#[method]tcp-socket.start-bind")]
unsafe extern "C" fn start_bind(
    own: &mut Socket, network: u32, case: u32,
    a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32,
) -> *mut u8 {
    let local = endpoint(case, &[a, b, c, d, e, f, g, h, i, j, k]);
    let granted = offers(LISTEN, local);
    let allowed = (!granted && is_implied(CONNECT, local))
        || decide(INTERFACE, "[method]tcp-socket.start-bind", granted, local);
    if !allowed {
        return failed(Error::AccessDenied, 1);
    }
    // SAFETY: the host's handle is alive as long as the node's, and the answer has room.
    unsafe { host_start_bind(own.handle, network, case, a, b, c, d, e, f, g, h, i, j, k, answer()) };
    if succeeded() {
        own.asked = Some((local, granted));
    }
    answer()
}

#[unsafe(export_name = "wasi:sockets/tcp@0.2.12#[method]tcp-socket.finish-bind")]
unsafe extern "C" fn finish_bind(own: &mut Socket) -> *mut u8 {
    // SAFETY: as above.
    unsafe { host_finish_bind(own.handle, answer()) };
    if succeeded() {
        own.bound = own.asked.take();
    }
    answer()
}

#[unsafe(export_name = "wasi:sockets/tcp@0.2.12#[method]tcp-socket.start-connect")]
unsafe extern "C" fn start_connect(
    own: &Socket, network: u32, case: u32,
    a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32,
) -> *mut u8 {
    let remote = endpoint(case, &[a, b, c, d, e, f, g, h, i, j, k]);
    if !decide(INTERFACE, "[method]tcp-socket.start-connect", reaches(CONNECT, remote), remote) {
        return failed(Error::AccessDenied, 1);
    }
    // SAFETY: as above.
    unsafe { host_start_connect(own.handle, network, case, a, b, c, d, e, f, g, h, i, j, k, answer()) };
    answer()
}

#[unsafe(export_name = "wasi:sockets/tcp@0.2.12#[method]tcp-socket.start-listen")]
unsafe extern "C" fn start_listen(own: &Socket) -> *mut u8 {
    let Some((local, granted)) = own.bound else {
        // The host would say so, or bind it to an address that nobody judged.
        return failed(Error::InvalidState, 1);
    };
    if !decide(INTERFACE, "[method]tcp-socket.start-listen", granted, local) {
        return failed(Error::AccessDenied, 1);
    }
    // SAFETY: as above.
    unsafe { host_start_listen(own.handle, answer()) };
    answer()
}

#[unsafe(export_name = "wasi:sockets/tcp@0.2.12#[method]tcp-socket.accept")]
unsafe extern "C" fn accept(own: &Socket) -> *mut u8 {
    // SAFETY: as above.
    unsafe { host_accept(own.handle, answer()) };
    wrap()
}
