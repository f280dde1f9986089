//! Datagrams.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;
use core::mem::size_of;
use core::slice;

use gate_policy::Single;

use crate::abi::{
    answer, endpoint, failed, forward, free, handle, resource, succeeded, Error, SocketAddress, Wrapper,
};
use crate::grants::{decide, is_implied, made, offers, policy, reaches, Endpoint, BIND, SEND};

const INTERFACE: &str = "wasi:sockets/udp";
/// Peers of one socket that may be answered; after so many, the oldest ones may not any more.
const MOST: usize = 256;

/// What a socket and its streams know together.
#[derive(Default)]
struct Shared {
    /// Whether it is going to be bound by a line.
    asked: Cell<bool>,
    /// Whether it is bound by a line: it hears everybody, and may answer.
    granted: Cell<bool>,
    peers: Cell<Vec<Endpoint>>,
}

impl Shared {
    fn heard(&self, peer: Endpoint) -> bool {
        let peers = self.peers.take();
        let found = peers.contains(&peer);
        self.peers.set(peers);
        found
    }

    fn hear(&self, peer: Endpoint) {
        if self.heard(peer) {
            return;
        }
        let mut peers = self.peers.take();
        if peers.len() >= MOST {
            peers.remove(0);
        }
        peers.push(peer);
        self.peers.set(peers);
    }

    fn may_send(&self, peer: Endpoint) -> bool {
        reaches(SEND, peer) || self.heard(peer)
    }
}

#[repr(C)]
struct Socket {
    handle: u32,
    shared: Rc<Shared>,
}

#[repr(C)]
struct Incoming {
    handle: u32,
    shared: Rc<Shared>,
}

#[repr(C)]
struct Outgoing {
    handle: u32,
    shared: Rc<Shared>,
}

resource!(
    Socket,
    "wasi:sockets/udp@0.2.12",
    "[export]wasi:sockets/udp@0.2.12",
    "[resource-new]udp-socket",
    "[resource-drop]udp-socket",
    "wasi:sockets/udp@0.2.12#[dtor]udp-socket"
);
resource!(
    Incoming,
    "wasi:sockets/udp@0.2.12",
    "[export]wasi:sockets/udp@0.2.12",
    "[resource-new]incoming-datagram-stream",
    "[resource-drop]incoming-datagram-stream",
    "wasi:sockets/udp@0.2.12#[dtor]incoming-datagram-stream"
);
resource!(
    Outgoing,
    "wasi:sockets/udp@0.2.12",
    "[export]wasi:sockets/udp@0.2.12",
    "[resource-new]outgoing-datagram-stream",
    "[resource-drop]outgoing-datagram-stream",
    "wasi:sockets/udp@0.2.12#[dtor]outgoing-datagram-stream"
);

forward! { "wasi:sockets/udp@0.2.12":
    "wasi:sockets/udp@0.2.12#[method]udp-socket.local-address" = "[method]udp-socket.local-address" ();
    "wasi:sockets/udp@0.2.12#[method]udp-socket.remote-address" = "[method]udp-socket.remote-address" ();
    "wasi:sockets/udp@0.2.12#[method]udp-socket.address-family" = "[method]udp-socket.address-family" () -> u32;
    "wasi:sockets/udp@0.2.12#[method]udp-socket.unicast-hop-limit" = "[method]udp-socket.unicast-hop-limit" ();
    "wasi:sockets/udp@0.2.12#[method]udp-socket.set-unicast-hop-limit"
        = "[method]udp-socket.set-unicast-hop-limit" (value: u32);
    "wasi:sockets/udp@0.2.12#[method]udp-socket.receive-buffer-size" = "[method]udp-socket.receive-buffer-size" ();
    "wasi:sockets/udp@0.2.12#[method]udp-socket.set-receive-buffer-size"
        = "[method]udp-socket.set-receive-buffer-size" (value: u64);
    "wasi:sockets/udp@0.2.12#[method]udp-socket.send-buffer-size" = "[method]udp-socket.send-buffer-size" ();
    "wasi:sockets/udp@0.2.12#[method]udp-socket.set-send-buffer-size"
        = "[method]udp-socket.set-send-buffer-size" (value: u64);
    "wasi:sockets/udp@0.2.12#[method]udp-socket.subscribe" = "[method]udp-socket.subscribe" () -> u32;
    "wasi:sockets/udp@0.2.12#[method]incoming-datagram-stream.subscribe"
        = "[method]incoming-datagram-stream.subscribe" () -> u32;
    "wasi:sockets/udp@0.2.12#[method]outgoing-datagram-stream.check-send"
        = "[method]outgoing-datagram-stream.check-send" ();
    "wasi:sockets/udp@0.2.12#[method]outgoing-datagram-stream.subscribe"
        = "[method]outgoing-datagram-stream.subscribe" () -> u32;
}

