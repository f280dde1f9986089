// Package export_wcompose_echo_counters owns a resource that counts itself.
//
// The generated bindings keep the number of the handle under which a counter was given out first. When
// a counter comes back, it has another number, and the bindings don't tell it. So what comes back is
// never dropped by its handle: its end is counted, and an entry in the table of handles stays.
package export_wcompose_echo_counters

import (
	"fmt"
	"runtime"
	"strconv"

	. "go.bytecodealliance.org/pkg/wit/types"
)

var (
	made, dropped uint32
	kept          []*Counter
)

// Counter counts.
type Counter struct {
	pinner runtime.Pinner
	handle int32
	value  uint32
	armed  bool
	ended  bool
}

// MakeCounter gives a counter that stands at `start`.
func MakeCounter(start uint32) *Counter {
	made++
	return &Counter{value: start}
}

// CounterParse gives a counter from a decimal number.
func CounterParse(text string) Result[*Counter, string] {
	start, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return Err[*Counter](fmt.Sprintf("`%s`: %s", text, err))
	}
	return Ok[*Counter, string](MakeCounter(uint32(start)))
}

// CounterSum gives the sum of two.
func CounterSum(left, right *Counter) uint32 { return left.value + right.value }

// OnDrop is the destructor. The bindings may call it twice.
func (self *Counter) OnDrop() {
	if self.ended {
		return
	}
	self.ended = true
	dropped++
	if self.armed {
		panic("the destructor was told to trap")
	}
}

// Takes leave of a counter that came back.
func (self *Counter) end() {
	self.pinner.Unpin()
	self.OnDrop()
}

// Value tells where it stands.
func (self *Counter) Value() uint32 { return self.value }

// Add counts on.
func (self *Counter) Add(by uint32) uint32 {
	self.value += by
	return self.value
}

// Copy gives a new counter that stands there.
func (self *Counter) Copy() *Counter { return MakeCounter(self.value) }

// GiveUp traps.
func (self *Counter) GiveUp() { panic("giving up") }

// Arm has the destructor trap.
func (self *Counter) Arm() { self.armed = true }

// Take drops it.
func Take(it *Counter) uint32 {
	defer it.end()
	return it.value
}

// Pass gives it back.
func Pass(it *Counter) *Counter { return it }

// Look reads one that is lent.
func Look(it *Counter) uint32 { return it.value }

// Total gives the sum of two.
func Total(left, right *Counter) uint32 { return left.value + right.value }

// TotalOf gives the sum of all.
func TotalOf(all []*Counter) uint32 {
	sum := uint32(0)
	for _, each := range all {
		sum += each.value
	}
	return sum
}

// Row gives several.
func Row(count uint32) []*Counter {
	row := make([]*Counter, count)
	for index := range row {
		row[index] = MakeCounter(uint32(index))
	}
	return row
}

// Maybe gives one, or none.
func Maybe(start Option[uint32]) Option[*Counter] {
	if start.IsNone() {
		return None[*Counter]()
	}
	return Some(MakeCounter(start.Some()))
}

// Twins gives two.
func Twins(start uint32) (*Counter, *Counter) { return MakeCounter(start), MakeCounter(start) }

// Even gives one, or an error.
func Even(start uint32) Result[*Counter, string] {
	if start%2 == 0 {
		return Ok[*Counter, string](MakeCounter(start))
	}
	return Err[*Counter](fmt.Sprintf("%d is odd", start))
}

// Merge gives one for all.
func Merge(all []*Counter) *Counter {
	sum := TotalOf(all)
	for _, each := range all {
		each.end()
	}
	return MakeCounter(sum)
}

// Label gives it back with a label.
func Label(label string, it *Counter) Labelled { return Labelled{label, it} }

// EchoLabelled gives back.
func EchoLabelled(it Labelled) Labelled { return it }

// EchoHolding gives back.
func EchoHolding(it Holding) Holding { return it }

// Keep keeps it.
func Keep(it *Counter) uint32 {
	kept = append(kept, it)
	return uint32(len(kept))
}

// Release gives back all that are kept.
func Release() []*Counter {
	all := kept
	kept = nil
	return all
}

// Live tells how many exist.
func Live() uint32 { return made - dropped }

// Dropped tells how many do not any more.
func Dropped() uint32 { return dropped }

// GiveUpHolding traps.
func GiveUpHolding(*Counter) { panic("giving up") }
