// Package program is the gateway as a command line program.
package program

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"wit_component/api"
	"wit_component/digits"
	"wit_component/input"
)

// inputLimit is the most bytes that are read from standard input.
const inputLimit = 32 << 20

const usage = `digits: recognise handwritten digits

usage:
  digits [evaluate] [--ascii] [--json] [--mistakes N] [--invert] < labelled.csv
  digits classify [--json] [--detail LIST] [--invert] < images.csv

evaluate   judge the network on images, one a line: 64 values and the digit
classify   recognise images, one a line: 64 values of brightness

  --ascii        write the report in ASCII characters only
  --json         write JSON instead of text
  --mistakes N   show at most N mistakes (8)
  --detail LIST  what to add to each prediction in JSON: runner-up,
                 probabilities, both with a comma between them, or all
  --invert       take images with bright paper (16) and dark ink (0)
  --help         show this text
`

// options are what was asked for.
type options struct {
	command  string
	ascii    bool
	json     bool
	invert   bool
	mistakes uint
	detail   string
}

// Run runs the program and says whether it succeeded.
//
// The arguments come without the program's name.
func Run(service digits.Service, arguments []string, stdin io.Reader, stdout, stderr io.Writer) bool {
	asked, err := parse(arguments)
	if errors.Is(err, flag.ErrHelp) {
		return write(stdout, stderr, usage)
	}
	if err != nil {
		fmt.Fprintf(stderr, "error: %v\nhint: digits --help shows what can be asked for\n", err)
		return false
	}
	text, err := asked.answer(service, stdin)
	if err != nil {
		fmt.Fprintf(stderr, "error: %v\n", err)
		return false
	}
	return write(stdout, stderr, text)
}

func write(stdout, stderr io.Writer, text string) bool {
	if _, err := io.WriteString(stdout, text); err != nil {
		fmt.Fprintf(stderr, "error: the output cannot be written: %v\n", err)
		return false
	}
	return true
}

func parse(arguments []string) (options, error) {
	asked := options{command: "evaluate"}
	if len(arguments) > 0 && !strings.HasPrefix(arguments[0], "-") {
		asked.command, arguments = arguments[0], arguments[1:]
	}
	flags := flag.NewFlagSet("digits", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&asked.json, "json", false, "")
	flags.BoolVar(&asked.invert, "invert", false, "")
	switch asked.command {
	case "evaluate":
		flags.BoolVar(&asked.ascii, "ascii", false, "")
		flags.UintVar(&asked.mistakes, "mistakes", 8, "")
	case "classify":
		flags.StringVar(&asked.detail, "detail", "", "")
	case "help":
		return asked, flag.ErrHelp
	default:
		return asked, fmt.Errorf("there is no command %q", asked.command)
	}
	if err := flags.Parse(arguments); err != nil {
		return asked, err
	}
	if flags.NArg() > 0 {
		return asked, fmt.Errorf("%q was not expected; the images come from standard input", flags.Arg(0))
	}
	return asked, nil
}

func (o options) answer(service digits.Service, stdin io.Reader) (string, error) {
	detail, err := api.ParseDetail(o.detail)
	if err != nil {
		return "", err
	}
	labelled := o.command == "evaluate"
	batch, err := input.CSV(bounded(stdin), labelled)
	var faults *input.Faults
	if errors.As(err, &faults) {
		return "", fmt.Errorf("standard input cannot be used\n%w", faults)
	}
	if err != nil {
		return "", fmt.Errorf("standard input cannot be read: %w", err)
	}
	if len(batch.Samples) == 0 {
		return "", errors.New("standard input is empty\nhint: digits evaluate < labelled.csv")
	}
	if labelled {
		report, err := service.Evaluate(batch.Samples, uint32(min(o.mistakes, 1000)), o.invert)
		if err != nil {
			return "", placed(err, batch)
		}
		if o.json {
			return indented(report)
		}
		style := digits.Text
		if o.ascii {
			style = digits.ASCII
		}
		return api.Written(report, style), nil
	}
	predictions, err := service.Classify(batch.Images(), detail, o.invert)
	if err != nil {
		return "", placed(err, batch)
	}
	if o.json {
		return indented(map[string]any{"predictions": predictions})
	}
	return api.Explanations(predictions), nil
}

// placed puts the line of the input in front of what the other components found.
func placed(err error, batch input.Batch) error {
	var image *digits.ImageError
	var label *digits.LabelError
	switch {
	case errors.As(err, &image):
		return errors.New(batch.FaultAt(image.Index, image.Reason).String())
	case errors.As(err, &label):
		return errors.New(batch.FaultAt(label.Index, label.Reason()).String())
	}
	return err
}

func indented(value any) (string, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return "", fmt.Errorf("the answer cannot be written as JSON: %w", err)
	}
	return string(text) + "\n", nil
}

// bounded fails once more than inputLimit bytes were read.
func bounded(source io.Reader) io.Reader { return &boundedReader{source, inputLimit} }

type boundedReader struct {
	source io.Reader
	left   int
}

func (b *boundedReader) Read(into []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("there are more than %d bytes", inputLimit)
	}
	n, err := b.source.Read(into[:min(len(into), b.left)])
	b.left -= n
	return n, err
}
