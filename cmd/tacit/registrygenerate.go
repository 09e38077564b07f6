package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/generate"
)

func generateCommand(env *cli.Env) *cobra.Command {
	var (
		what generate.Config
		out  string
	)
	c := &cobra.Command{
		Use:   "generate FILE...",
		Short: "typed Go functions for what a product may report",
		Long: "Make one Go file with a function for each metric of a product, so that a name that is not registered\n" +
			"does not compile. For go generate:\n\n" +
			"  //go:generate tacit registry generate --out telemetry.go ../registry/finder.yaml",
		Args: cli.Args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, files []string) error { return generateGo(env, what, out, files) },
	}
	c.Flags().StringVar(&what.Package, "package", "telemetry", "name of the Go package")
	c.Flags().StringVar(&what.Product, "product", "", "whose functions; without it, the only product of the files")
	c.Flags().StringVar(&out, "out", "-", "file to write; -: stdout")
	return c
}

func generateGo(env *cli.Env, what generate.Config, out string, files []string) error {
	env.Count("registry")
	reg, err := readRegistry(files)
	if err != nil {
		return err
	}
	if what.Product == "" {
		if what.Product, err = onlyProduct(reg); err != nil {
			return err
		}
	}
	text, err := generate.Go(reg, what)
	if err != nil {
		return err
	}
	if out == "-" {
		env.Printf("%s", text)
		return nil
	}
	// Written in place: it is a file of the source tree, which the user's own
	// tools watch, and can be made again.
	if err := os.WriteFile(out, text, 0o666); err != nil {
		return fmt.Errorf("write functions: %w", err)
	}
	return nil
}

// onlyProduct returns the product that the files are of.
func onlyProduct(reg *registry.Registry) (string, error) {
	var own []string
	for i := range reg.Metrics {
		for _, name := range reg.Metrics[i].Products {
			if !slices.Contains(own, name) {
				own = append(own, name)
			}
		}
	}
	switch len(own) {
	case 0:
		return "", errors.New("the files have no product with metrics")
	case 1:
		return own[0], nil
	}
	slices.Sort(own)
	return "", cli.WithHint(errors.New("the files have several products"), "name one of them: --product %s", strings.Join(own, ", or --product "))
}
