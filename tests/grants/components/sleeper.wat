;; Waits for as long as it is told, by the monotonic clock.
(component
  (import "wasi:io/poll@0.2.12" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.12" (instance $clock
    (alias outer 1 $pollable (type $outer-pollable))
    (export "pollable" (type $own-pollable (eq $outer-pollable)))
    (export "subscribe-instant" (func (param "when" u64) (result (own $own-pollable))))
    (export "subscribe-duration" (func (param "when" u64) (result (own $own-pollable))))))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $drop (canon resource.drop $pollable))
  (core func $instant (canon lower (func $clock "subscribe-instant")))
  (core func $duration (canon lower (func $clock "subscribe-duration")))
  (core module $sleeper-module
    (import "host" "block" (func $block (param i32)))
    (import "host" "drop" (func $drop (param i32)))
    (import "host" "instant" (func $instant (param i64) (result i32)))
    (import "host" "duration" (func $duration (param i64) (result i32)))
    (func $wait (param $pollable i32)
      (call $block (local.get $pollable))
      (call $drop (local.get $pollable)))
    (func (export "sleep-until") (param i64) (call $wait (call $instant (local.get 0))))
    (func (export "sleep-for") (param i64) (call $wait (call $duration (local.get 0)))))
  (core instance $sleeper (instantiate $sleeper-module
    (with "host" (instance
      (export "block" (func $block))
      (export "drop" (func $drop))
      (export "instant" (func $instant))
      (export "duration" (func $duration))))))
  (func (export "sleep-until") (param "when" u64) (canon lift (core func $sleeper "sleep-until")))
  (func (export "sleep-for") (param "time" u64) (canon lift (core func $sleeper "sleep-for"))))
