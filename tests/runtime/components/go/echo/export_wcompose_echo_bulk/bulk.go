// Package export_wcompose_echo_bulk passes much data, one way at a time.
package export_wcompose_echo_bulk

import (
	"fmt"
	"wit_component/tidy"
	v "wit_component/wcompose_echo_values"
)

// TakeU8 gives how many, plus the first and the last.
func TakeU8(it []uint8) uint64 {
	tidy.Up()
	if len(it) == 0 {
		return 0
	}
	return uint64(len(it)) + uint64(it[0]) + uint64(it[len(it)-1])
}

// GiveU8 gives bytes.
func GiveU8(size uint32) []uint8 {
	tidy.Up()
	it := make([]uint8, size)
	for index := range it {
		it[index] = uint8(index % 251)
	}
	return it
}

// TakeF64 gives how many, plus the first and the last, plus the sum.
func TakeF64(it []float64) float64 {
	tidy.Up()
	if len(it) == 0 {
		return 0
	}
	sum := 0.0
	for _, each := range it {
		sum += each
	}
	return float64(len(it)) + it[0] + it[len(it)-1] + sum
}

// GiveF64 gives numbers.
func GiveF64(size uint32) []float64 {
	tidy.Up()
	it := make([]float64, size)
	for index := range it {
		it[index] = float64(index)
	}
	return it
}

// TakeString gives how many bytes.
func TakeString(it string) uint64 {
	tidy.Up()
	return uint64(len(it))
}

// GiveString gives letters.
func GiveString(size uint32) string {
	tidy.Up()
	it := make([]byte, size)
	for index := range it {
		it[index] = 'a' + uint8(index%26)
	}
	return string(it)
}

// TakePeople gives the sum of all ages.
func TakePeople(it []v.Person) uint64 {
	tidy.Up()
	sum := uint64(0)
	for _, each := range it {
		sum += uint64(each.Age)
	}
	return sum
}

// GivePeople gives persons.
func GivePeople(size uint32) []v.Person {
	tidy.Up()
	it := make([]v.Person, size)
	for index := range it {
		it[index] = v.Person{
			Name:  fmt.Sprint("Person ", index),
			Email: fmt.Sprint("person-", index, "@example.org"),
			Age:   uint32(index),
			Admin: index%7 == 0,
			Score: float64(index) / 4,
		}
	}
	return it
}
