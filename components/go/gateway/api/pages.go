package api

import (
	"bytes"
	"fmt"
	"mime"
	"strconv"
	"strings"

	"wit_component/digits"
	"wit_component/input"
)

// mistakeLimit is the most mistakes that a report may hold.
const mistakeLimit = 100

// fresh marks answers that hold for the moment only.
var fresh = Header{"cache-control", "no-store"}

func indexPage(c context) Response {
	type entry struct {
		Path       string   `json:"path"`
		Methods    []string `json:"methods"`
		Purpose    string   `json:"purpose"`
		Parameters []string `json:"parameters,omitempty"`
	}
	entries := []entry{}
	lines := []string{"Handwritten digits, recognised by three components in one:\n"}
	for _, r := range routes() {
		entries = append(entries, entry{r.path, r.methods, r.purpose, r.parameters})
		lines = append(lines, fmt.Sprintf("%-9s  %-10s  %s", strings.Join(r.methods, " "), r.path, r.purpose))
	}
	return c.write(map[string]any{"name": "digits", "routes": entries}, func() string {
		return strings.Join(lines, "\n") + "\n"
	})
}

func healthPage(c context) Response {
	return c.write(map[string]string{"status": "ok"}, func() string { return "ok\n" }, fresh)
}

func modelPage(c context) Response {
	model := c.service.Model()
	return c.write(model, func() string {
		return fmt.Sprintf("%s: %d inputs, %d classes, %d parameters, at most %d images a batch\n"+
			"%d images served, %d classifiers alive\n", model.Name, model.Inputs, len(model.Labels),
			model.Parameters, model.BatchLimit, model.Served, model.Alive)
	}, fresh)
}

func classifyPage(c context) Response {
	detail, err := ParseDetail(c.query.Get("detail"))
	if err != nil {
		return fail(400, err.Error())
	}
	invert, err := c.invert()
	if err != nil {
		return fail(400, err.Error())
	}
	batch, failure := c.batch(false)
	if failure != nil {
		return *failure
	}
	predictions, err := c.service.Classify(batch.Images(), detail, invert)
	if err != nil {
		return failService(err, batch)
	}
	return c.write(map[string]any{"predictions": predictions}, func() string {
		return Explanations(predictions)
	})
}

func evaluatePage(c context) Response {
	invert, err := c.invert()
	if err != nil {
		return fail(400, err.Error())
	}
	mistakes := uint64(10)
	if text := c.query.Get("mistakes"); text != "" {
		mistakes, err = strconv.ParseUint(text, 10, 32)
		if err != nil || mistakes > mistakeLimit {
			return fail(400, fmt.Sprintf("mistakes is a whole number from 0 to %d", mistakeLimit))
		}
	}
	style := digits.Text
	switch c.query.Get("style") {
	case "", "text":
	case "ascii":
		style = digits.ASCII
	default:
		return fail(400, "style is text or ascii")
	}
	batch, failure := c.batch(true)
	if failure != nil {
		return *failure
	}
	report, err := c.service.Evaluate(batch.Samples, uint32(mistakes), invert)
	if err != nil {
		return failService(err, batch)
	}
	return c.write(report, func() string { return Written(report, style) })
}

// Explanations gives one line for each prediction.
func Explanations(predictions []digits.Prediction) string {
	var text strings.Builder
	for _, prediction := range predictions {
		text.WriteString(prediction.Explanation + "\n")
	}
	return text.String()
}

// Written gives a report for people. The last lines tell what the one inference instance counted: the
// images of all callers, and those that came with the classifier that was lent to analysis.
func Written(report digits.Report, style digits.Style) string {
	return fmt.Sprintf("%s\nthe network served %d images\n"+
		"%d of them came from analysis, with the classifier that the gateway made\n",
		report.Write(style), report.Served.Instance, report.Served.Classifier)
}

// ParseDetail reads `runner-up`, `probabilities`, both with a comma between them, or `all`.
func ParseDetail(text string) (digits.Detail, error) {
	detail := digits.Detail{}
	if text == "" {
		return detail, nil
	}
	for _, word := range strings.Split(text, ",") {
		switch strings.TrimSpace(word) {
		case "runner-up":
			detail.RunnerUp = true
		case "probabilities":
			detail.Probabilities = true
		case "all":
			detail = digits.Detail{RunnerUp: true, Probabilities: true}
		default:
			return detail, fmt.Errorf("detail is runner-up, probabilities or all, not %s",
				strconv.QuoteToASCII(shorten(word)))
		}
	}
	return detail, nil
}

func (c context) invert() (bool, error) {
	switch c.query.Get("invert") {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, fmt.Errorf("invert is true or false")
}

// batch reads the body as its content type says.
func (c context) batch(labelled bool) (input.Batch, *Response) {
	accepted := Header{"accept-post", typeJSON + ", " + typeCSV}
	if codings := c.request.values("content-encoding"); len(codings) > 0 && !strings.EqualFold(strings.Join(codings, ""), "identity") {
		failure := fail(415, "the body is encoded; it is to be plain", accepted)
		return input.Batch{}, &failure
	}
	var values []string
	for _, header := range c.request.Headers {
		if strings.EqualFold(strings.TrimSpace(header.Name), "content-type") {
			values = append(values, header.Value)
		}
	}
	mediaType, parameters, err := mime.ParseMediaType(strings.Join(values, ", "))
	charset := strings.ToLower(parameters["charset"])
	known := mediaType == typeJSON || mediaType == typeCSV
	if err != nil || !known || (charset != "" && charset != "utf-8" && charset != "us-ascii") {
		failure := fail(415, "the body is to be "+typeJSON+" or "+typeCSV+" in UTF-8", accepted)
		return input.Batch{}, &failure
	}
	var batch input.Batch
	if mediaType == typeJSON {
		batch, err = input.JSON(c.request.Body, labelled)
	} else {
		batch, err = input.CSV(bytes.NewReader(c.request.Body), labelled)
	}
	if err != nil {
		failure := failRead(err)
		return input.Batch{}, &failure
	}
	if len(batch.Samples) == 0 {
		failure := failService(digits.ErrNoSamples, batch)
		return input.Batch{}, &failure
	}
	return batch, nil
}
