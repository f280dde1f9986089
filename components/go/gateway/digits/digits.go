// Package digits holds the values that the gateway works with and the port to the other components.
//
// Nothing here knows of WebAssembly or of HTTP, so everything above it can be tested natively.
package digits

import "fmt"

// Image is a grey image, row by row from the top left; brightness goes from 0 (paper) to 16 (ink).
type Image struct {
	Width  uint32 `json:"width"`
	Height uint32 `json:"height"`
	Pixels []byte `json:"-"`
}

// Sample is an image and the digit that it shows.
type Sample struct {
	Picture Image
	Label   uint8
}

// Candidate is a digit and how sure the network is of it, from 0 to 1.
type Candidate struct {
	Label      uint8   `json:"label"`
	Confidence float32 `json:"confidence"`
}

// Detail says what a prediction is to carry beside its best candidate.
type Detail struct {
	RunnerUp      bool
	Probabilities bool
}

// Prediction is what the network makes of one image.
type Prediction struct {
	Candidate
	Certainty     string     `json:"certainty"`
	Explanation   string     `json:"explanation"`
	RunnerUp      *Candidate `json:"runner_up,omitempty"`
	Probabilities []float32  `json:"probabilities,omitempty"`
}

// Model describes the network and what its instance has done so far.
type Model struct {
	Name       string   `json:"name"`
	Inputs     uint32   `json:"inputs"`
	Labels     []string `json:"labels"`
	Parameters uint32   `json:"parameters"`
	BatchLimit uint32   `json:"batch_limit"`
	// Served counts the images of all callers, Alive the classifiers that are not dropped yet.
	Served uint64 `json:"served"`
	Alive  uint32 `json:"alive"`
}

// Style says how a report is to be written.
type Style int

// The styles.
const (
	Text Style = iota
	ASCII
)

// ClassQuality says how good the answers for one digit were; nil means that there is no figure.
type ClassQuality struct {
	Label     uint8    `json:"label"`
	Support   uint32   `json:"support"`
	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
}

// Reason says why a sample was probably mistaken; only the members of its kind are set.
type Reason struct {
	Kind       string   `json:"kind"`
	Label      *uint8   `json:"label,omitempty"`
	Confidence *float32 `json:"confidence,omitempty"`
	Share      *float32 `json:"share,omitempty"`
}

// Mistake is one mistaken sample.
type Mistake struct {
	Index     uint32    `json:"index"`
	Label     uint8     `json:"label"`
	Answer    Candidate `json:"answer"`
	Certainty string    `json:"certainty"`
	Reasons   []Reason  `json:"reasons"`
	Pixels    []int     `json:"pixels"`
}

// Counts says who classified how many images.
type Counts struct {
	// Classifier counts what the one classifier has seen that the gateway made and lent out.
	Classifier uint64 `json:"classifier"`
	// Instance counts the images of all classifiers of the inference instance, of all callers.
	Instance uint64 `json:"instance"`
}

// Report is what a whole set of samples says about the network.
type Report struct {
	Samples   uint32         `json:"samples"`
	Correct   uint32         `json:"correct"`
	Accuracy  float64        `json:"accuracy"`
	Classes   []ClassQuality `json:"classes"`
	Confusion [][]uint32     `json:"confusion"`
	Mistakes  []Mistake      `json:"mistakes"`
	Served    Counts         `json:"served"`

	// Write puts the report into words, tables and drawings.
	Write func(Style) string `json:"-"`
}

// Service is the port to the other components.
type Service interface {
	Model() Model
	// Classify takes one image or more. It fails with *ImageError or *NetworkError.
	Classify(images []Image, detail Detail, invert bool) ([]Prediction, error)
	// Evaluate keeps at most mistakes mistakes. It fails with *ImageError, *LabelError, ErrNoSamples
	// or *NetworkError.
	Evaluate(samples []Sample, mistakes uint32, invert bool) (Report, error)
}

// ImageError says that an image cannot be used.
type ImageError struct {
	Index  int
	Reason string
}

func (e *ImageError) Error() string { return fmt.Sprintf("image %d: %s", e.Index, e.Reason) }

// LabelError says that the label of a sample is not a digit.
type LabelError struct{ Index int }

func (e *LabelError) Error() string { return fmt.Sprintf("sample %d: %s", e.Index, e.Reason()) }

// Reason says what is wrong, without the place.
func (e *LabelError) Reason() string { return "its label is not a digit from 0 to 9" }

// ErrNoSamples says that there is nothing to report on.
var ErrNoSamples = fmt.Errorf("there are no samples")

// NetworkError says that the network refused the batch or failed.
type NetworkError struct{ Message string }

func (e *NetworkError) Error() string { return "the network failed: " + e.Message }
