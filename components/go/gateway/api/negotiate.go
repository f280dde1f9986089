package api

import (
	"mime"
	"strconv"
	"strings"
)

// Media types that are read and written.
const (
	typeJSON    = "application/json"
	typeText    = "text/plain"
	typeCSV     = "text/csv"
	typeProblem = "application/problem+json"
)

// negotiate picks the offer that the Accept values like best; the first offer when there are none or
// several are equal. It gives "" when none is acceptable (RFC 9110, section 12.5.1: the most specific
// range counts, quality 0 means never).
func negotiate(accept []string, offers ...string) string {
	if len(accept) == 0 {
		return offers[0]
	}
	best, bestQuality := "", 0.0
	for _, offer := range offers {
		if quality := qualityOf(offer, accept); quality > bestQuality {
			best, bestQuality = offer, quality
		}
	}
	return best
}

// qualityOf says how much one offer is liked, from 0 to 1.
func qualityOf(offer string, accept []string) float64 {
	kind, _, _ := strings.Cut(offer, "/")
	quality, specificity := 0.0, 0
	for _, value := range accept {
		wanted, parameters, err := mime.ParseMediaType(value)
		if err != nil {
			continue
		}
		fits := 0
		switch wanted {
		case offer:
			fits = 3
		case kind + "/*":
			fits = 2
		case "*/*":
			fits = 1
		}
		if fits > specificity {
			specificity = fits
			quality = 1.0
			if text, there := parameters["q"]; there {
				quality, err = strconv.ParseFloat(text, 64)
				if err != nil || !(quality >= 0 && quality <= 1) {
					quality = 0
				}
			}
		}
	}
	return quality
}
