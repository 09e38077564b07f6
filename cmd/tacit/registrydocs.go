package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/dictionary"
)

// The forms of a dictionary.
const (
	formatMarkdown = "markdown"
	formatHTML     = "html"
	formatCSV      = "csv"
)

func registryDocsCommand(env *cli.Env) *cobra.Command {
	format := ""
	c := &cobra.Command{
		Use:   "docs [FILE...]",
		Short: "print what a product's registry lets be collected, for whoever has to sign for it",
		Long: "Print the data dictionary of a product's registry, laid over the one that is built in; without a file, of the\n" +
			"latter: every field, what it is for, what is done to it on the host, where it goes and how long it is kept.",
		Args: cli.Args(func(*cobra.Command, []string) error { return checkFormat(format) }),
		RunE: func(_ *cobra.Command, files []string) error { return registryDocs(env, format, files) },
	}
	c.Flags().StringVar(&format, "format", formatMarkdown, "markdown, html (one page that needs nothing else) or csv")
	return c
}

func checkFormat(format string) error {
	switch format {
	case formatMarkdown, formatHTML, formatCSV:
		return nil
	}
	return cli.WithHint(fmt.Errorf("--format %q is not known", format), "write %s, %s or %s", formatMarkdown, formatHTML, formatCSV)
}

func registryDocs(env *cli.Env, format string, files []string) error {
	env.Count("registry")
	reg, err := readRegistry(files)
	if err != nil {
		return err
	}
	d := dictionary.New(reg, dictionary.Config{})
	switch {
	case env.JSON:
		return env.PrintJSON(d)
	case format == formatHTML:
		return d.HTML(env.Out)
	case format == formatCSV:
		return d.CSV(env.Out)
	}
	return d.Markdown(env.Out)
}
