package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"wit_component/collector"
	"wit_component/digits"
)

// picture is an image as JSON has it; width and height may be left out.
type picture struct {
	Width  *uint32 `json:"width"`
	Height *uint32 `json:"height"`
	Pixels *pixels `json:"pixels"`
}

type sample struct {
	Image *picture `json:"image"`
	Label *label   `json:"label"`
}

type pixels []byte

type label uint8

// valueFault is a fault inside one element; its path is relative to the element.
type valueFault struct {
	path, message string
	readable      bool
}

func (f *valueFault) Error() string { return f.message }

func (p *pixels) UnmarshalJSON(raw []byte) error {
	if len(raw) < 2 || raw[0] != '[' {
		return &valueFault{message: "pixels are not an array of numbers", path: "pixels"}
	}
	inside := bytes.TrimSpace(raw[1 : len(raw)-1])
	if len(inside) == 0 {
		*p = pixels{}
		return nil
	}
	values := make([]byte, 0, side*side)
	for place := 0; ; place++ {
		text, rest, more := bytes.Cut(inside, []byte(","))
		value, message, readable := byteOf("pixel", string(text))
		if message != "" {
			return &valueFault{path: fmt.Sprintf("pixels[%d]", place), message: message, readable: readable}
		}
		values = append(values, value)
		if !more {
			*p = values
			return nil
		}
		inside = rest
	}
}

func (l *label) UnmarshalJSON(raw []byte) error {
	value, message, readable := byteOf("label", string(raw))
	if message != "" {
		return &valueFault{path: "label", message: message, readable: readable}
	}
	*l = label(value)
	return nil
}

// JSON reads `{"images": [{"width": 8, "height": 8, "pixels": […]}, …]}`, or when labelled
// `{"samples": [{"image": {…}, "label": 7}, …]}`. Width and height may be left out.
//
// The error is *Faults.
func JSON(body []byte, labelled bool) (Batch, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	member := "images"
	if labelled {
		member = "samples"
	}
	faults := &Faults{}
	elements, fault := elementsOf(body, member)
	if fault != nil {
		faults.add(*fault)
		return Batch{}, faults
	}
	batch := Batch{}
	for index, raw := range elements {
		if index%collector.Stride == 0 {
			collector.Collect()
		}
		path := fmt.Sprintf("%s[%d]", member, index)
		one, err := sampleOf(raw, labelled)
		if err != nil {
			if err.path != "" {
				err.path = "." + err.path
			}
			faults.add(Fault{Path: path + err.path, Message: err.message, Readable: err.readable})
			continue
		}
		batch.Samples = append(batch.Samples, one)
		batch.places = append(batch.places, Fault{Path: path})
	}
	return batch, faults.orNil()
}

// elementsOf opens the outer object and finds the elements of its one member.
func elementsOf(body []byte, member string) ([]json.RawMessage, *Fault) {
	var outer map[string]json.RawMessage
	if err := json.Unmarshal(body, &outer); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, syntaxFault(body, syntax)
		}
		return nil, &Fault{Path: "$", Message: fmt.Sprintf("it is not an object with the member %q", member)}
	}
	for name := range outer {
		if name != member && len(outer) == 1 {
			return nil, &Fault{Path: "$", Message: fmt.Sprintf("there is a member %q, but no %q", shorten(name), member)}
		}
	}
	raw, there := outer[member]
	if !there {
		return nil, &Fault{Path: "$", Message: fmt.Sprintf("there is no member %q", member)}
	}
	if len(outer) > 1 {
		return nil, &Fault{Path: "$", Message: fmt.Sprintf("there are other members than %q", member)}
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil || elements == nil {
		return nil, &Fault{Path: member, Message: "it is not an array"}
	}
	return elements, nil
}

func sampleOf(raw json.RawMessage, labelled bool) (digits.Sample, *valueFault) {
	if !labelled {
		var image picture
		if err := strictly(raw, &image); err != nil {
			return digits.Sample{}, faultOf(err)
		}
		checked, fault := image.check("")
		return digits.Sample{Picture: checked}, fault
	}
	var one sample
	if err := strictly(raw, &one); err != nil {
		fault := faultOf(err)
		if strings.HasPrefix(fault.path, "pixels") {
			fault.path = "image." + fault.path
		}
		return digits.Sample{}, fault
	}
	if one.Image == nil {
		return digits.Sample{}, &valueFault{message: "there is no image"}
	}
	if one.Label == nil {
		return digits.Sample{}, &valueFault{message: "there is no label"}
	}
	checked, fault := one.Image.check("image")
	return digits.Sample{Picture: checked, Label: uint8(*one.Label)}, fault
}

func (p picture) check(path string) (digits.Image, *valueFault) {
	if p.Pixels == nil {
		return digits.Image{}, &valueFault{path: path, message: "there are no pixels"}
	}
	image := digits.Image{Width: side, Height: side, Pixels: *p.Pixels}
	if p.Width != nil {
		image.Width = *p.Width
	}
	if p.Height != nil {
		image.Height = *p.Height
	}
	return image, nil
}

// strictly decodes an object and refuses members that it does not know.
func strictly(raw json.RawMessage, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func faultOf(err error) *valueFault {
	var value *valueFault
	if errors.As(err, &value) {
		return value
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return &valueFault{path: wrong.Field, message: fmt.Sprintf("it is a JSON %s, not what belongs here", wrong.Value)}
	}
	return &valueFault{message: strings.TrimPrefix(err.Error(), "json: ")}
}

// syntaxFault turns the offset of a syntax error into a line and a column.
func syntaxFault(body []byte, syntax *json.SyntaxError) *Fault {
	if len(bytes.TrimSpace(body)) == 0 {
		return &Fault{Message: "the text is empty"}
	}
	read := body[:min(max(0, int(syntax.Offset)), len(body))]
	line := 1 + bytes.Count(read, []byte("\n"))
	column := len(read) - (bytes.LastIndexByte(read, '\n') + 1)
	return &Fault{Line: line, Column: max(1, column), Message: syntax.Error()}
}
