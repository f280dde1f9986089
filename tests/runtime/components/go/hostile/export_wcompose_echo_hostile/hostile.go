// Package export_wcompose_echo_hostile misbehaves as it is told.
package export_wcompose_echo_hostile

import (
	"runtime/debug"
	"strings"
)

var (
	calls uint64
	eaten [][]byte
)

// A collection that ends while arguments are passed in may not call out.
func init() { debug.SetGCPercent(-1) }

// Spin loops for ever.
func Spin() {
	calls++
	for {
	}
}

// Work loops, and ends.
func Work(rounds uint64) uint64 {
	calls++
	state := uint64(1)
	for range rounds {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
	}
	return state
}

// Eat takes memory. Go has no way to hear that there is none.
func Eat(bytes uint64) uint64 {
	const page = 1 << 16
	calls++
	got := uint64(0)
	for ; got < bytes; got += page {
		each := make([]byte, page)
		for index := range each {
			each[index] = 1
		}
		eaten = append(eaten, each)
	}
	return got
}

// Recurse calls itself.
func Recurse(depth uint64) uint64 {
	calls++
	return deeper(depth)
}

//go:noinline
func deeper(depth uint64) uint64 {
	if depth == 0 {
		return 0
	}
	return 1 + deeper(depth-1)
}

// Panic panics.
func Panic(message string) {
	calls++
	panic(message)
}

// HugeList gives zeros.
func HugeList(size uint64) []uint8 {
	calls++
	return make([]uint8, size)
}

// HugeString gives letters.
func HugeString(size uint64) string {
	calls++
	return strings.Repeat("x", int(size))
}

// Calls tells how often functions were called.
func Calls() uint64 {
	calls++
	return calls
}
