// Package input reads images and labelled samples from CSV and JSON.
//
// A reader finds every fault up to a limit, each with its place, and does not stop at the first. What
// the pixels mean is the analysis component's to judge; here it only matters that they are numbers.
package input

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"wit_component/digits"
)

// FaultLimit is how many faults are listed; the others are counted.
const FaultLimit = 20

// FaultEnd is how many faults are counted. Who sends more sends something else, and reading on would only
// take time.
const FaultEnd = 1000

// What the contract says that a brightness and a label may be at most.
const (
	brightest = 16
	lastDigit = 9
)

// Fault is one thing that is wrong, with its place: a line and column, or a path.
type Fault struct {
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`

	// Readable says that the text could be read but its value makes no sense.
	Readable bool `json:"-"`
}

func (f Fault) String() string {
	switch {
	case f.Path != "":
		return f.Path + ": " + f.Message
	case f.Column > 0:
		return fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Message)
	case f.Line > 0:
		return fmt.Sprintf("line %d: %s", f.Line, f.Message)
	}
	return f.Message
}

// Faults is the error of the readers.
type Faults struct {
	List []Fault
	// More counts the faults that are not listed.
	More int
	// unreadable says that some text could not be read, listed or not.
	unreadable bool
}

func (f *Faults) Error() string {
	lines := make([]string, 0, len(f.List)+1)
	for _, fault := range f.List {
		lines = append(lines, fault.String())
	}
	if f.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", f.More))
	}
	if f.Full() {
		lines = append(lines, "what follows was not read")
	}
	return strings.Join(lines, "\n")
}

// Full says that there are so many faults that reading ended at the last one.
func (f *Faults) Full() bool { return len(f.List)+f.More >= FaultEnd }

// Readable says that all faults are in values, none in the text's form.
func (f *Faults) Readable() bool { return !f.unreadable }

func (f *Faults) add(fault Fault) {
	f.unreadable = f.unreadable || !fault.Readable
	if len(f.List) == FaultLimit {
		f.More++
		return
	}
	f.List = append(f.List, fault)
}

func (f *Faults) orNil() error {
	if len(f.List) == 0 {
		return nil
	}
	return f
}

// Batch is what was read.
type Batch struct {
	// Samples were read in order; without labels, those are 0.
	Samples []digits.Sample
	// places name where each sample began.
	places []Fault
}

// Images gives the pictures alone.
func (b Batch) Images() []digits.Image {
	images := make([]digits.Image, len(b.Samples))
	for index, sample := range b.Samples {
		images[index] = sample.Picture
	}
	return images
}

// FaultAt gives a fault in the value of one sample, with the place where the sample was read.
func (b Batch) FaultAt(index int, message string) Fault {
	fault := Fault{Path: fmt.Sprintf("[%d]", index)}
	if index >= 0 && index < len(b.places) {
		fault = b.places[index]
	}
	fault.Message, fault.Readable = message, true
	return fault
}

// byteOf reads a whole number that fits a byte, which programs that only know floats write as `5.0` or
// `5e+00`. On a fault it gives the message, and whether the text was a number at all; most is the most
// that makes sense.
func byteOf(what, text string, most int) (value uint8, message string, readable bool) {
	text = strings.TrimSpace(text)
	if number, err := strconv.ParseUint(text, 10, 8); err == nil {
		return uint8(number), "", true
	}
	number, isNumber := numberOf(text)
	switch {
	case !isNumber:
		return 0, fmt.Sprintf("%s %s is not a whole number", what, strconv.Quote(shorten(text))), false
	case number != math.Trunc(number):
		return 0, fmt.Sprintf("%s %s is not a whole number", what, shorten(text)), true
	case number < 0 || number > math.MaxUint8:
		return 0, fmt.Sprintf("%s %s is not from 0 to %d", what, shorten(text), most), true
	}
	return uint8(number), "", true
}

// numberOf reads a decimal number; infinity stands for one that is too large.
func numberOf(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false // ParseFloat takes `nan`, `inf`, `0x1p2` and `1_0` as well
	}
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil || errors.Is(err, strconv.ErrRange)
}

// count gives a number of things in words.
func count(number int, thing string) string {
	if number == 1 {
		return "is 1 " + thing
	}
	return fmt.Sprintf("are %d %ss", number, thing)
}

// shorten keeps what is quoted from the input short.
func shorten(text string) string {
	const most = 24
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
