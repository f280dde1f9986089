// Package collector decides when the garbage collector runs.
//
// While a caller or another component passes data in, it calls the allocator of this one, and in that
// time the Component Model allows no call out. Go's collector does call out: the end of a cycle asks
// for the time of day, and unlike the monotonic clock the WASI adapter cannot answer that by itself.
// So a cycle that ends there traps ("cannot leave component instance"). Automatic cycles are therefore
// off in a component, and Collect runs one where calling out is allowed. Whatever takes memory for each
// element of an input calls it every Stride elements, or a hostile input could use up the memory.
package collector

import "runtime"

// least is how much memory in bytes may be in use before a cycle is worth it.
const least = 16 << 20

// Stride is how many small elements may be worked on between two calls of Collect.
const Stride = 1024

// threshold is how many bytes may be in use before the next cycle.
var threshold uint64 = least

// Collect runs a cycle if the memory in use has doubled since the last one. It must be called where
// calling out is allowed: from an exported function, not from its allocator.
func Collect() {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if memory.HeapAlloc < threshold {
		return
	}
	runtime.GC()
	runtime.ReadMemStats(&memory)
	threshold = max(least, 2*memory.HeapAlloc)
}
