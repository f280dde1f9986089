package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"wit_component/digits"
)

// context is what a page needs to know of a request.
type context struct {
	service digits.Service
	request Request
	query   url.Values
	// mediaType was negotiated from what the route offers.
	mediaType string
}

// route is a row of the table below.
type route struct {
	path       string
	methods    []string
	purpose    string
	offers     []string
	parameters []string
	answer     func(context) Response
}

// routes gives the table of everything that can be asked for. It is a function because the page that
// lists the routes is one of them.
func routes() []route {
	read, post := []string{"GET", "HEAD"}, []string{"POST"}
	both := []string{typeJSON, typeText}
	return []route{
		{"/", read, "what can be asked for", both, nil, indexPage},
		{"/health", read, "whether the gateway is there", both, nil, healthPage},
		{"/model", read, "the network, and how many images it has served", both, nil, modelPage},
		{"/classify", post, "recognise digits, as CSV of 64 columns or as JSON", both,
			[]string{"detail", "invert"}, classifyPage},
		{"/evaluate", post, "judge the network on labelled digits, as CSV of 65 columns or as JSON", both,
			[]string{"mistakes", "invert", "style"}, evaluatePage},
	}
}

// Answer answers a request. Every failure is a response.
func Answer(service digits.Service, request Request) Response {
	response := answer(service, request)
	if request.Method == "HEAD" {
		response.Body = nil // the headers stay those of the body that a GET would bring
	}
	return response
}

func answer(service digits.Service, request Request) Response {
	if request.Method == "OPTIONS" && request.Target == "*" {
		// RFC 9110, section 9.3.7: what the server can do, whatever is asked for.
		return Response{Status: 204, Headers: []Header{{"allow", "GET, HEAD, POST, OPTIONS"}}}
	}
	target, err := url.ParseRequestURI(request.Target)
	if err != nil || target.Opaque != "" {
		return fail(400, "the request's target is not a path")
	}
	if target.Path == "" && target.Host != "" {
		target.Path = "/" // RFC 9110, section 4.2.3
	}
	found, near := find(target.Path)
	if found == nil {
		return fail(404, fmt.Sprintf("there is nothing at %s%s", strconv.QuoteToASCII(shorten(target.Path)), near))
	}
	allowed := Header{"allow", strings.Join(append(found.methods, "OPTIONS"), ", ")}
	if request.Method == "OPTIONS" {
		return Response{Status: 204, Headers: []Header{allowed}}
	}
	if !contains(found.methods, request.Method) {
		return fail(405, fmt.Sprintf("%s takes %s", found.path, strings.Join(found.methods, " and ")), allowed)
	}
	if len(request.Body) > BodyLimit {
		return fail(413, fmt.Sprintf("a body may have %d bytes, this one has %d", BodyLimit, len(request.Body)))
	}
	query, err := url.ParseQuery(target.RawQuery)
	if err != nil {
		return fail(400, "the query cannot be read")
	}
	if message := checkQuery(query, found); message != "" {
		return fail(400, message)
	}
	mediaType := negotiate(request.values("accept"), found.offers...)
	if mediaType == "" {
		return fail(406, "the answer can be "+strings.Join(found.offers, " or "), Header{"vary", "accept"})
	}
	response := found.answer(context{service, request, query, mediaType})
	response.Headers = append(response.Headers, Header{"vary", "accept"})
	return response
}

// find looks up a path, or suggests where it was meant to go.
func find(path string) (found *route, near string) {
	table := routes()
	for index := range table {
		if table[index].path == path {
			return &table[index], ""
		}
		if strings.EqualFold(strings.Trim(table[index].path, "/"), strings.Trim(path, "/")) {
			near = "; did you mean " + table[index].path
		}
	}
	return nil, near
}

func checkQuery(query url.Values, found *route) string {
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if !contains(found.parameters, name) {
			message := fmt.Sprintf("%s has no parameter %s", found.path, strconv.QuoteToASCII(shorten(name)))
			if len(found.parameters) > 0 {
				message += "; it has " + strings.Join(found.parameters, ", ")
			}
			return message
		}
		if len(query[name]) > 1 {
			return fmt.Sprintf("the parameter %s is given more than once", name)
		}
	}
	return ""
}

func contains(list []string, one string) bool {
	for _, each := range list {
		if each == one {
			return true
		}
	}
	return false
}

func shorten(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// write gives a value as JSON or its text, as was negotiated.
func (c context) write(value any, text func() string, headers ...Header) Response {
	var body []byte
	if c.mediaType == typeText {
		body = []byte(text())
	} else {
		encoded, err := json.Marshal(value)
		if err != nil {
			return fail(500, "the answer cannot be written as JSON: "+err.Error())
		}
		body = append(encoded, '\n')
	}
	if len(body) > AnswerLimit {
		return fail(413, fmt.Sprintf("the answer would have %d bytes, it may have %d; ask about fewer images at a time",
			len(body), AnswerLimit))
	}
	return respond(200, c.mediaType, body, headers...)
}
