//! Resources that go off when they are dropped.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::exports::wcompose::echo::bombs::{Bomb, BombBorrow, Fuse, Guest, GuestBomb};
use crate::{spin, Hostile};

static LIVE: AtomicU32 = AtomicU32::new(0);

pub struct Charge(Cell<Fuse>);

impl GuestBomb for Charge {
    fn new(how: Fuse) -> Charge {
        LIVE.fetch_add(1, Relaxed);
        Charge(Cell::new(how))
    }

    fn set(&self, how: Fuse) {
        self.0.set(how);
    }

    fn trap(&self) {
        std::process::abort();
    }

    fn spin(&self) {
        spin();
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        match self.0.get() {
            Fuse::Quiet => {}
            Fuse::Trap => std::process::abort(),
            Fuse::Spin => spin(),
        }
        LIVE.fetch_sub(1, Relaxed);
    }
}

impl Guest for Hostile {
    type Bomb = Charge;

    fn many(count: u32, how: Fuse) -> Vec<Bomb> {
        (0..count).map(|_| Bomb::new(Charge::new(how))).collect()
    }

    fn trap_holding(_: BombBorrow<'_>) {
        std::process::abort();
    }

    fn trap_owning(it: Bomb) {
        // Its destructor must not run on the way.
        std::mem::forget(it);
        std::process::abort();
    }

    fn live() -> u32 {
        LIVE.load(Relaxed)
    }
}
