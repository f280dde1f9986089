;; A library that is linked beside CPython while a component is made, so that two builds of one source
;; give the same bytes. `environment.py` fills in the names in @..@ and assembles it; what it is for, and
;; why it can be trusted, is told in docs/explanation/python-builds.md.
;;
;; In the order in which it happens:
;; 1. Its constructor sets the environment, fixes the stack protector's number, and puts functions of its
;;    own in front of CPython's three allocators: they clear every block that is handed out or taken back.
;;    So no byte of a live object depends on what lay in its memory before.
;; 2. The initialization of the built-in module `time`, the last one before CPython imports anything from
;;    a file, runs `early.py` first. It imports without ever reading the order of a directory.
;; 3. The function `finish`, called when everything is imported, puts the allocators back as they were and
;;    clears all memory that is free.
;; From then on nothing calls into this library; only `state` stays and says that step 3 took place.
;;
;; The layout of the structures (PyMemAllocatorEx, PyMethodDef, _inittab) is CPython's public C interface,
;; the first section is the dynamic linking convention of WebAssembly's tool conventions.
(module
  (@dylink.0 (mem-info (memory @size@ 4) (table 6 0)) (needed "libc.so"))

  (type $initialize (func (result i32)))
  (type $allocate (func (param i32 i32) (result i32)))
  (type $reallocate (func (param i32 i32 i32) (result i32)))
  (type $release (func (param i32 i32)))

  (import "env" "memory" (memory 1))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.mem" "PyImport_Inittab" (global $built_in_modules (mut i32)))
  (import "GOT.mem" "_Py_NoneStruct" (global $none (mut i32)))
  (import "GOT.mem" "__stack_chk_guard" (global $stack_guard (mut i32)))
  (import "env" "setenv" (func $setenv (param i32 i32 i32) (result i32)))
  (import "env" "malloc" (func $malloc (param i32) (result i32)))
  (import "env" "free" (func $free (param i32)))
  (import "env" "malloc_usable_size" (func $length (param i32) (result i32)))
  (import "env" "PyMem_GetAllocator" (func $get_allocator (param i32 i32)))
  (import "env" "PyMem_SetAllocator" (func $set_allocator (param i32 i32)))
  (import "env" "PyDict_New" (func $new_dictionary (result i32)))
  (import "env" "PyDict_SetItemString" (func $set_item (param i32 i32 i32) (result i32)))
  (import "env" "PyEval_GetBuiltins" (func $get_builtins (result i32)))
  (import "env" "PyCFunction_New" (func $new_function (param i32 i32) (result i32)))
  (import "env" "Py_CompileString" (func $compile (param i32 i32 i32) (result i32)))
  (import "env" "PyEval_EvalCode" (func $evaluate (param i32 i32 i32) (result i32)))
  (import "env" "PyErr_PrintEx" (func $print_error (param i32)))
  (import "env" "_Py_DecRef" (func $release_object (param i32)))

  ;; Memory, by offset:
  ;;   0, 20, 40  the allocators of the raw, memory and object domains as they were: five words each,
  ;;              context, malloc, calloc, realloc, free
  ;;   60         an allocator of ours, while it is handed over: five words
  ;;   80         the definition of `finish`: four words, name, function, flags, documentation
  ;;   96         the initialization of `time` as it was
  ;;   100        state: 0 nothing was changed, 1 the interpreter is being prepared, 2 all is as it was
  ;;   104        texts, each with a NUL at its end
  ;; Table, by offset: 0 allocate, 1 allocate cleared, 2 reallocate, 3 release, 4 initialize `time`, 5 finish

  (func (export "__wasm_call_ctors") (local $module i32)
    (drop (call $setenv (call $at (i32.const @seed name@)) (call $at (i32.const @seed@)) (i32.const 1)))
    (drop (call $setenv
      (call $at (i32.const @byte code name@)) (call $at (i32.const @byte code@)) (i32.const 1)))
    ;; No function that looks at the guard is running: constructors are called from the outside.
    (i32.store (global.get $stack_guard) (i32.const @guard@))
    (local.set $module (i32.load (global.get $built_in_modules)))
    (loop $next
      (if (i32.eqz (i32.load (local.get $module)))
        (then (return))) ;; an interpreter without `time`: one we do not know, so nothing is changed
      (if (i32.eqz (call $is_time (i32.load (local.get $module))))
        (then
          (local.set $module (i32.add (local.get $module) (i32.const 8)))
          (br $next))))
    (i32.store (call $at (i32.const 96)) (i32.load offset=4 (local.get $module)))
    (i32.store offset=4 (local.get $module) (i32.add (global.get $table) (i32.const 4)))
    (call $watch (i32.const 0))
    (call $watch (i32.const 1))
    (call $watch (i32.const 2))
    (i32.store (call $at (i32.const 100)) (i32.const 1)))

  (func $at (param $offset i32) (result i32)
    (i32.add (global.get $memory) (local.get $offset)))

  (func $is_time (param $name i32) (result i32)
    (i32.and
      (i32.eq (i32.load align=1 (local.get $name)) (i32.const 0x656d6974)) ;; "time"
      (i32.eqz (i32.load8_u offset=4 (local.get $name)))))

  ;; Put our functions in front of an allocator; their context is where the original is kept.
  (func $watch (param $domain i32) (local $original i32)
    (local.set $original (call $at (i32.mul (local.get $domain) (i32.const 20))))
    (call $get_allocator (local.get $domain) (local.get $original))
    (i32.store (call $at (i32.const 60)) (local.get $original))
    (i32.store (call $at (i32.const 64)) (global.get $table))
    (i32.store (call $at (i32.const 68)) (i32.add (global.get $table) (i32.const 1)))
    (i32.store (call $at (i32.const 72)) (i32.add (global.get $table) (i32.const 2)))
    (i32.store (call $at (i32.const 76)) (i32.add (global.get $table) (i32.const 3)))
    (call $set_allocator (local.get $domain) (call $at (i32.const 60))))

  (func $clear (param $block i32)
    (if (local.get $block)
      (then (memory.fill (local.get $block) (i32.const 0) (call $length (local.get $block))))))

  (func $allocate (type $allocate) (param $original i32) (param $size i32) (result i32)
    (local $block i32)
    (local.set $block (call_indirect (type $allocate)
      (i32.load (local.get $original)) (local.get $size)
      (i32.load offset=4 (local.get $original))))
    (call $clear (local.get $block))
    (local.get $block))

  (func $allocate_cleared (type $reallocate)
    (param $original i32) (param $count i32) (param $size i32) (result i32)
    (local $block i32)
    (local.set $block (call_indirect (type $reallocate)
      (i32.load (local.get $original)) (local.get $count) (local.get $size)
      (i32.load offset=8 (local.get $original))))
    (call $clear (local.get $block))
    (local.get $block))

  (func $reallocate (type $reallocate)
    (param $original i32) (param $old i32) (param $size i32) (result i32)
    (local $block i32) (local $before i32) (local $after i32)
    (if (local.get $old)
      (then (local.set $before (call $length (local.get $old)))))
    (local.set $block (call_indirect (type $reallocate)
      (i32.load (local.get $original)) (local.get $old) (local.get $size)
      (i32.load offset=12 (local.get $original))))
    (if (local.get $block)
      (then
        (local.set $after (call $length (local.get $block)))
        (if (i32.gt_u (local.get $after) (local.get $before))
          (then
            (memory.fill
              (i32.add (local.get $block) (local.get $before))
              (i32.const 0)
              (i32.sub (local.get $after) (local.get $before)))))))
    (local.get $block))

  (func $release (type $release) (param $original i32) (param $block i32)
    (call $clear (local.get $block))
    (call_indirect (type $release)
      (i32.load (local.get $original)) (local.get $block)
      (i32.load offset=16 (local.get $original))))

  (func $initialize_time (type $initialize) (result i32)
    (if (i32.load8_u (call $at (i32.const @script@)))
      (then
        (call $run)
        (memory.fill (call $at (i32.const @script@)) (i32.const 0) (i32.const @script size@))))
    (call_indirect (type $initialize) (i32.load (call $at (i32.const 96)))))

  ;; Run the script, with `finish` among its names.
  (func $run (local $names i32) (local $object i32) (local $code i32)
    (local.set $names (call $new_dictionary))
    (drop (call $set_item
      (local.get $names) (call $at (i32.const @built-ins name@)) (call $get_builtins)))
    (i32.store (call $at (i32.const 80)) (call $at (i32.const @finish name@)))
    (i32.store (call $at (i32.const 84)) (i32.add (global.get $table) (i32.const 5)))
    (i32.store (call $at (i32.const 88)) (i32.const 4)) ;; METH_NOARGS
    (local.set $object (call $new_function (call $at (i32.const 80)) (i32.const 0)))
    (drop (call $set_item
      (local.get $names) (call $at (i32.const @finish name@)) (local.get $object)))
    (call $release_object (local.get $object))
    (local.set $code (call $compile
      (call $at (i32.const @script@)) (call $at (i32.const @script name@))
      (i32.const 257))) ;; Py_file_input
    (call $must (local.get $code))
    (local.set $object (call $evaluate (local.get $code) (local.get $names) (local.get $names)))
    (call $must (local.get $object))
    (call $release_object (local.get $object))
    (call $release_object (local.get $code))
    (call $release_object (local.get $names)))

  ;; The script is ours, so an exception in it is a fault of ours: the build ends with its traceback.
  (func $must (param $object i32)
    (if (i32.eqz (local.get $object))
      (then
        (call $print_error (i32.const 0))
        unreachable)))

  (func $finish (type $allocate) (param $self i32) (param $arguments i32) (result i32)
    (call $set_allocator (i32.const 0) (call $at (i32.const 0)))
    (call $set_allocator (i32.const 1) (call $at (i32.const 20)))
    (call $set_allocator (i32.const 2) (call $at (i32.const 40)))
    (call $clear_what_is_free)
    (i32.store (call $at (i32.const 100)) (i32.const 2))
    (global.get $none))

  ;; Take every free block there is, from large to small, clear it, and give the large ones back. A size
  ;; is used up when the memory has to grow for one more, which costs 128 KiB at most. The smallest is
  ;; the smallest of the C library, so nothing is left out. Holes of less than 256 bytes are kept: there
  ;; are some thousands, 400 KiB together, and the first objects of every instance would go into them,
  ;; one on each page of a memory that is otherwise shared with the component's image.
  (func $clear_what_is_free
    (local $held i32) (local $block i32) (local $size i32) (local $pages i32)
    (local.set $size (i32.const 0x10000))
    (loop $smaller
      (loop $more
        (local.set $pages (memory.size))
        (local.set $block (call $malloc (i32.sub (local.get $size) (i32.const 4))))
        (call $must (local.get $block))
        (call $clear (local.get $block))
        (if (i32.ge_u (local.get $size) (i32.const 256))
          (then
            (i32.store (local.get $block) (local.get $held))
            (local.set $held (local.get $block))))
        (br_if $more (i32.eq (local.get $pages) (memory.size))))
      (local.set $size (i32.shr_u (local.get $size) (i32.const 1)))
      (br_if $smaller (i32.ge_u (local.get $size) (i32.const 16))))
    (loop $back
      (local.set $block (local.get $held))
      (local.set $held (i32.load (local.get $block)))
      (call $free (local.get $block))
      (br_if $back (local.get $held))))

  (elem (global.get $table) func
    $allocate $allocate_cleared $reallocate $release $initialize_time $finish)
  (data (global.get $memory) "@data@"))
