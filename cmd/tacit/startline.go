package main

import (
	"fmt"
	"strings"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// startLine is the one line by which a daemon says that it runs, and where.
type startLine struct {
	name  string
	parts []string
}

func (l *startLine) add(format string, args ...any) {
	l.parts = append(l.parts, fmt.Sprintf(format, args...))
}

func (l *startLine) print(env *cli.Env) {
	fmt.Fprintf(env.Err, "%s %s runs; %s\n", l.name, cli.Version, cli.Shown(strings.Join(l.parts, "; ")))
}
