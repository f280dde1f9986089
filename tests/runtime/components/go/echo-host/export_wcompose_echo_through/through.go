// Package export_wcompose_echo_through calls each function of its host's, and gives back what that gave.
//
// The bindings leave it to us to hand a borrowed handle back; one that is still there when the call
// returns is a trap.
package export_wcompose_echo_through

import (
	"wit_component/tidy"
	host "wit_component/wcompose_echo_host"

	. "go.bytecodealliance.org/pkg/wit/types"
)

var kept []*host.File

// Log calls.
func Log(text string) {
	tidy.Up()
	host.Log(text)
}

// Add calls.
func Add(a, b uint32) uint32 { return host.Add(a, b) }

// AddOften calls many times.
func AddOften(times uint32) uint32 {
	sum := uint32(0)
	for range times {
		sum = host.Add(sum, 1)
	}
	return sum
}

// Lookup calls.
func Lookup(key string) Option[string] {
	tidy.Up()
	return host.Lookup(key)
}

// Transform calls.
func Transform(values []float64) []float64 {
	tidy.Up()
	return host.Transform(values)
}

// Scramble calls.
func Scramble(data []uint8) []uint8 {
	tidy.Up()
	return host.Scramble(data)
}

// Shapes calls.
func Shapes(all []host.Shape) Result[host.Summary, host.Problem] {
	tidy.Up()
	return host.Shapes(all)
}

// WriteAndRead makes a file, writes twice, reads, and drops it.
func WriteAndRead(name string, first, second []uint8) (string, []uint8) {
	tidy.Up()
	file := host.MakeFile(name)
	defer file.Drop()
	file.Write(first)
	file.Write(second)
	return file.Name(), file.Read()
}

// Open opens a file.
func Open(name string, how host.Rights) Result[*host.File, host.Problem] {
	return host.FileOpen(name, how)
}

// NameOf reads the name of a file that is lent.
func NameOf(it *host.File) string {
	defer it.Drop()
	return it.Name()
}

// Same calls.
func Same(left, right *host.File) bool {
	defer left.Drop()
	defer right.Drop()
	return host.Same(left, right)
}

// Archive calls.
func Archive(it *host.File) string { return host.Archive(it) }

// Latest calls.
func Latest() Option[*host.File] { return host.Latest() }

// Pass gives it back.
func Pass(it *host.File) *host.File { return it }

// Keep keeps it.
func Keep(it *host.File) uint32 {
	kept = append(kept, it)
	return uint32(len(kept))
}

// LetGo drops all that are kept.
func LetGo() uint32 {
	count := len(kept)
	for _, each := range kept {
		each.Drop()
	}
	kept = nil
	return uint32(count)
}

// LogThenTrap gives up with a file in its hands.
func LogThenTrap(text string) {
	host.MakeFile(text)
	host.Log(text)
	panic("giving up")
}

// LogThenSpin never ends.
func LogThenSpin(text string) {
	host.Log(text)
	for {
	}
}
