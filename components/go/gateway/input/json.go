package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"wit_component/collector"
	"wit_component/digits"
)

// pixelLimit is the most pixels that are read of an image; how many there are to be is for the analysis
// component to judge.
const pixelLimit = 4096

// valueFault is a fault inside one element; its path is relative to the element.
type valueFault struct {
	path, message string
	readable      bool
}

// within puts a member's name in front of the path.
func (f *valueFault) within(member string) *valueFault {
	if f.path != "" && f.path[0] != '[' {
		member += "."
	}
	f.path = member + f.path
	return f
}

// JSON reads `{"images": [{"width": 8, "height": 8, "pixels": […]}, …]}`, or when labelled
// `{"samples": [{"image": {…}, "label": 7}, …]}`. Width and height may be left out. Members that are not
// known, and members that stand twice, are faults.
//
// The error is *Faults.
func JSON(body []byte, labelled bool) (Batch, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	member := "images"
	if labelled {
		member = "samples"
	}
	batch, faults := Batch{}, &Faults{}
	elements, fault := elementsOf(body, member)
	if fault != nil {
		faults.add(*fault)
		return Batch{}, faults
	}
	for index := 0; elements.More() && !faults.Full(); index++ {
		if index%collector.Stride == 0 {
			collector.Collect()
		}
		var raw json.RawMessage
		if err := elements.Decode(&raw); err != nil {
			faults.add(Fault{Path: member, Message: err.Error()})
			break // cannot be: the body was found to be JSON
		}
		one, fault := sampleOf(raw, labelled)
		if fault != nil {
			fault.within(fmt.Sprintf("%s[%d]", member, index))
			faults.add(Fault{Path: fault.path, Message: fault.message, Readable: fault.readable})
			continue
		}
		batch.Samples = append(batch.Samples, one)
		batch.places = append(batch.places, Fault{Path: fmt.Sprintf("%s[%d]", member, index)})
	}
	return batch, faults.orNil()
}

// elementsOf opens the outer object and gives the elements of its one member.
func elementsOf(body []byte, member string) (*json.Decoder, *Fault) {
	if offset := invalidAt(body); offset >= 0 {
		line, column := position(body, offset+1)
		return nil, &Fault{Line: line, Column: column, Message: notUTF8}
	}
	var checked json.RawMessage
	if err := json.Unmarshal(body, &checked); err != nil {
		return nil, syntaxFault(body, err)
	}
	outer, fault := membersOf(checked, member)
	if fault != nil {
		return nil, &Fault{Path: "$", Message: fault.message}
	}
	raw, there := outer[member]
	if !there {
		return nil, &Fault{Path: "$", Message: fmt.Sprintf("there is no member %q", member)}
	}
	if raw[0] != '[' {
		return nil, &Fault{Path: member, Message: "it is " + kindOf(raw) + ", not an array"}
	}
	elements := json.NewDecoder(bytes.NewReader(raw))
	if _, err := elements.Token(); err != nil {
		return nil, &Fault{Path: member, Message: err.Error()} // cannot be, as above
	}
	return elements, nil
}

func sampleOf(raw json.RawMessage, labelled bool) (digits.Sample, *valueFault) {
	if !labelled {
		picture, fault := imageOf(raw)
		return digits.Sample{Picture: picture}, fault
	}
	members, fault := membersOf(raw, "image", "label")
	if fault != nil {
		return digits.Sample{}, fault
	}
	for _, name := range []string{"image", "label"} {
		if members[name] == nil {
			return digits.Sample{}, &valueFault{message: "there is no " + name}
		}
	}
	picture, fault := imageOf(members["image"])
	if fault != nil {
		return digits.Sample{}, fault.within("image")
	}
	label, fault := numberIn("label", members["label"], lastDigit)
	if fault != nil {
		return digits.Sample{}, fault.within("label")
	}
	return digits.Sample{Picture: picture, Label: label}, nil
}

func imageOf(raw json.RawMessage) (digits.Image, *valueFault) {
	image := digits.Image{Width: side, Height: side}
	members, fault := membersOf(raw, "width", "height", "pixels")
	if fault != nil {
		return image, fault
	}
	if members["pixels"] == nil {
		return image, &valueFault{message: "there are no pixels"}
	}
	if fault := extentIn("width", members, &image.Width); fault != nil {
		return image, fault
	}
	if fault := extentIn("height", members, &image.Height); fault != nil {
		return image, fault
	}
	image.Pixels, fault = pixelsOf(members["pixels"])
	if fault != nil {
		return image, fault.within("pixels")
	}
	return image, nil
}

