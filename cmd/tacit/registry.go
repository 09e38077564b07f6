package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

func registryCommand(env *cli.Env) *cobra.Command {
	return cli.Group("registry", "what may be collected",
		&cobra.Command{
			Use: "lint [FILE...]", Short: "find what a reviewer would in a product's registry; without a file, in the one that is built in",
			Args: cli.Args(cobra.ArbitraryArgs),
			RunE: func(_ *cobra.Command, files []string) error { return lint(env, files, time.Now()) },
		},
		&cobra.Command{
			Use: "show [FILE...]", Short: "print a product's registry, laid over the one that is built in",
			Args: cli.Args(cobra.ArbitraryArgs),
			RunE: func(_ *cobra.Command, files []string) error { return showRegistry(env, files) },
		},
		generateCommand(env),
		registryDocsCommand(env),
		registryDiffCommand(env),
		registryTemplatesCommand(env),
	)
}

// errLint says that there were problems; each was printed.
var errLint = errors.New("the registry has problems")

func lint(env *cli.Env, names []string, now time.Time) error {
	env.Count("registry")
	files, err := config.RegistryFiles(names)
	if err != nil {
		return err
	}
	found := registry.Lint(now, files...)
	if env.JSON {
		if found == nil {
			found = registry.Problems{}
		}
		if err := env.PrintJSON(found); err != nil {
			return err
		}
	} else {
		for _, p := range found {
			env.Printf("%s\n", p.Error())
		}
	}
	if n := len(found.Errors()); n > 0 {
		return cli.WithHint(fmt.Errorf("%w: %s", errLint, cli.Count(n, "problem")), "each line above names its fix")
	}
	return nil
}

// readRegistry lays the files over the registry that is built in.
func readRegistry(names []string) (*registry.Registry, error) {
	reg, _, err := config.Registry(names)
	return reg, err
}

func showRegistry(env *cli.Env, names []string) error {
	env.Count("registry")
	reg, err := readRegistry(names)
	if err != nil {
		return err
	}
	if env.JSON {
		return env.PrintJSON(reg)
	}
	env.Printf("registry release %d\n\n", reg.Release)
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "METRIC\tCATEGORY\tTYPE\tON THE HOST\tGOES INTO\tREPORTED BY\tSINCE\tPURPOSE")
	for i := range reg.Metrics {
		m := &reg.Metrics[i]
		by := "any product"
		if m.Products != nil {
			by = strings.Join(m.Products, ", ")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", m.Name, m.Category, m.Type, m.Treatment, goesInto(m), by, m.Since, m.Purpose)
	}
	if err := w.Flush(); err != nil || len(reg.Logs) == 0 {
		return err
	}
	fmt.Fprintln(w, "\nLOG READ AT ENHANCED\tOF\tFROM\tLINES OF")
	for _, l := range reg.Logs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.Name, l.Product, cmp.Or(l.Path, "journal of "+l.Unit), l.Metric)
	}
	return w.Flush()
}

// goesInto says where a metric's records go.
func goesInto(m *registry.Metric) string {
	switch {
	case len(m.Rollups) == 0:
		return "page"
	case !m.Page:
		return "fragments"
	}
	return "page, fragments"
}
