package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/registries"
)

// registryUsage describes --registry, which may stand several times.
const registryUsage = "file of a product's registry, or directory of its files, laid over the one that is built in; once for each"

// keepRegistries has a store keep each release that it is given, and returns all
// releases that it knows.
func keepRegistries(dir string, given ...release) (*registry.Set, error) {
	for _, r := range given {
		if err := registries.Keep(dir, r.files...); err != nil {
			return nil, explainRegistries(err)
		}
	}
	return knownRegistries(dir)
}

// knownRegistries returns all releases that a store was ever given.
func knownRegistries(dir string) (*registry.Set, error) {
	set, err := registries.Read(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, explainSecrets(err)
	case err != nil:
		return nil, cli.WithHint(err, "put the directory of that release below %s back from a copy; or move it away, and give its files to the store again", dir)
	}
	return set, nil
}

func explainRegistries(err error) error {
	if errors.Is(err, registries.ErrChanged) {
		return cli.WithHint(err, "count the release up in all of its files; or, if nothing was reported under it yet, remove that directory")
	}
	return err
}

// release is a registry that was given, and its files.
type release struct {
	*registry.Registry
	files []registry.File
}

// readReleases reads the releases that a configuration gives to a store, each
// once.
func readReleases(lists [][]config.Path) ([]release, error) {
	var out []release
	for _, names := range lists {
		reg, files, err := config.Registry(names)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(r release) bool { return r.Release == reg.Release }) {
			return nil, cli.WithHint(fmt.Errorf("registries has release %d twice", reg.Release),
				"put all files of a release into one list: registries: [[finder.yaml, survey.yaml]]")
		}
		out = append(out, release{reg, files})
	}
	return out, nil
}
