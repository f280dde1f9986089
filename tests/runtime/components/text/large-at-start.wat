;; Wants 4 GiB at once.
(module
  (memory (export "memory") 65536)
  (func (export "wcompose:echo/start@0.1.0#ready") (result i32) (i32.const 1))
)
