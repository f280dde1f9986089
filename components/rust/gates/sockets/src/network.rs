//! The network: a handle that everything asks for and that grants nothing by itself. A node's is
//! represented by the host's handle, so what a function is given here is what the host is given.

#[link(wasm_import_module = "wasi:sockets/instance-network@0.2.12")]
unsafe extern "C" {
    #[link_name = "instance-network"]
    fn host_network() -> u32;
}

#[link(wasm_import_module = "wasi:sockets/network@0.2.12")]
unsafe extern "C" {
    #[link_name = "[resource-drop]network"]
    fn drop_host_network(handle: u32);
}

#[link(wasm_import_module = "[export]wasi:sockets/network@0.2.12")]
unsafe extern "C" {
    #[link_name = "[resource-new]network"]
    fn register(handle: u32) -> u32;
}

#[unsafe(export_name = "wasi:sockets/instance-network@0.2.12#instance-network")]
unsafe extern "C" fn network() -> u32 {
    // SAFETY: any number may represent a resource.
    unsafe { register(host_network()) }
}

#[unsafe(export_name = "wasi:sockets/network@0.2.12#[dtor]network")]
unsafe extern "C" fn dropped(handle: u32) {
    // SAFETY: the host's handle, which was kept for this one.
    unsafe { drop_host_network(handle) }
}
