// Package vision reaches the other components: inference (Rust) and analysis (Python).
//
// A classifier is made here, in the inference component, and for an evaluation it is lent to the
// analysis component, which calls inference with it. It is dropped before the call returns, so that
// nothing is alive between two requests.
package vision

import (
	"fmt"

	"go.bytecodealliance.org/pkg/wit/types"

	"wit_component/collector"
	"wit_component/digits"
	"wit_component/digits_vision_analysis"
	"wit_component/digits_vision_inference"
	"wit_component/digits_vision_types"
)

// chunk is how many samples cross to the analysis component in one call.
const chunk = 1000

// Service implements digits.Service.
type Service struct{}

// Model describes the network.
func (Service) Model() digits.Model {
	info := digits_vision_inference.Describe()
	return digits.Model{
		Name:       info.Name,
		Inputs:     info.Inputs,
		Labels:     info.Labels,
		Parameters: info.Parameters,
		BatchLimit: info.BatchLimit,
		Served:     digits_vision_inference.Served(),
		Alive:      digits_vision_inference.Alive(),
	}
}

// Classify lets analysis prepare the images and inference classify them, a batch at a time.
func (Service) Classify(images []digits.Image, detail digits.Detail, invert bool) ([]digits.Prediction, error) {
	wanted := digits_vision_inference.Detail(0)
	if detail.RunnerUp {
		wanted |= digits_vision_inference.Detail_RunnerUp
	}
	if detail.Probabilities {
		wanted |= digits_vision_inference.Detail_Probabilities
	}
	classifier := digits_vision_inference.MakeClassifier(wanted)
	defer classifier.Drop()
	limit := max(1, int(digits_vision_inference.Describe().BatchLimit))
	predictions := make([]digits.Prediction, 0, len(images))
	for start := 0; start < len(images); start += limit {
		collector.Collect()
		batch := images[start:min(start+limit, len(images))]
		answers, err := classify(classifier, batch, invert)
		if err != nil {
			return nil, shifted(err, start)
		}
		predictions = append(predictions, answers...)
	}
	return predictions, nil
}

func classify(classifier *digits_vision_inference.Classifier, batch []digits.Image, invert bool) ([]digits.Prediction, error) {
	pictures := make([]digits_vision_types.Image, len(batch))
	for index, image := range batch {
		pictures[index] = imageTo(image)
	}
	tensor := digits_vision_analysis.ToTensor(pictures, steps(invert))
	if tensor.IsErr() {
		return nil, analysisError(tensor.Err())
	}
	answers := classifier.Classify(tensor.Ok())
	if answers.IsErr() {
		return nil, networkError(answers.Err())
	}
	words := digits_vision_analysis.Explain(answers.Ok())
	predictions := make([]digits.Prediction, len(batch))
	for index, answer := range answers.Ok() {
		predictions[index] = predictionFrom(answer, words[index])
	}
	return predictions, nil
}

// Evaluate lends a classifier to the analysis component.
func (Service) Evaluate(samples []digits.Sample, mistakes uint32, invert bool) (digits.Report, error) {
	classifier := digits_vision_inference.MakeClassifier(digits_vision_inference.Detail_RunnerUp)
	defer classifier.Drop()
	evaluation := digits_vision_analysis.MakeEvaluation(steps(invert), mistakes)
	defer evaluation.Drop()
	for start := 0; start < len(samples); start += chunk {
		collector.Collect()
		part := make([]digits_vision_analysis.Sample, 0, chunk)
		for _, sample := range samples[start:min(start+chunk, len(samples))] {
			part = append(part, digits_vision_analysis.Sample{Picture: imageTo(sample.Picture), Label: sample.Label})
		}
		if added := evaluation.Add(part); added.IsErr() {
			return digits.Report{}, shifted(analysisError(added.Err()), start)
		}
	}
	result := evaluation.Run(classifier)
	if result.IsErr() {
		return digits.Report{}, analysisError(result.Err())
	}
	report := reportFrom(result.Ok())
	report.Served = digits.Counts{Classifier: classifier.Classified(), Instance: digits_vision_inference.Served()}
	return report, nil
}

func steps(invert bool) digits_vision_analysis.Step {
	if invert {
		return digits_vision_analysis.Step_Scale | digits_vision_analysis.Step_Invert
	}
	return digits_vision_analysis.Step_Scale
}

// shifted moves the index in an error from a part to the whole.
func shifted(err error, start int) error {
	switch known := err.(type) {
	case *digits.ImageError:
		known.Index += start
	case *digits.LabelError:
		known.Index += start
	}
	return err
}

func analysisError(err digits_vision_analysis.AnalysisError) error {
	switch err.Tag() {
	case digits_vision_analysis.AnalysisError_BadImage:
		bad := err.BadImage()
		return &digits.ImageError{Index: int(bad.Index), Reason: bad.Reason}
	case digits_vision_analysis.AnalysisError_BadLabel:
		return &digits.LabelError{Index: int(err.BadLabel())}
	case digits_vision_analysis.AnalysisError_NoSamples:
		return digits.ErrNoSamples
	default:
		return networkError(err.Inference())
	}
}

func networkError(err digits_vision_inference.InferenceError) error {
	switch err.Tag() {
	case digits_vision_inference.InferenceError_Shape:
		shape := err.Shape()
		return &digits.NetworkError{Message: fmt.Sprintf("it takes %v, not %v", shape.Expected, shape.Actual)}
	case digits_vision_inference.InferenceError_NotFinite:
		return &digits.NetworkError{Message: fmt.Sprintf("element %d is not finite", err.NotFinite())}
	case digits_vision_inference.InferenceError_BatchTooLarge:
		return &digits.NetworkError{Message: fmt.Sprintf("%d images are too many for a batch", err.BatchTooLarge())}
	default:
		return &digits.NetworkError{Message: err.Failed()}
	}
}

func optional(value wit_types.Option[float64]) *float64 {
	if value.IsNone() {
		return nil
	}
	number := value.Some()
	return &number
}
