// Package export_wcompose_echo_flood writes more than anybody wants to read.
package export_wcompose_echo_flood

import (
	"os"
	"strings"
	flood "wit_component/wcompose_echo_flood"

	. "go.bytecodealliance.org/pkg/wit/types"
)

func file(to flood.Target) *os.File {
	if to == flood.Target_StandardOutput {
		return os.Stdout
	}
	return os.Stderr
}

// Say writes a text.
func Say(text string, to flood.Target) Result[Unit, string] {
	if _, err := file(to).WriteString(text); err != nil {
		return Err[Unit](err.Error())
	}
	return Ok[Unit, string](Unit{})
}

// Flood writes lines.
func Flood(bytes uint64, to flood.Target) uint64 {
	lines := strings.Repeat(strings.Repeat("x", 63)+"\n", 64)
	taken := uint64(0)
	for taken < bytes {
		size := min(uint64(len(lines)), bytes-taken)
		written, err := file(to).WriteString(lines[:size])
		taken += uint64(written)
		if err != nil {
			break
		}
	}
	return taken
}