#[link(wasm_import_module = "wasi:sockets/udp@0.2.12")]
unsafe extern "C" {
    #[link_name = "[method]udp-socket.start-bind"]
    fn host_start_bind(
        socket: u32, network: u32, case: u32,
        a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32,
        answer: *mut u8,
    );
    #[link_name = "[method]udp-socket.finish-bind"]
    fn host_finish_bind(socket: u32, answer: *mut u8);
    #[link_name = "[method]udp-socket.stream"]
    fn host_stream(
        socket: u32, has_remote: u32, case: u32,
        a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32,
        answer: *mut u8,
    );
    #[link_name = "[method]incoming-datagram-stream.receive"]
    fn host_receive(stream: u32, most: u64, answer: *mut u8);
    #[link_name = "[method]outgoing-datagram-stream.send"]
    fn host_send(stream: u32, start: *mut Sent, length: usize, answer: *mut u8);
}

#[link(wasm_import_module = "wasi:sockets/udp-create-socket@0.2.12")]
unsafe extern "C" {
    #[link_name = "create-udp-socket"]
    fn host_create(family: u32, answer: *mut u8);
}

#[unsafe(export_name = "wasi:sockets/udp-create-socket@0.2.12#create-udp-socket")]
unsafe extern "C" fn create(family: u32) -> *mut u8 {
    made("wasi:sockets/udp-create-socket", "create-udp-socket");
    // SAFETY: the answer has room.
    unsafe { host_create(family, answer()) };
    if succeeded() {
        let socket = handle(1);
        *socket = Socket { handle: *socket, shared: Rc::default() }.give();
    }
    answer()
}

#[unsafe(export_name = "wasi:sockets/udp@0.2.12#[method]udp-socket.start-bind")]
unsafe extern "C" fn start_bind(
    own: &Socket, network: u32, case: u32,
    a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32,
) -> *mut u8 {
    let local = endpoint(case, &[a, b, c, d, e, f, g, h, i, j, k]);
    let granted = offers(BIND, local);
    let allowed = (!granted && is_implied(SEND, local))
        || decide(INTERFACE, "[method]udp-socket.start-bind", granted, local);
    if !allowed {
        return failed(Error::AccessDenied, 1);
    }
    // SAFETY: the host's handle is alive as long as the node's, and the answer has room.
    unsafe { host_start_bind(own.handle, network, case, a, b, c, d, e, f, g, h, i, j, k, answer()) };
    if succeeded() {
        own.shared.asked.set(granted);
    }
    answer()
}

#[unsafe(export_name = "wasi:sockets/udp@0.2.12#[method]udp-socket.finish-bind")]
unsafe extern "C" fn finish_bind(own: &Socket) -> *mut u8 {
    // SAFETY: as above.
    unsafe { host_finish_bind(own.handle, answer()) };
    if succeeded() {
        own.shared.granted.set(own.shared.asked.get());
    }
    answer()
}

