;; Traps while it is instantiated.
(module
  (func $start unreachable)
  (start $start)
  (func (export "wcompose:echo/start@0.1.0#ready") (result i32) (i32.const 1))
)
