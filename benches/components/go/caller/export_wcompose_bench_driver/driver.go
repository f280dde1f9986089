// Package export_wcompose_bench_driver is the calling side of the benchmarks, in Go.
package export_wcompose_bench_driver

import target "wit_component/wcompose_bench_target"

// Add calls the target's Add so many times.
func Add(calls uint32) int64 {
	var sum int64
	for range calls {
		sum = target.Add(sum, 1)
	}
	return sum
}

// Take calls the target's Take with so many bytes, so many times.
func Take(size, calls uint32) uint64 {
	data := make([]uint8, size)
	var sum uint64
	for range calls {
		sum += target.Take(data)
	}
	return sum
}
