package api

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"wit_component/digits"
)

// stub answers like the other components would, without them.
type stub struct{ err error }

func (s stub) Model() digits.Model { return digits.Model{Name: "stub", Served: 5} }

func (s stub) Classify(images []digits.Image, detail digits.Detail, invert bool) ([]digits.Prediction, error) {
	predictions := make([]digits.Prediction, len(images))
	for index := range predictions {
		predictions[index].Explanation = strconv.Itoa(index)
	}
	return predictions, s.err
}

func (s stub) Evaluate(samples []digits.Sample, mistakes uint32, invert bool) (digits.Report, error) {
	report := digits.Report{Samples: uint32(len(samples))}
	report.Write = func(style digits.Style) string { return "style " + strconv.Itoa(int(style)) + "\n" }
	return report, s.err
}

func TestNegotiate(t *testing.T) {
	offers := []string{typeJSON, typeText}
	for accept, want := range map[string]string{
		"":                                 typeJSON,
		"*/*":                              typeJSON,
		"text/plain":                       typeText,
		"text/*":                           typeText,
		"TEXT/Plain":                       typeText,
		"application/json;q=0.5,text/*":    typeText,
		"application/json, text/plain":     typeJSON,
		"text/plain;q=0.9, */*;q=0.1":      typeText,
		"*/*, application/json;q=0":        typeText,
		"application/xml":                  "",
		"text/plain;q=0":                   "",
		"text/plain;q=2":                   "",
		"text/plain;q=NaN":                 "",
		"text/html, nonsense, */*;q=0.001": typeJSON,
	} {
		request := Request{Headers: []Header{{"Accept", accept}}}
		if got := negotiate(request.values("accept"), offers...); got != want {
			t.Errorf("%q gives %q, not %q", accept, got, want)
		}
	}
}

func body(response Response) problem {
	var read problem
	_ = json.Unmarshal(response.Body, &read)
	return read
}

func TestErrorsOfTheService(t *testing.T) {
	csv := strings.Repeat("0,", 63) + "0\n"
	request := Request{"POST", "/classify", []Header{{"content-type", "text/csv"}}, []byte(csv + csv)}
	for _, test := range []struct {
		err    error
		status int
		line   int
		detail string
	}{
		{&digits.ImageError{Index: 1, Reason: "odd"}, 422, 2, "an image cannot be used"},
		{&digits.ImageError{Index: 9, Reason: "odd"}, 422, 0, "an image cannot be used"},
		{digits.ErrNoSamples, 422, 0, "there are no images in the body"},
		{&digits.NetworkError{Message: "full"}, 500, 0, "the network failed: full"},
	} {
		response := Answer(stub{test.err}, request)
		got := body(response)
		line := 0
		if len(got.Errors) > 0 {
			line = got.Errors[0].Line
		}
		if response.Status != test.status || got.Status != test.status || line != test.line || got.Detail != test.detail {
			t.Errorf("%v: got %+v", test.err, got)
		}
	}
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	for _, r := range routes() {
		if !contains(r.methods, "HEAD") {
			continue
		}
		get := Answer(stub{}, Request{Method: "GET", Target: r.path})
		head := Answer(stub{}, Request{Method: "HEAD", Target: r.path})
		if get.Status != 200 || head.Status != 200 || len(head.Body) != 0 || len(get.Body) == 0 {
			t.Errorf("%s: %d %d", r.path, get.Status, head.Status)
		}
		for index, header := range get.Headers {
			if head.Headers[index] != header {
				t.Errorf("%s: %v is not %v", r.path, head.Headers[index], header)
			}
		}
	}
}

func TestEveryResponseSaysHowLongItIs(t *testing.T) {
	for _, target := range []string{"/", "/health", "/model", "/nothing", "/classify", "?", "*", ""} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			response := Answer(stub{}, Request{Method: method, Target: target})
			for _, header := range response.Headers {
				if header.Name == "content-length" && header.Value != strconv.Itoa(len(response.Body)) {
					t.Errorf("%s %s: %v for %d bytes", method, target, header, len(response.Body))
				}
			}
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	csv := strings.Repeat(strings.Repeat("0,", 63)+"0\n", BodyLimit/128)
	for _, accept := range []string{typeJSON, typeText} {
		headers := []Header{{"content-type", "text/csv"}, {"accept", accept}}
		response := Answer(stub{}, Request{"POST", "/classify", headers, []byte(csv)})
		want := 200 // a line of text is short enough with this stub
		if accept == typeJSON {
			want = 413
		}
		if response.Status != want || len(response.Body) > AnswerLimit {
			t.Errorf("%s: %d with %d bytes", accept, response.Status, len(response.Body))
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("POST", "/evaluate?mistakes=1", "content-type", "text/csv", []byte("1,2"))
	f.Add("GET", "/model?%zz", "accept", "a/b;q=x", []byte(nil))
	f.Fuzz(func(t *testing.T, method, target, name, value string, content []byte) {
		response := Answer(stub{}, Request{method, target, []Header{{name, value}}, content})
		if response.Status < 200 || response.Status > 422 {
			t.Errorf("status %d", response.Status)
		}
		if response.Status >= 400 && method != "HEAD" && body(response).Status != response.Status {
			t.Errorf("status %d with %s", response.Status, response.Body)
		}
	})
}
