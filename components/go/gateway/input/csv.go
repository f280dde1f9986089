package input

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"wit_component/collector"
	"wit_component/digits"
)

const side = 8

// CSV reads one image a line: 64 brightness values, row by row from the top left, and one more column
// with the digit when labelled. A first line that does not begin with a number names the columns; the
// last of them must then be `label` exactly when the input is labelled.
//
// The error is *Faults, or that of the reader.
func CSV(source io.Reader, labelled bool) (Batch, error) {
	reader := csv.NewReader(skipMark(source))
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	columns := side * side
	if labelled {
		columns++
	}
	batch, faults := Batch{}, &Faults{}
	for count := 0; ; count++ {
		if count%collector.Stride == 0 {
			collector.Collect()
		}
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		var parsing *csv.ParseError
		if errors.As(err, &parsing) {
			faults.add(Fault{Line: parsing.Line, Column: parsing.Column, Message: parsing.Err.Error()})
			break // what follows a broken quotation cannot be trusted
		}
		if err != nil {
			return Batch{}, err
		}
		line, _ := reader.FieldPos(0)
		if count == 0 && names(record[0]) {
			if message := checkHeader(record, labelled); message != "" {
				faults.add(Fault{Line: line, Message: message})
				break // every line would be wrong in the same way
			}
			continue
		}
		if len(record) != columns {
			message := fmt.Sprintf("there are %d columns, not %d", len(record), columns)
			if labelled && len(record) == columns-1 {
				message += "; the last one is to be the digit shown"
			}
			faults.add(Fault{Line: line, Message: message})
			continue
		}
		sample := digits.Sample{Picture: digits.Image{Width: side, Height: side, Pixels: make([]byte, side*side)}}
		for index, field := range record {
			what := fmt.Sprintf("pixel %d:", index)
			if index == side*side {
				what = "label"
			}
			value, message, readable := byteOf(what, field)
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

// names says whether a first field is a column's name and not a number.
func names(field string) bool {
	field = strings.TrimSpace(field)
	return field != "" && strings.IndexAny(field[:1], "0123456789+-.") < 0
}

func checkHeader(record []string, labelled bool) string {
	last := strings.TrimSpace(record[len(record)-1])
	hasLabel := strings.EqualFold(last, "label")
	switch {
	case labelled && !hasLabel:
		return fmt.Sprintf("the last column is named %q, not \"label\"", shorten(last))
	case !labelled && hasLabel:
		return "there is a column \"label\"; images to classify have none, labelled ones can be evaluated"
	}
	return ""
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
