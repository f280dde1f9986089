// Package export_wasi_cli_run is the export `wasi:cli/run`; the generated code asks for its name.
package export_wasi_cli_run

import (
	"os"

	"go.bytecodealliance.org/pkg/wit/types"

	"wit_component/program"
	"wit_component/vision"
)

// Run runs the gateway as a program.
func Run() wit_types.Result[wit_types.Unit, wit_types.Unit] {
	var arguments []string
	if len(os.Args) > 1 {
		arguments = os.Args[1:]
	}
	if !program.Run(vision.Service{}, arguments, os.Stdin, os.Stdout, os.Stderr) {
		return wit_types.Err[wit_types.Unit, wit_types.Unit](wit_types.Unit{})
	}
	return wit_types.Ok[wit_types.Unit, wit_types.Unit](wit_types.Unit{})
}