// extentIn reads a number of pixels if there is one.
func extentIn(name string, members map[string]json.RawMessage, into *uint32) *valueFault {
	text := members[name]
	if text == nil {
		return nil
	}
	extent, err := strconv.ParseUint(string(text), 10, 32)
	if err != nil {
		return &valueFault{path: name, message: "it is " + shown(text) + ", not a number of pixels"}
	}
	*into = uint32(extent)
	return nil
}

func pixelsOf(raw json.RawMessage) ([]byte, *valueFault) {
	if raw[0] != '[' {
		return nil, &valueFault{message: "it is " + kindOf(raw) + ", not an array of numbers"}
	}
	inside := bytes.TrimSpace(raw[1 : len(raw)-1])
	if len(inside) == 0 {
		return []byte{}, nil
	}
	if number := 1 + bytes.Count(inside, []byte(",")); number > pixelLimit {
		return nil, &valueFault{message: fmt.Sprintf("there are more than %d pixels", pixelLimit), readable: true}
	}
	values := make([]byte, 0, side*side)
	for more := true; more; {
		var text []byte
		text, inside, more = bytes.Cut(inside, []byte(","))
		value, fault := numberIn("pixel", bytes.TrimSpace(text), brightest)
		if fault != nil {
			return nil, fault.within(fmt.Sprintf("[%d]", len(values)))
		}
		values = append(values, value)
	}
	return values, nil
}

// numberIn reads a number from a valid JSON value, or from the start of one.
func numberIn(what string, raw []byte, most int) (uint8, *valueFault) {
	if raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, &valueFault{message: what + " is " + kindOf(raw) + ", not a whole number"}
	}
	value, message, readable := byteOf(what, string(raw), most)
	if message != "" {
		return 0, &valueFault{message: message, readable: readable}
	}
	return value, nil
}

// membersOf opens an object: each member once, and none that is not known. A member that is null counts
// as left out. The value is known to be JSON.
func membersOf(raw json.RawMessage, known ...string) (map[string]json.RawMessage, *valueFault) {
	if raw[0] != '{' {
		return nil, &valueFault{message: "it is " + kindOf(raw) + ", not an object with " + strings.Join(known, ", ")}
	}
	members := map[string]json.RawMessage{}
	seen := map[string]bool{}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	_, err := decoder.Token()
	for err == nil && decoder.More() {
		var token json.Token
		var value json.RawMessage
		if token, err = decoder.Token(); err != nil {
			break
		}
		name, _ := token.(string)
		switch {
		case !contains(known, name):
			return nil, &valueFault{message: fmt.Sprintf("there is a member %q; known are %s", shorten(name), strings.Join(known, ", "))}
		case seen[name]:
			return nil, &valueFault{message: fmt.Sprintf("there are two members %q", name)}
		}
		seen[name] = true
		if err = decoder.Decode(&value); err == nil && string(value) != "null" {
			members[name] = value
		}
	}
	if err != nil {
		return nil, &valueFault{message: err.Error()}
	}
	return members, nil
}

func contains(list []string, one string) bool {
	for _, each := range list {
		if each == one {
			return true
		}
	}
	return false
}

// kindOf names the kind of a JSON value by how it begins.
func kindOf(raw []byte) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f', 'n':
		return string(raw)
	}
	return "a number"
}

// shown gives a number itself, and the kind of anything else.
func shown(raw []byte) string {
	if kind := kindOf(raw); kind != "a number" {
		return kind
	}
	return shorten(string(raw))
}

// invalidAt gives the offset of the first byte that is not UTF-8, or -1.
func invalidAt(body []byte) int {
	if utf8.Valid(body) {
		return -1
	}
	offset := 0
	for offset < len(body) {
		letter, size := utf8.DecodeRune(body[offset:])
		if letter == utf8.RuneError && size == 1 {
			break
		}
		offset += size
	}
	return offset
}

// syntaxFault turns the offset of a syntax error into a line and a column.
func syntaxFault(body []byte, err error) *Fault {
	if len(bytes.TrimSpace(body)) == 0 {
		return &Fault{Message: "the text is empty"}
	}
	fault := &Fault{Message: err.Error()}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		fault.Line, fault.Column = position(body, int(syntax.Offset))
	}
	return fault
}

// position gives the line and the column, from 1 and in bytes, of the last of the first read bytes.
func position(body []byte, read int) (line, column int) {
	start := body[:min(max(0, read), len(body))]
	return 1 + bytes.Count(start, []byte("\n")), max(1, len(start)-(bytes.LastIndexByte(start, '\n')+1))
}
