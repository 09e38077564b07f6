package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/insights"
)

func insightsCommand(env *cli.Env) *cobra.Command {
	var (
		q     insights.Question
		place storePlace
		files []string
	)
	c := &cobra.Command{
		Use:   "insights METRIC",
		Short: "what all installations add up to, and never fewer than the registry's threshold",
		Long: "Print what all installations of the last days add up to, by facets of one of the metric's roll-ups. Of fewer\n" +
			"installations than its min_installations the answer says so and nothing else. Numbers are rounded, so that two\n" +
			"answers do not differ by one installation.",
		Args: cli.Args(func(c *cobra.Command, args []string) error {
			if q.Days < 1 || q.Days > insights.MaxDays {
				return cli.WithHint(fmt.Errorf("--days %d cannot be", q.Days), "take 1 to %d", insights.MaxDays)
			}
			return cobra.ExactArgs(1)(c, args)
		}),
		RunE: func(c *cobra.Command, args []string) error {
			q.Metric = args[0]
			return runInsights(c.Context(), env, place, files, q)
		},
	}
	c.Flags().StringSliceVar(&q.By, "by", nil, "facets to split by, as in service.version,os.type")
	c.Flags().IntVar(&q.Days, "days", 30, "how many of the last days, today among them")
	c.Flags().StringArrayVar(&files, "registry", nil, registryUsage+"; in place of those that the store was given, when nobody runs it")
	place.flags(c)
	return c
}

func runInsights(ctx context.Context, env *cli.Env, place storePlace, files []string, q insights.Question) error {
	at, err := place.find(env)
	if err != nil {
		return err
	}
	set, err := registriesFor(at, files)
	if err != nil {
		return err
	}
	limitMemory(memoryLimit) // when no store runs, this process is one
	source, err := insights.Open(ctx, at.home(), set)
	if err != nil {
		return explainLookup(env, err)
	}
	a, err := source.Answer(ctx, q)
	err = errors.Join(err, source.Close())
	switch {
	case errors.Is(err, insights.ErrNoMetric):
		return cli.WithHint(err, "tacit registry show lists what there is, with the files of a product's registry behind it")
	case errors.Is(err, insights.ErrNoRollup), errors.Is(err, insights.ErrTooMany):
		return cli.WithHint(err, "name some of one roll-up's facets: --by F,F")
	case err != nil:
		return explainLookup(env, err)
	}
	a.Simulated = at.data.IsDemo()
	if env.JSON {
		return env.PrintJSON(a)
	}
	markSimulated(env, a.Simulated)
	printAnswer(env, &a)
	return nil
}

// registriesFor returns the releases that files name, or all that the store was
// given.
func registriesFor(at foundStore, files []string) (*registry.Set, error) {
	if len(files) == 0 {
		return knownRegistries(at.data.Store())
	}
	reg, err := readRegistry(files)
	if err != nil {
		return nil, err
	}
	return registry.NewSet(reg)
}

func printAnswer(env *cli.Env, a *insights.Answer) {
	env.Printf("%s, %s to %s\n", a.Metric, a.From, a.To)
	for i := range a.Cells {
		c := &a.Cells[i]
		name := strings.Join(c.Facets, " ")
		if name == "" {
			name = "all"
		}
		if c.Fewer > 0 {
			env.Printf("%s: fewer than %d installations\n", name, c.Fewer)
			continue
		}
		env.Printf("%s: at least %s installations\n", name, cli.Thousands(int(c.Installations)))
		for j := range c.Series {
			env.Printf("  %s\n", seriesText(a, &c.Series[j]))
		}
	}
	if len(a.Cells) == 0 {
		env.Printf("nothing was reported\n")
	}
}

// seriesText returns one series in one line.
func seriesText(a *insights.Answer, s *insights.Series) string {
	out := ""
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		out += name + "=" + s.Labels[name] + "  "
	}
	if s.Fewer > 0 {
		return out + fmt.Sprintf("fewer than %d %s", s.Fewer, a.Counted)
	}
	out += cli.Thousands(int(s.Events)) + " " + a.Counted
	if s.Mean > 0 {
		out += ", mean " + insights.Number(a.Unit, int64(s.Mean))
	}
	if p := s.Spread; p != nil {
		out += fmt.Sprintf(", half of them %s, 9 of 10 %s", p.Middle.Text(a.Unit), p.Most.Text(a.Unit))
	}
	return out
}
