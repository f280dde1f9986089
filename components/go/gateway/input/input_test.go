package input

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// row writes a line of 64 equal pixels, and a label unless it is empty.
func row(pixel int, label string) string {
	fields := make([]string, 64)
	for index := range fields {
		fields[index] = fmt.Sprint(pixel)
	}
	if label != "" {
		fields = append(fields, label)
	}
	return strings.Join(fields, ",")
}

func header(label bool) string {
	names := make([]string, 64)
	for index := range names {
		names[index] = fmt.Sprintf("p%d", index)
	}
	if label {
		names = append(names, "label")
	}
	return strings.Join(names, ",")
}

func faultsOf(t *testing.T, err error) *Faults {
	t.Helper()
	var faults *Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, not faults", err)
	}
	return faults
}

func TestCSVReadsLabelledImages(t *testing.T) {
	for name, text := range map[string]string{
		"with header":    header(true) + "\n" + row(3, "7") + "\n" + row(16, "0") + "\n",
		"without header": row(3, "7") + "\n" + row(16, "0") + "\n",
		"no last break":  row(3, "7") + "\n" + row(16, "0"),
		"CRLF and mark":  "\ufeff" + header(true) + "\r\n" + row(3, "7") + "\r\n" + row(16, "0") + "\r\n",
		"blanks":         strings.ReplaceAll(row(3, "7"), ",", " , ") + "\n\n" + row(16, "0"),
		"quoted":         `"3"` + row(3, "7")[1:] + "\n" + row(16, "0"),
	} {
		t.Run(name, func(t *testing.T) {
			batch, err := CSV(strings.NewReader(text), true)
			if err != nil {
				t.Fatal(err)
			}
			if len(batch.Samples) != 2 || batch.Samples[0].Label != 7 || batch.Samples[1].Label != 0 {
				t.Fatalf("got %v", batch.Samples)
			}
			if first := batch.Samples[0].Picture; first.Width != 8 || first.Height != 8 || first.Pixels[63] != 3 {
				t.Fatalf("got %v", first)
			}
			if second := batch.Images()[1]; second.Pixels[0] != 16 {
				t.Fatalf("got %v", second)
			}
		})
	}
}

func TestCSVFindsEveryFault(t *testing.T) {
	good := row(1, "1") + "\n"
	cases := []struct {
		name, text string
		labelled   bool
		readable   bool
		want       []string
	}{
		{"not a number", good + "x" + row(1, "1")[1:] + "\n" + row(1, "two"), true, false, []string{
			`line 2, column 1: pixel 0: "x" is not a whole number`,
			`line 3, column 129: label "two" is not a whole number`}},
		{"a fraction", "1.5" + row(1, "1")[1:], true, false, []string{
			`line 1, column 1: pixel 0: "1.5" is not a whole number`}},
		{"too big and negative", row(1, "300") + "\n" + row(-1, "")[:2] + row(1, "1")[1:], true, true, []string{
			`line 1, column 129: label 300 is out of range`,
			`line 2, column 1: pixel 0: -1 is out of range`}},
		{"no label", row(1, "") + "\n" + good, true, false, []string{
			`line 1: there are 64 columns, not 65; the last one is to be the digit shown`}},
		{"label where none belongs", good, false, false, []string{`line 1: there are 65 columns, not 64`}},
		{"header without label", header(false) + "\n", true, false, []string{
			`line 1: the last column is named "p63", not "label"`}},
		{"header with label", header(true) + "\n" + good, false, false, []string{
			`line 1: there is a column "label"; images to classify have none, labelled ones can be evaluated`}},
		{"bare quote", good + `1"` + row(1, "1")[1:], true, false, []string{
			`line 2, column 2: bare " in non-quoted-field`}},
		{"open quote", good + `"1` + row(1, "1")[1:], true, false, []string{
			`line 2, column 131: extraneous or missing " in quoted-field`}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			_, err := CSV(strings.NewReader(test.text), test.labelled)
			faults := faultsOf(t, err)
			if got := strings.Split(faults.Error(), "\n"); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if faults.Readable() != test.readable {
				t.Errorf("readable is %v", faults.Readable())
			}
		})
	}
}

func TestFaultsAreBounded(t *testing.T) {
	text := strings.Repeat("1,2\n", FaultLimit+5)
	_, err := CSV(strings.NewReader(text), false)
	faults := faultsOf(t, err)
	if len(faults.List) != FaultLimit || faults.More != 5 {
		t.Errorf("%d faults and %d more", len(faults.List), faults.More)
	}
	if !strings.HasSuffix(faults.Error(), "\nand 5 more") {
		t.Error(faults.Error())
	}
}

func TestCSVPassesOnTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	_, err := CSV(io.MultiReader(strings.NewReader(row(1, "")+"\n"), failing{broken}), false)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestJSONReadsImagesAndSamples(t *testing.T) {
	batch, err := JSON([]byte(`{"images": [{"width": 8, "height": 8, "pixels": [`+row(2, "")+`]}, {"pixels": []}]}`), false)
	if err != nil {
		t.Fatal(err)
	}
	if len(batch.Samples) != 2 || batch.Samples[0].Picture.Pixels[63] != 2 || len(batch.Samples[1].Picture.Pixels) != 0 {
		t.Errorf("got %v", batch.Samples)
	}
	batch, err = JSON([]byte(`{"samples":[{"label":4,"image":{"width":7,"pixels":[ 1 , 2 ]}}]}`), true)
	if err != nil {
		t.Fatal(err)
	}
	sample := batch.Samples[0]
	if sample.Label != 4 || sample.Picture.Width != 7 || sample.Picture.Height != 8 || !reflect.DeepEqual(sample.Picture.Pixels, []byte{1, 2}) {
		t.Errorf("got %v", sample)
	}
	if got := batch.FaultAt(0, "bad").String(); got != "samples[0]: bad" {
		t.Errorf("got %q", got)
	}
}

func TestJSONFindsEveryFault(t *testing.T) {
	cases := []struct {
		name, text string
		labelled   bool
		readable   bool
		want       []string
	}{
		{"empty", " \n", false, false, []string{"the text is empty"}},
		{"cut off", "{\"images\":\n [{\"pixels\":[1,", false, false, []string{"line 2, column 15: unexpected end of JSON input"}},
		{"garbage", "{\"images\":\n @", false, false, []string{"line 2, column 2: invalid character '@' looking for beginning of value"}},
		{"an array", "[]", false, false, []string{`$: it is not an object with the member "images"`}},
		{"null", "null", false, false, []string{`$: there is no member "images"`}},
		{"the other member", `{"images":[]}`, true, false, []string{`$: there is a member "images", but no "samples"`}},
		{"one too many", `{"images":[],"x":1}`, false, false, []string{`$: there are other members than "images"`}},
		{"no array", `{"images":{}}`, false, false, []string{"images: it is not an array"}},
		{"images null", `{"images":null}`, false, false, []string{"images: it is not an array"}},
		{"trailing", `{"images":[]} x`, false, false, []string{"line 1, column 15: invalid character 'x' after top-level value"}},
		{"many", `{"images":[{"pixels":[1,"a"]},{"pixels":[999]},{"pixel":[]},{"pixels":"AAA="},{"pixels":[1,null]},{},5]}`,
			false, false, []string{
				`images[0].pixels[1]: pixel "\"a\"" is not a whole number`,
				`images[1].pixels[0]: pixel 999 is out of range`,
				`images[2]: unknown field "pixel"`,
				`images[3].pixels: pixels are not an array of numbers`,
				`images[4].pixels[1]: pixel "null" is not a whole number`,
				`images[5]: there are no pixels`,
				`images[6]: it is a JSON number, not what belongs here`}},
		{"out of range", `{"samples":[{"image":{"pixels":[-5]},"label":1},{"image":{"pixels":[]},"label":1000}]}`,
			true, true, []string{
				`samples[0].image.pixels[0]: pixel -5 is out of range`,
				`samples[1].label: label 1000 is out of range`}},
		{"half samples", `{"samples":[{"label":1},{"image":{"pixels":[]}},{"label":1,"image":{"width":"8"}}]}`,
			true, false, []string{
				`samples[0]: there is no image`,
				`samples[1]: there is no label`,
				`samples[2].image.width: it is a JSON string, not what belongs here`}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			_, err := JSON([]byte(test.text), test.labelled)
			faults := faultsOf(t, err)
			if got := strings.Split(faults.Error(), "\n"); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if faults.Readable() != test.readable {
				t.Errorf("readable is %v", faults.Readable())
			}
		})
	}
}

func FuzzReaders(f *testing.F) {
	f.Add([]byte(`{"images":[{"pixels":[1,2,]}]}`), true)
	f.Add([]byte(`{"samples":[{"label":[[,`), true)
	f.Add([]byte("1,\"2\n,,\ufeff"), false)
	f.Fuzz(func(t *testing.T, body []byte, labelled bool) {
		for _, read := range []func() (Batch, error){
			func() (Batch, error) { return JSON(body, labelled) },
			func() (Batch, error) { return CSV(strings.NewReader(string(body)), labelled) },
		} {
			batch, err := read()
			if err == nil {
				batch.Images()
				continue
			}
			if faults := faultsOf(t, err); len(faults.List) == 0 || len(faults.List) > FaultLimit {
				t.Errorf("%d faults", len(faults.List))
			}
		}
	})
}
