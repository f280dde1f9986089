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
		{"a fraction", "1.5" + row(1, "1")[1:], true, true, []string{
			`line 1, column 1: pixel 0: 1.5 is not a whole number`}},
		{"too big and negative", row(1, "300") + "\n" + row(-1, "")[:2] + row(1, "1")[1:], true, true, []string{
			`line 1, column 129: label 300 is not from 0 to 9`,
			`line 2, column 1: pixel 0: -1 is not from 0 to 16`}},
		{"no label", row(1, "") + "\n" + good, true, false, []string{
			`line 1: there are 64 columns, not 65; the last one is to be the digit shown`}},
		{"label where none belongs", good, false, false, []string{`line 1: there are 65 columns, not 64`}},
		{"header without label", header(false) + "\n", true, false, []string{
			`line 1: the last column is named "p63", not "label"`}},
		{"header with label", header(true) + "\n" + good, false, false, []string{
			`line 1: there is a column "label"; images to classify have none, labelled ones can be evaluated`}},
		{"fault in the first image", "NaN" + row(1, "1")[1:] + "\n" + good, true, false, []string{
			`line 1, column 1: pixel 0: "NaN" is not a whole number`}},
		{"other words for numbers", "0x1" + row(1, "")[1:2] + "1_0,inf," + row(1, "")[6:], false, false, []string{
			`line 1, column 1: pixel 0: "0x1" is not a whole number`,
			`line 1, column 5: pixel 1: "1_0" is not a whole number`,
			`line 1, column 9: pixel 2: "inf" is not a whole number`}},
		{"header of another table", "id,name\n" + good, true, false, []string{`line 1: there are 2 columns, not 65`}},
		{"comment", "# digits\n" + good, true, false, []string{
			`line 1: there is 1 column, not 65; there is to be a comma between two`}},
		{"semicolons", strings.ReplaceAll(row(1, ""), ",", ";"), false, false, []string{
			`line 1: there is 1 column, not 64; there is to be a comma between two`}},
		{"header in UTF-16", "\xff\xfep\x000\x00\n" + good, true, false, []string{`line 1, column 1: the text is not UTF-8`}},
		{"latin", good + "1\xb9" + row(1, "1")[1:], true, false, []string{`line 2, column 1: the text is not UTF-8`}},
		{"a long line", good + good + row(1, "1") + strings.Repeat(" ", lineLimit), true, false, []string{
			`line 3: it is longer than 65536 bytes`}},
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

func TestReadingEndsWhenThereAreTooManyFaults(t *testing.T) {
	for name, read := range map[string]func() (Batch, error){
		"CSV": func() (Batch, error) { return CSV(strings.NewReader(strings.Repeat("1,2\n", 2*FaultEnd)), false) },
		"JSON": func() (Batch, error) {
			return JSON([]byte(`{"images":[{}`+strings.Repeat(",{}", 2*FaultEnd)+`]}`), false)
		},
	} {
		_, err := read()
		faults := faultsOf(t, err)
		if len(faults.List)+faults.More != FaultEnd || !faults.Full() {
			t.Errorf("%s: %d faults and %d more", name, len(faults.List), faults.More)
		}
		if !strings.HasSuffix(faults.Error(), "\nand 980 more\nwhat follows was not read") {
			t.Errorf("%s: %s", name, faults.Error())
		}
	}
}

