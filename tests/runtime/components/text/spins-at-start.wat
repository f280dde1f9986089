;; Never comes to its end while it is instantiated.
(module
  (func $start (loop $again (br $again)))
  (start $start)
  (func (export "wcompose:echo/start@0.1.0#ready") (result i32) (i32.const 1))
)
