// Package export_paperflow_plugins_transformer numbers invoices: consecutively, without a gap, and the
// same number again for a document that comes again.
package export_paperflow_plugins_transformer

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	. "go.bytecodealliance.org/pkg/wit/types"
	documents "wit_component/paperflow_plugins_documents"
	"wit_component/paperflow_plugins_log"
	"wit_component/paperflow_plugins_store"
)

const (
	counter  = "numbering/invoices"
	assigned = "numbering/of/"
	// collectAfter is how many bytes may be taken before what is left of them is collected.
	collectAfter = 4 << 20
	// perCall is how many bytes a call takes besides the document's, roughly, and perPart those of each
	// of its parts.
	perCall, perPart = 1 << 10, 64
)

var taken int

// The collector must not run while a caller passes data in: it asks for the time of day, and in that
// while the Component Model allows no call out. So it runs in Transform, where that is allowed.
func init() { debug.SetGCPercent(-1) }

// Describe says what the plugin does.
func Describe() string {
	return "gives every document with the tag `invoice` a consecutive number"
}

// Transform numbers a document if it is an invoice.
func Transform(document documents.Document) Result[documents.Document, documents.Problem] {
	if taken += perCall + sizeOf(document); taken > collectAfter {
		taken = 0
		runtime.GC()
	}
	if !slices.Contains(document.Tags, "invoice") {
		return Ok[documents.Document, documents.Problem](document)
	}
	if strings.TrimSpace(document.Body) == "" {
		return refuse(documents.MakeProblemUnsuitable("an invoice needs a text"))
	}
	number, problem := numberOf(document.Id)
	if problem != nil {
		return refuse(*problem)
	}
	document.Attributes = append(document.Attributes, documents.Attribute{Name: "invoice-number", Value: number})
	return Ok[documents.Document, documents.Problem](document)
}

func sizeOf(document documents.Document) int {
	size := len(document.Id) + len(document.Title) + len(document.Body)
	for _, tag := range document.Tags {
		size += len(tag) + perPart
	}
	for _, attribute := range document.Attributes {
		size += len(attribute.Name) + len(attribute.Value) + perPart
	}
	return size
}

// numberOf is the number that a document has, or else the next one.
func numberOf(id string) (string, *documents.Problem) {
	if known := paperflow_plugins_store.Get(assigned + id); known.IsSome() {
		return known.Some(), nil
	}
	next := paperflow_plugins_store.Add(counter, 1)
	if next.IsErr() {
		return "", because(next.Err())
	}
	number := fmt.Sprintf("INV-%06d", next.Ok())
	if kept := paperflow_plugins_store.Set(assigned+id, number); kept.IsErr() {
		return "", because(kept.Err())
	}
	paperflow_plugins_log.Write(paperflow_plugins_log.Level_Info, id+" is "+number)
	return number, nil
}

func because(err paperflow_plugins_store.StoreError) *documents.Problem {
	var problem documents.Problem
	switch err.Tag() {
	case paperflow_plugins_store.StoreError_Full:
		problem = documents.MakeProblemUnavailable(fmt.Sprintf("the store is full: it keeps %d bytes", err.Full()))
	case paperflow_plugins_store.StoreError_NotANumber:
		problem = documents.MakeProblemUnavailable("the store has no number under `" + counter + "`")
	default:
		problem = documents.MakeProblemOther(err.Other())
	}
	return &problem
}

func refuse(problem documents.Problem) Result[documents.Document, documents.Problem] {
	return Err[documents.Document, documents.Problem](problem)
}