func TestWholeNumbersMayLookLikeFloats(t *testing.T) {
	fields := strings.Split(row(0, "7"), ",")
	for index, text := range []string{"5.0", "5e+00", "5.000000000000000000e+00", "0.5e1", "+5", "005"} {
		fields[index] = text
	}
	batch, err := CSV(strings.NewReader(strings.Join(fields, ",")), true)
	if err != nil || string(batch.Samples[0].Picture.Pixels[:7]) != "\x05\x05\x05\x05\x05\x05\x00" {
		t.Errorf("got %v, %v", batch.Samples, err)
	}
	batch, err = JSON([]byte(`{"samples":[{"image":{"pixels":[5.0,5e0, 50e-1 ,-0.0]},"label":7.0}]}`), true)
	if err != nil || string(batch.Samples[0].Picture.Pixels) != "\x05\x05\x05\x00" || batch.Samples[0].Label != 7 {
		t.Errorf("got %v, %v", batch.Samples, err)
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
		{"an array", "[]", false, false, []string{`$: it is an array, not an object with images`}},
		{"null", " null", false, false, []string{`$: it is null, not an object with images`}},
		{"the other member", `{"images":[]}`, true, false, []string{`$: there is a member "images"; known are samples`}},
		{"one too many", `{"images":[],"x":1}`, false, false, []string{`$: there is a member "x"; known are images`}},
		{"no array", ` {"images": {}}`, false, false, []string{"images: it is an object, not an array"}},
		{"images null", `{"images":null}`, false, false, []string{`$: there is no member "images"`}},
		{"trailing", `{"images":[]} x`, false, false, []string{"line 1, column 15: invalid character 'x' after top-level value"}},
		{"many", `{"images":[{"pixels":[1,"a"]},{"pixels":[999]},{"pixel":[]},{"pixels":"AAA="},{"pixels":[1,null]},{},5]}`,
			false, false, []string{
				`images[0].pixels[1]: pixel is a string, not a whole number`,
				`images[1].pixels[0]: pixel 999 is not from 0 to 16`,
				`images[2]: there is a member "pixel"; known are width, height, pixels`,
				`images[3].pixels: it is a string, not an array of numbers`,
				`images[4].pixels[1]: pixel is null, not a whole number`,
				`images[5]: there are no pixels`,
				`images[6]: it is a number, not an object with width, height, pixels`}},
		{"out of range", `{"samples":[{"image":{"pixels":[-5]},"label":1},{"image":{"pixels":[]},"label":1000}]}`,
			true, true, []string{
				`samples[0].image.pixels[0]: pixel -5 is not from 0 to 16`,
				`samples[1].label: label 1000 is not from 0 to 9`}},
		{"half samples", `{"samples":[{"label":1},{"image":{"pixels":[]}},{"label":1,"image":{"width":"8","pixels":[]}},{"label":true,"image":{"pixels":[1]}}]}`,
			true, false, []string{
				`samples[0]: there is no image`,
				`samples[1]: there is no label`,
				`samples[2].image.width: it is a string, not a number of pixels`,
				`samples[3].label: label is true, not a whole number`}},
		{"twice", `{"images":[{"pixels":[1]}],"images":[]}`, false, false, []string{`$: there are two members "images"`}},
		{"pixels twice", `{"images":[{"pixels":[1],"width":8,"pixels":[2]}]}`, false, false, []string{
			`images[0]: there are two members "pixels"`}},
		{"other case", `{"images":[{"Pixels":[1]}]}`, false, false, []string{
			`images[0]: there is a member "Pixels"; known are width, height, pixels`}},
		{"rows", `{"images":[{"pixels":[[1,2],[3]]},[1],{"pixels":[{}]}]}`, false, false, []string{
			`images[0].pixels[0]: pixel is an array, not a whole number`,
			`images[1]: it is an array, not an object with width, height, pixels`,
			`images[2].pixels[0]: pixel is an object, not a whole number`}},
		{"fractions", `{"images":[{"pixels":[1.5]},{"pixels":[1e-1]},{"pixels":[1e3]},{"pixels":[-1e999]}]}`, false, true, []string{
			`images[0].pixels[0]: pixel 1.5 is not a whole number`,
			`images[1].pixels[0]: pixel 1e-1 is not a whole number`,
			`images[2].pixels[0]: pixel 1e3 is not from 0 to 16`,
			`images[3].pixels[0]: pixel -1e999 is not from 0 to 16`}},
		{"extents", `{"images":[{"pixels":[1],"width":-8},{"pixels":[1],"height":8.5},{"pixels":[1],"width":4294967296}]}`,
			false, false, []string{
				`images[0].width: it is -8, not a number of pixels`,
				`images[1].height: it is 8.5, not a number of pixels`,
				`images[2].width: it is 4294967296, not a number of pixels`}},
		{"too many pixels", `{"images":[{"pixels":[1` + strings.Repeat(",1", pixelLimit) + `]}]}`, false, true, []string{
			`images[0].pixels: there are more than 4096 pixels`}},
		{"latin", "{\"images\":\n [{\"gr\xf6\":1}]}", false, false, []string{`line 2, column 7: the text is not UTF-8`}},
		{"UTF-16", "\xff\xfe{\x00}\x00", false, false, []string{`line 1, column 1: the text is not UTF-8`}},
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
