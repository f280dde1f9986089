//! A resource that counts itself.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::exports::wcompose::echo::counters::{
    Counter, CounterBorrow, Guest, GuestCounter, Holding, Labelled,
};
use crate::Echo;

static MADE: AtomicU32 = AtomicU32::new(0);
static DROPPED: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static KEPT: RefCell<Vec<Counter>> = const { RefCell::new(Vec::new()) };
}

pub struct Count {
    value: Cell<u32>,
    armed: Cell<bool>,
}

impl GuestCounter for Count {
    fn new(start: u32) -> Count {
        MADE.fetch_add(1, Relaxed);
        Count { value: Cell::new(start), armed: Cell::new(false) }
    }

    fn parse(text: String) -> Result<Counter, String> {
        match text.parse() {
            Ok(start) => Ok(counter(start)),
            Err(error) => Err(format!("`{text}`: {error}")),
        }
    }

    fn sum(left: CounterBorrow<'_>, right: CounterBorrow<'_>) -> u32 {
        look(&left).wrapping_add(look(&right))
    }

    fn value(&self) -> u32 {
        self.value.get()
    }

    fn add(&self, by: u32) -> u32 {
        self.value.set(self.value.get().wrapping_add(by));
        self.value.get()
    }

    fn copy(&self) -> Counter {
        counter(self.value.get())
    }

    fn give_up(&self) {
        std::process::abort();
    }

    fn arm(&self) {
        self.armed.set(true);
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Relaxed);
        if self.armed.get() {
            std::process::abort();
        }
    }
}

fn counter(start: u32) -> Counter {
    Counter::new(Count::new(start))
}

fn look(counter: &CounterBorrow<'_>) -> u32 {
    counter.get::<Count>().value.get()
}

fn value(counter: &Counter) -> u32 {
    counter.get::<Count>().value.get()
}

impl Guest for Echo {
    type Counter = Count;

    fn take(it: Counter) -> u32 {
        value(&it)
    }

    fn pass(it: Counter) -> Counter {
        it
    }

    fn look(it: CounterBorrow<'_>) -> u32 {
        look(&it)
    }

    fn total(left: CounterBorrow<'_>, right: CounterBorrow<'_>) -> u32 {
        look(&left).wrapping_add(look(&right))
    }

    fn total_of(all: Vec<CounterBorrow<'_>>) -> u32 {
        all.iter().map(look).fold(0, u32::wrapping_add)
    }

    fn row(count: u32) -> Vec<Counter> {
        (0..count).map(counter).collect()
    }

    fn maybe(start: Option<u32>) -> Option<Counter> {
        start.map(counter)
    }

    fn twins(start: u32) -> (Counter, Counter) {
        (counter(start), counter(start))
    }

    fn even(start: u32) -> Result<Counter, String> {
        if start % 2 == 0 {
            Ok(counter(start))
        } else {
            Err(format!("{start} is odd"))
        }
    }

    fn merge(all: Vec<Counter>) -> Counter {
        counter(all.iter().map(value).fold(0, u32::wrapping_add))
    }

    fn label(label: String, it: Counter) -> Labelled {
        Labelled { label, it }
    }

    fn echo_labelled(it: Labelled) -> Labelled {
        it
    }

    fn echo_holding(it: Holding) -> Holding {
        it
    }

    fn keep(it: Counter) -> u32 {
        KEPT.with_borrow_mut(|kept| {
            kept.push(it);
            kept.len() as u32
        })
    }

    fn release() -> Vec<Counter> {
        KEPT.take()
    }

    fn live() -> u32 {
        MADE.load(Relaxed) - DROPPED.load(Relaxed)
    }

    fn dropped() -> u32 {
        DROPPED.load(Relaxed)
    }

    fn give_up_holding(_: CounterBorrow<'_>) {
        std::process::abort();
    }
}
