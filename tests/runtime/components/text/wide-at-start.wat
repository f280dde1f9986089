;; Wants a table of 100 million functions at once.
(module
  (table 100000000 funcref)
  (func (export "wcompose:echo/start@0.1.0#ready") (result i32) (i32.const 1))
)
