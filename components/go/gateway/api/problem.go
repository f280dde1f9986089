package api

import (
	"encoding/json"
	"errors"
	"fmt"

	"wit_component/digits"
	"wit_component/input"
)

var titles = map[int]string{
	400: "Bad Request",
	404: "Not Found",
	405: "Method Not Allowed",
	406: "Not Acceptable",
	413: "Content Too Large",
	415: "Unsupported Media Type",
	422: "Unprocessable Content",
	500: "Internal Server Error",
}

// problem is the body of every failure (RFC 9457).
type problem struct {
	Type   string        `json:"type"`
	Title  string        `json:"title"`
	Status int           `json:"status"`
	Detail string        `json:"detail"`
	Errors []input.Fault `json:"errors,omitempty"`
	More   int           `json:"more_errors,omitempty"`
}

func fail(status int, detail string, headers ...Header) Response {
	return failWith(status, detail, nil, 0, headers...)
}

func failWith(status int, detail string, faults []input.Fault, more int, headers ...Header) Response {
	body, err := json.Marshal(problem{"about:blank", titles[status], status, detail, faults, more})
	if err != nil {
		body = []byte(`{"status":500}`) // strings and numbers always encode
	}
	return respond(status, typeProblem, append(body, '\n'), headers...)
}

// failRead answers a body that could not be read.
func failRead(err error) Response {
	var faults *input.Faults
	if !errors.As(err, &faults) {
		return fail(400, "the body cannot be read: "+err.Error())
	}
	status, detail := 400, "the body cannot be read"
	if faults.Readable() {
		status, detail = 422, "the body holds values that cannot be used"
	}
	if faults.Full() {
		detail += fmt.Sprintf("; reading ended after %d errors", input.FaultEnd)
	}
	return failWith(status, detail, faults.List, faults.More)
}

// failService answers an error of the other components.
func failService(err error, batch input.Batch) Response {
	var image *digits.ImageError
	var label *digits.LabelError
	switch {
	case errors.As(err, &image):
		fault := batch.FaultAt(image.Index, image.Reason)
		return failWith(422, "an image cannot be used", []input.Fault{fault}, 0)
	case errors.As(err, &label):
		fault := batch.FaultAt(label.Index, label.Reason())
		return failWith(422, "a label cannot be used", []input.Fault{fault}, 0)
	case errors.Is(err, digits.ErrNoSamples):
		return fail(422, "there are no images in the body")
	}
	return fail(500, err.Error())
}

// Panicked answers a request whose handling panicked.
func Panicked(cause any) Response {
	return fail(500, fmt.Sprintf("the gateway failed: %v", cause))
}
