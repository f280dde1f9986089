// Package api answers HTTP requests: routes, negotiation, parsing, problems. It knows nothing of
// sockets; a request and a response are plain values.
package api

import (
	"strconv"
	"strings"
)

// BodyLimit is the size in bytes of the largest body that is read.
const BodyLimit = 8 << 20

// AnswerLimit is the size in bytes of the largest body that is sent. Hosts bound what one call may copy
// out of a component: Wasmtime traps somewhat above this, and a trap would end the instance.
const AnswerLimit = 2 << 20

// Header is one header line.
type Header struct{ Name, Value string }

// Request is an HTTP request; Target is path and query.
type Request struct {
	Method  string
	Target  string
	Headers []Header
	Body    []byte
}

// Response is an HTTP response.
type Response struct {
	Status  int
	Headers []Header
	Body    []byte
}

// values gives all values of a header, split at commas, trimmed.
func (r Request) values(name string) []string {
	var values []string
	for _, header := range r.Headers {
		if !strings.EqualFold(strings.TrimSpace(header.Name), name) {
			continue
		}
		for _, value := range strings.Split(header.Value, ",") {
			if value = strings.TrimSpace(value); value != "" {
				values = append(values, value)
			}
		}
	}
	return values
}

// respond makes a response with a body; every text is UTF-8.
func respond(status int, mediaType string, body []byte, headers ...Header) Response {
	all := []Header{
		{"content-type", mediaType + "; charset=utf-8"},
		{"content-length", strconv.Itoa(len(body))},
		{"x-content-type-options", "nosniff"},
	}
	return Response{Status: status, Headers: append(all, headers...), Body: body}
}
