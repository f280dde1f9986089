// Package export_wcompose_bench_target is the called side of the benchmarks, in Go.
package export_wcompose_bench_target

// Add adds two integers.
func Add(left, right int64) int64 {
	return left + right
}

// Take says how many bytes came, plus the first and the last of them.
func Take(data []uint8) uint64 {
	if len(data) == 0 {
		return 0
	}
	return uint64(len(data)) + uint64(data[0]) + uint64(data[len(data)-1])
}
