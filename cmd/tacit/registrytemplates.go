package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/messages"
)

// templatesOptions are the flags of the command.
type templatesOptions struct {
	messages.Config
	product  string
	registry []string
}

func registryTemplatesCommand(env *cli.Env) *cobra.Command {
	var o templatesOptions
	c := &cobra.Command{
		Use:   "templates DIR...",
		Short: "list the messages that Go code logs, as templates for a registry",
		Long: "List what the Go code in DIR and below it logs with log, log/slog and loggers like them, as the templates of a\n" +
			"metric of type log, to be pasted into a registry. What the code fills in becomes a {placeholder}: it is dropped,\n" +
			"unless the metric has a label of that name. What cannot be listed is named on stderr, with its place.",
		Args: cli.Args(func(c *cobra.Command, dirs []string) error {
			if o.product != "" && len(o.registry) == 0 {
				return cli.WithHint(errors.New("--product without --registry"), "name the file that has its templates: --registry FILE")
			}
			return cobra.MinimumNArgs(1)(c, dirs)
		}),
		RunE: func(_ *cobra.Command, dirs []string) error {
			o.Dirs = dirs
			return registryTemplates(env, o)
		},
	}
	c.Flags().BoolVar(&o.Errors, "errors", false, "also what fmt.Errorf and errors.New say")
	c.Flags().StringArrayVar(&o.registry, "registry", nil, "file that has templates already, which keep their IDs and texts; once for each")
	c.Flags().StringVar(&o.product, "product", "", "whose templates these are; without it, the only product of the files")
	return c
}

// templatesJSON is what --json prints.
type templatesJSON struct {
	Templates []messages.Line    `json:"templates"`
	Skipped   []messages.Skipped `json:"skipped"`
}

func registryTemplates(env *cli.Env, o templatesOptions) error {
	env.Count("registry")
	var err error
	if o.Known, err = knownTemplates(o.product, o.registry); err != nil {
		return err
	}
	lines, skipped, err := messages.List(o.Config)
	if err != nil {
		return err
	}
	if env.JSON {
		return env.PrintJSON(templatesJSON{append([]messages.Line{}, lines...), append([]messages.Skipped{}, skipped...)})
	}
	for _, s := range skipped {
		fmt.Fprintf(env.Err, "%s: not listed: %s\n", s.Place, s.Why)
	}
	env.Printf("    templates:\n")
	for _, l := range lines {
		env.Printf("      - {id: %s, text: %s}\n", l.ID, strconv.Quote(l.Text))
	}
	return nil
}

// knownTemplates returns those that the registry's files have.
func knownTemplates(product string, files []string) (out []messages.Line, err error) {
	if len(files) == 0 {
		return nil, nil
	}
	reg, err := readRegistry(files)
	if err != nil {
		return nil, err
	}
	if product == "" {
		if product, err = onlyProduct(reg); err != nil {
			return nil, err
		}
	}
	if _, ok := reg.Product(product); !ok {
		return nil, cli.WithHint(fmt.Errorf("product %q is not registered", product), "name one of the files' products")
	}
	for i := range reg.Metrics {
		if m := &reg.Metrics[i]; slices.Contains(m.Products, product) {
			for _, t := range m.Templates {
				out = append(out, messages.Line{ID: t.ID, Text: t.Text})
			}
		}
	}
	return out, nil
}
