package main

import (
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

func registryCommand(env *cli.Env) *cobra.Command {
	return cli.Group("registry", "what may be collected",
		&cobra.Command{
			Use: "lint FILE...", Short: "find what a reviewer would", Args: cli.Args(cobra.MinimumNArgs(1)),
			RunE: func(_ *cobra.Command, files []string) error { return lint(env, files) },
		},
		&cobra.Command{
			Use: "show [FILE]", Short: "print a registry; without a file, the one that is built in", Args: cli.Args(cobra.MaximumNArgs(1)),
			RunE: func(_ *cobra.Command, files []string) error { return showRegistry(env, files) },
		},
	)
}

// errLint says that there were problems; each was printed.
var errLint = errors.New("the registry has problems")

func lint(env *cli.Env, files []string) error {
	env.Count("registry")
	found := registry.Problems{}
	for _, file := range files {
		_, err := readRegistry(file)
		var problems registry.Problems
		switch {
		case errors.As(err, &problems):
			found = append(found, problems...)
		case err != nil:
			return err
		}
	}
	if env.JSON {
		if err := env.PrintJSON(found); err != nil {
			return err
		}
	} else {
		for _, p := range found {
			env.Printf("%s\n", p.Error())
		}
	}
	if len(found) > 0 {
		return cli.WithHint(fmt.Errorf("%w: %s", errLint, cli.Count(len(found), "problem")), "each line above names its fix")
	}
	return nil
}

func readRegistry(file string) (*registry.Registry, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read registry: %w", err)
	}
	return registry.Parse(file, b)
}

func showRegistry(env *cli.Env, files []string) error {
	env.Count("registry")
	reg := registry.Base()
	if len(files) > 0 {
		var err error
		if reg, err = readRegistry(files[0]); err != nil {
			return cli.WithHint(err, "tacit registry lint %s", files[0])
		}
	}
	if env.JSON {
		return env.PrintJSON(reg)
	}
	env.Printf("registry release %d\n\n", reg.Release)
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "METRIC\tCATEGORY\tTYPE\tON THE HOST\tGOES INTO\tPURPOSE")
	for i := range reg.Metrics {
		m := &reg.Metrics[i]
		goes := "page"
		if len(m.Rollups) > 0 {
			goes = "page, fragments"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.Name, m.Category, m.Type, m.Treatment, goes, m.Purpose)
	}
	return w.Flush()
}
