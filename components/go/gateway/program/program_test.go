package program

import (
	"errors"
	"strings"
	"testing"

	"wit_component/digits"
)

type stub struct{ err error }

func (s stub) Model() digits.Model { return digits.Model{} }

func (s stub) Classify(images []digits.Image, detail digits.Detail, invert bool) ([]digits.Prediction, error) {
	return []digits.Prediction{{Explanation: "it is a 7"}}, s.err
}

func (s stub) Evaluate(samples []digits.Sample, mistakes uint32, invert bool) (digits.Report, error) {
	return digits.Report{Write: func(style digits.Style) string {
		return map[digits.Style]string{digits.Text: "text\n", digits.ASCII: "ascii\n"}[style]
	}}, s.err
}

func TestRun(t *testing.T) {
	image := strings.Repeat("0,", 63) + "0"
	labelled := image + ",7\n"
	for _, test := range []struct {
		name, arguments, stdin string
		err                    error
		ok                     bool
		stdout, stderr         string
	}{
		{"evaluates by default", "", labelled, nil, true, "text\n\nthe network served 0 images", ""},
		{"in ASCII", "--ascii", labelled, nil, true, "ascii\n", ""},
		{"as JSON", "evaluate --json", labelled, nil, true, "{\n  \"samples\": 0,", ""},
		{"classifies", "classify", image, nil, true, "it is a 7\n", ""},
		{"classifies as JSON", "classify --json --detail all", image, nil, true, "{\n  \"predictions\": [", ""},
		{"helps", "--help", "", nil, true, "digits: recognise handwritten digits", ""},
		{"helps by command", "help", "", nil, true, "digits: recognise handwritten digits", ""},
		{"unknown command", "evalute", "", nil, false, "", "error: there is no command \"evalute\"\nhint: "},
		{"unknown flag", "--colour", "", nil, false, "", "error: flag provided but not defined: -colour"},
		{"another's flag", "classify --ascii", "", nil, false, "", "error: flag provided but not defined: -ascii"},
		{"a file", "evaluate data.csv", "", nil, false, "", "error: \"data.csv\" was not expected; the images come"},
		{"bad detail", "classify --detail none", image, nil, false, "", "error: detail is runner-up"},
		{"bad number", "--mistakes -1", "", nil, false, "", "error: invalid value \"-1\" for flag -mistakes"},
		{"nothing to read", "", "", nil, false, "", "error: standard input is empty"},
		{"bad input", "", "1,2\n", nil, false, "", "error: standard input cannot be used\nline 1: there are 2 columns"},
		{"bad image", "", labelled + labelled, &digits.ImageError{Index: 1, Reason: "odd"}, false, "", "error: line 2: odd\n"},
		{"bad label", "", labelled, &digits.LabelError{Index: 0}, false, "", "error: line 1: its label is not a digit"},
		{"network", "classify", image, &digits.NetworkError{Message: "full"}, false, "", "error: the network failed: full"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			ok := Run(stub{test.err}, strings.Fields(test.arguments), strings.NewReader(test.stdin), &stdout, &stderr)
			if ok != test.ok || !strings.HasPrefix(stdout.String(), test.stdout) || !strings.HasPrefix(stderr.String(), test.stderr) {
				t.Errorf("%v\n%s\n%s", ok, stdout.String(), stderr.String())
			}
			if ok == (stderr.Len() > 0) || ok == (stdout.Len() == 0) {
				t.Errorf("success goes to stdout, failure to stderr: %q %q", stdout.String(), stderr.String())
			}
		})
	}
}

func TestAFullDiskIsAFailure(t *testing.T) {
	var stderr strings.Builder
	if Run(stub{}, []string{"--help"}, strings.NewReader(""), full{}, &stderr) || !strings.Contains(stderr.String(), "full") {
		t.Error(stderr.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestInputIsBounded(t *testing.T) {
	source := bounded(endless{})
	total := 0
	chunk := make([]byte, 1<<20)
	for total <= inputLimit {
		n, err := source.Read(chunk)
		total += n
		if err != nil {
			if total != inputLimit {
				t.Errorf("%d bytes were read", total)
			}
			return
		}
	}
	t.Error("there is no bound")
}

type endless struct{}

func (endless) Read(into []byte) (int, error) { return len(into), nil }
