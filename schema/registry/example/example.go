// Package example has the registry of two products that do not exist: Finder, a
// desktop client, and Engine, a server. Whoever writes a registry may begin with
// its files; tests report what it names.
//
// It promises that the files are laid over the base without a problem, now and
// in years: none of their metrics expires.
package example

import (
	"embed"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

//go:embed finder.yaml engine.yaml csp.yaml survey.yaml
var files embed.FS

// Files returns the files of the example, as [registry.Overlay] takes them.
func Files() []registry.File {
	var out []registry.File
	for _, name := range []string{"finder.yaml", "engine.yaml", "csp.yaml", "survey.yaml"} {
		data, err := files.ReadFile(name)
		if err != nil {
			panic(fmt.Sprintf("example: internal error: %v", err))
		}
		out = append(out, registry.File{Name: name, Data: data})
	}
	return out
}