#[unsafe(export_name = "wasi:sockets/udp@0.2.12#[method]udp-socket.stream")]
unsafe extern "C" fn stream(
    own: &Socket, has_remote: u32, case: u32,
    a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32,
) -> *mut u8 {
    let shared = &own.shared;
    if has_remote != 0 {
        let remote = endpoint(case, &[a, b, c, d, e, f, g, h, i, j, k]);
        if !decide(INTERFACE, "[method]udp-socket.stream", shared.may_send(remote), remote) {
            return failed(Error::AccessDenied, 4);
        }
    }
    // SAFETY: as above.
    unsafe { host_stream(own.handle, has_remote, case, a, b, c, d, e, f, g, h, i, j, k, answer()) };
    if succeeded() {
        let incoming = handle(1);
        *incoming = Incoming { handle: *incoming, shared: shared.clone() }.give();
        let outgoing = handle(2);
        *outgoing = Outgoing { handle: *outgoing, shared: shared.clone() }.give();
    }
    answer()
}

/// `incoming-datagram` in memory.
#[repr(C)]
struct Received {
    data: *mut u8,
    length: usize,
    peer: SocketAddress,
}

/// `outgoing-datagram` in memory.
#[repr(C)]
struct Sent {
    data: *mut u8,
    length: usize,
    has_peer: u32,
    peer: SocketAddress,
}

/// How many datagrams the host gave last: what was allocated for them is freed after they were fetched.
static GIVEN: Single<Cell<usize>> = Single(Cell::new(0));

#[unsafe(export_name = "wasi:sockets/udp@0.2.12#[method]incoming-datagram-stream.receive")]
unsafe extern "C" fn receive(own: &Incoming, most: u64) -> *mut u8 {
    // SAFETY: a list lies at 4 and its length at 8, and it is ours until the node has it.
    unsafe {
        host_receive(own.handle, most, answer());
        if !succeeded() {
            return answer();
        }
        let length = handle(2);
        let given = *length as usize;
        GIVEN.0.set(given);
        if given == 0 {
            return answer();
        }
        let start = *handle(1) as *mut Received;
        let shared = &own.shared;
        let mut kept = 0;
        for index in 0..given {
            let each = start.add(index);
            let peer = (*each).peer.read();
            if shared.granted.get() {
                shared.hear(peer);
            } else if !policy().learns() && !reaches(SEND, peer) {
                free((*each).data, (*each).length, 1);
                continue;
            }
            start.add(kept).copy_from(each, 1);
            kept += 1;
        }
        *length = kept as u32;
    }
    answer()
}

#[unsafe(export_name = "cabi_post_wasi:sockets/udp@0.2.12#[method]incoming-datagram-stream.receive")]
unsafe extern "C" fn received(_: *mut u8) {
    // SAFETY: this is called once after `receive`, with the same answer.
    unsafe {
        if succeeded() {
            let start = *handle(1) as *mut Received;
            for index in 0..*handle(2) as usize {
                let each = start.add(index);
                free((*each).data, (*each).length, 1);
            }
            free(start.cast(), GIVEN.0.get() * size_of::<Received>(), 4);
        }
    }
}

#[unsafe(export_name = "wasi:sockets/udp@0.2.12#[method]outgoing-datagram-stream.send")]
unsafe extern "C" fn send(own: &Outgoing, start: *mut Sent, length: usize) -> *mut u8 {
    // SAFETY: the list was allocated here for this call.
    unsafe {
        let mut allowed = 0;
        if length != 0 {
            for each in slice::from_raw_parts(start, length) {
                // Without a peer it goes to the one that `stream` was asked about.
                if each.has_peer as u8 != 0 {
                    let peer = each.peer.read();
                    let granted = own.shared.may_send(peer);
                    if !decide(INTERFACE, "[method]outgoing-datagram-stream.send", granted, peer) {
                        break;
                    }
                }
                allowed += 1;
            }
        }
        if allowed == 0 && length != 0 {
            failed(Error::AccessDenied, 8);
        } else {
            // Datagrams after one that is not allowed are not sent; the node hears how many were.
            host_send(own.handle, start, allowed, answer());
        }
        for index in 0..length {
            let each = start.add(index);
            free((*each).data, (*each).length, 1);
        }
        free(start.cast(), length * size_of::<Sent>(), 4);
    }
    answer()
}
