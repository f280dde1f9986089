// Package tidy collects garbage when it can be done.
package tidy

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Bytes that are allocated between two collections.
const enough = 64 << 20

var (
	sample    = []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	collected uint64
)

// The collector must not run by itself: it asks for the time of day, and while arguments are passed in
// the Component Model allows no call out.
func init() { debug.SetGCPercent(-1) }

// Up collects what is not used any more, if there is much of it. To be called from a function that a
// caller waits for.
func Up() {
	metrics.Read(sample)
	if allocated := sample[0].Value.Uint64(); allocated-collected > enough {
		collected = allocated
		runtime.GC()
	}
}
