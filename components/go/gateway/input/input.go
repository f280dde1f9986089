// Package input reads images and labelled samples from CSV and JSON.
//
// A reader finds every fault up to a limit, each with its place, and does not stop at the first. What
// the pixels mean is the analysis component's to judge; here it only matters that they are numbers.
package input

import (
	"fmt"
	"strconv"
	"strings"

	"wit_component/digits"
)

// FaultLimit is how many faults are listed; the others are counted.
const FaultLimit = 20

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
	return strings.Join(lines, "\n")
}

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

// byteOf reads a whole number that fits a byte. On a fault it gives the message, and whether the text
// was a number at all.
func byteOf(what, text string) (value uint8, message string, readable bool) {
	text = strings.TrimSpace(text)
	number, err := strconv.ParseUint(text, 10, 8)
	if err == nil {
		return uint8(number), "", true
	}
	digitsOnly := strings.TrimPrefix(text, "-")
	if digitsOnly != "" && strings.Trim(digitsOnly, "0123456789") == "" {
		return 0, fmt.Sprintf("%s %s is out of range", what, shorten(text)), true
	}
	return 0, fmt.Sprintf("%s %s is not a whole number", what, strconv.Quote(shorten(text))), false
}

// shorten keeps what is quoted from the input short.
func shorten(text string) string {
	const most = 24
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
