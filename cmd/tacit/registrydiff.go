package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/dictionary"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// builtIn is the word for the registry that is built in.
const builtIn = "base"

func registryDiffCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "say in plain words what a newer registry changes",
		Long: "Say what a newer registry changes: what is collected in addition, of which people must be asked again, and what\n" +
			"means something else under the same name. OLD and NEW are each a file, a directory with all files of a\n" +
			"product's registry, or the word base: the registry that is built in.",
		Args: cli.Args(cobra.ExactArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error { return registryDiff(env, args[0], args[1]) },
	}
}

// differenceJSON is what --json prints.
type differenceJSON struct {
	From    schema.Release      `json:"from"`
	To      schema.Release      `json:"to"`
	Changes []dictionary.Change `json:"changes"`
}

func registryDiff(env *cli.Env, older, newer string) error {
	env.Count("registry")
	was, err := readSide(older)
	if err != nil {
		return err
	}
	is, err := readSide(newer)
	if err != nil {
		return err
	}
	changes := dictionary.Diff(was, is)
	if len(changes) > 0 && is.Release <= was.Release && older != builtIn && newer != builtIn { // who counts the base is another
		changes = slices.Insert(changes, 0, dictionary.Change{Of: "registry", What: fmt.Sprintf("it has changed, but release %d does not follow release %d: count the release up", is.Release, was.Release)})
	}
	if env.JSON {
		return env.PrintJSON(differenceJSON{From: was.Release, To: is.Release, Changes: append([]dictionary.Change{}, changes...)})
	}
	env.Printf("release %d to release %d: %s\n", was.Release, is.Release, summary(changes))
	for _, c := range changes {
		env.Printf("%s\n", c)
	}
	return nil
}

// summary counts changes, and what is to be done about them.
func summary(changes []dictionary.Change) string {
	if len(changes) == 0 {
		return "nothing else is collected"
	}
	ask, rename := 0, 0
	for _, c := range changes {
		if c.Ask {
			ask++
		}
		if c.NewName {
			rename++
		}
	}
	return fmt.Sprintf("%s; ask people again about %d, give a new name to %d", cli.Count(len(changes), "change"), ask, rename)
}

// readSide reads one of two registries: the one that is built in, or that of a
// file or of the files of a directory, laid over it.
func readSide(name string) (*registry.Registry, error) {
	if name == builtIn {
		return registry.Base(), nil
	}
	reg, err := readRegistry([]string{name})
	if errors.Is(err, fs.ErrNotExist) {
		err = cli.WithHint(err, "name a file, a directory or the word %s", builtIn)
	}
	return reg, err
}
