package vision

import (
	"wit_component/digits"
	"wit_component/digits_vision_analysis"
	"wit_component/digits_vision_inference"
	"wit_component/digits_vision_types"
)

func imageTo(image digits.Image) digits_vision_types.Image {
	return digits_vision_types.Image{Width: image.Width, Height: image.Height, Pixels: image.Pixels}
}

func candidateFrom(candidate digits_vision_types.Candidate) digits.Candidate {
	return digits.Candidate{Label: candidate.Label, Confidence: candidate.Confidence}
}

func certaintyFrom(certainty digits_vision_inference.Certainty) string {
	switch certainty {
	case digits_vision_inference.Certainty_Clear:
		return "clear"
	case digits_vision_inference.Certainty_Doubtful:
		return "doubtful"
	default:
		return "tied"
	}
}

func predictionFrom(prediction digits_vision_inference.Prediction, words string) digits.Prediction {
	converted := digits.Prediction{
		Candidate:   candidateFrom(prediction.Best),
		Certainty:   certaintyFrom(prediction.Certainty),
		Explanation: words,
	}
	if prediction.Present&digits_vision_inference.Detail_RunnerUp != 0 && prediction.RunnerUp.IsSome() {
		second := candidateFrom(prediction.RunnerUp.Some())
		converted.RunnerUp = &second
	}
	if prediction.Present&digits_vision_inference.Detail_Probabilities != 0 {
		converted.Probabilities = prediction.Probabilities
	}
	return converted
}

func reportFrom(report digits_vision_analysis.Report) digits.Report {
	converted := digits.Report{
		Samples:   report.Samples,
		Correct:   report.Correct,
		Accuracy:  report.Accuracy,
		Confusion: report.Confusion,
		Classes:   make([]digits.ClassQuality, len(report.Classes)),
		Mistakes:  make([]digits.Mistake, len(report.Mistakes)),
		Write: func(style digits.Style) string {
			if style == digits.ASCII {
				return digits_vision_analysis.Write(report, digits_vision_analysis.Style_Ascii)
			}
			return digits_vision_analysis.Write(report, digits_vision_analysis.Style_Text)
		},
	}
	for index, class := range report.Classes {
		converted.Classes[index] = digits.ClassQuality{
			Label:     class.Label,
			Support:   class.Support,
			Precision: optional(class.Precision),
			Recall:    optional(class.Recall),
		}
	}
	for index, mistake := range report.Mistakes {
		converted.Mistakes[index] = mistakeFrom(mistake)
	}
	return converted
}

func mistakeFrom(mistake digits_vision_analysis.Mistake) digits.Mistake {
	converted := digits.Mistake{
		Index:     mistake.Index,
		Label:     mistake.Sample.Label,
		Answer:    candidateFrom(mistake.Answer),
		Certainty: certaintyFrom(mistake.Certainty),
		Reasons:   make([]digits.Reason, len(mistake.Reasons)),
		Pixels:    make([]int, len(mistake.Sample.Picture.Pixels)),
	}
	for index, pixel := range mistake.Sample.Picture.Pixels {
		converted.Pixels[index] = int(pixel)
	}
	for index, reason := range mistake.Reasons {
		converted.Reasons[index] = reasonFrom(reason)
	}
	return converted
}

func reasonFrom(reason digits_vision_analysis.Reason) digits.Reason {
	switch reason.Tag() {
	case digits_vision_analysis.Reason_NearTie:
		other := reason.NearTie()
		return digits.Reason{Kind: "near-tie", Label: &other.Label, Confidence: &other.Confidence}
	case digits_vision_analysis.Reason_Faint:
		share := reason.Faint()
		return digits.Reason{Kind: "faint", Share: &share}
	case digits_vision_analysis.Reason_LooksLike:
		label := reason.LooksLike()
		return digits.Reason{Kind: "looks-like", Label: &label}
	default:
		return digits.Reason{Kind: "sure-but-wrong"}
	}
}
