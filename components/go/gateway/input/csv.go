package input

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"wit_component/collector"
	"wit_component/digits"
)

const side = 8

// lineLimit is the most bytes of a line; the longest sensible one has a few hundred.
const lineLimit = 64 << 10

// CSV reads one image a line: 64 brightness values, row by row from the top left, and one more column
// with the digit when labelled. A first line without any number names the columns; the last of them must
// then be `label` exactly when the input is labelled.
//
// The error is *Faults, or that of the reader.
func CSV(source io.Reader, labelled bool) (Batch, error) {
	reader := csv.NewReader(&boundedLines{source: skipMark(source), line: 1})
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	columns := side * side
	if labelled {
		columns++
	}
	batch, faults := Batch{}, &Faults{}
	for count := 0; !faults.Full(); count++ {
		if count%collector.Stride == 0 {
			collector.Collect()
		}
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		if fault := faultIn(err); fault != nil {
			faults.add(*fault)
			break // what follows cannot be trusted
		}
		if err != nil {
			return Batch{}, err
		}
		line, _ := reader.FieldPos(0)
		if index := notText(record); index >= 0 {
			_, column := reader.FieldPos(index)
			faults.add(Fault{Line: line, Column: column, Message: notUTF8})
			break // every line would be wrong in the same way
		}
		if count == 0 && names(record) {
			if message := checkHeader(record, columns, labelled); message != "" {
				faults.add(Fault{Line: line, Message: message})
				break // every line would be wrong in the same way
			}
			continue
		}
		if len(record) != columns {
			faults.add(Fault{Line: line, Message: wrongColumns(record, columns, labelled)})
			continue
		}
		sample := digits.Sample{Picture: digits.Image{Width: side, Height: side, Pixels: make([]byte, side*side)}}
		for index, field := range record {
			what, most := fmt.Sprintf("pixel %d:", index), brightest
			if index == side*side {
				what, most = "label", lastDigit
			}
			value, message, readable := byteOf(what, field, most)
			if message != "" {
				_, column := reader.FieldPos(index)
				faults.add(Fault{Line: line, Column: column, Message: message, Readable: readable})
				continue
			}
			if index == side*side {
				sample.Label = value
			} else {
				sample.Picture.Pixels[index] = value
			}
		}
		batch.Samples = append(batch.Samples, sample)
		batch.places = append(batch.places, Fault{Line: line})
	}
	return batch, faults.orNil()
}

const notUTF8 = "the text is not UTF-8"

// faultIn gives the fault in the text that an error of the reader stands for.
func faultIn(err error) *Fault {
	var parsing *csv.ParseError
	if errors.As(err, &parsing) {
		return &Fault{Line: parsing.Line, Column: parsing.Column, Message: parsing.Err.Error()}
	}
	var long longLine
	if errors.As(err, &long) {
		return &Fault{Line: int(long), Message: long.Error()}
	}
	return nil
}

// notText gives the first field that is not UTF-8, or -1.
func notText(record []string) int {
	for index, field := range record {
		if !utf8.ValidString(field) {
			return index
		}
	}
	return -1
}

// names says whether a first line names the columns: there is some text in it and no number, so that an
// image with a fault in it is never taken for names.
func names(record []string) bool {
	text := false
	for _, field := range record {
		field = strings.TrimSpace(field)
		if _, isNumber := numberOf(field); isNumber {
			return false
		}
		text = text || field != ""
	}
	return text
}

func checkHeader(record []string, columns int, labelled bool) string {
	last := strings.TrimSpace(record[len(record)-1])
	hasLabel := strings.EqualFold(last, "label")
	switch {
	case !labelled && hasLabel:
		return "there is a column \"label\"; images to classify have none, labelled ones can be evaluated"
	case labelled && !hasLabel && len(record) >= columns-1:
		return fmt.Sprintf("the last column is named %q, not \"label\"", shorten(last))
	case len(record) != columns:
		return wrongColumns(record, columns, labelled)
	}
	return ""
}

// wrongColumns tells of a line with another number of columns than there are to be.
func wrongColumns(record []string, columns int, labelled bool) string {
	message := fmt.Sprintf("there %s, not %d", count(len(record), "column"), columns)
	switch {
	case labelled && len(record) == columns-1:
		message += "; the last one is to be the digit shown"
	case len(record) == 1 && strings.ContainsAny(record[0], ";\t "):
		message += "; there is to be a comma between two"
	}
	return message
}

// skipMark leaves out a byte order mark.
func skipMark(source io.Reader) io.Reader {
	mark := []byte("\ufeff")
	start := make([]byte, len(mark))
	n, err := io.ReadFull(source, start)
	if err == nil && bytes.Equal(start, mark) {
		return source
	}
	return io.MultiReader(bytes.NewReader(start[:n]), source)
}

// longLine is the number of a line that is too long.
type longLine int

func (l longLine) Error() string { return fmt.Sprintf("it is longer than %d bytes", lineLimit) }

// boundedLines fails with longLine at a line of more than lineLimit bytes, before a parser has to hold it.
type boundedLines struct {
	source io.Reader
	line   int
	length int
}

func (b *boundedLines) Read(into []byte) (int, error) {
	n, err := b.source.Read(into)
	for rest := into[:n]; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		if b.length += end; b.length > lineLimit {
			return 0, longLine(b.line)
		}
		if rest = rest[end:]; len(rest) > 0 {
			rest, b.line, b.length = rest[1:], b.line+1, 0
		}
	}
	return n, err
}
