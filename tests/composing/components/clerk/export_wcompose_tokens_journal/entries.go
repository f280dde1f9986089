// Package export_wcompose_tokens_journal shows what the clerk has seen.
package export_wcompose_tokens_journal

import "wit_component/journal"

// Entries are all calls so far, in order.
func Entries() []string {
	return journal.Entries
}
