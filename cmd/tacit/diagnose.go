package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// populationTime is how long a lookup waits for what all installations add up to:
// whoever calls is on the telephone.
const populationTime = 3 * time.Second

// caseOptions say what becomes of the diagnosis.
type caseOptions struct {
	issues  string // the vendor's file; "": none
	sheet   bool   // of one problem, in place of the time line
	problem int    // which one, from 1
}

func (o *caseOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.issues, "issues", "", "the vendor's file of known issues and of ends of life")
	c.Flags().BoolVar(&o.sheet, "case", false, "print the sheet of a support case, as Markdown, in place of the time line")
	c.Flags().IntVar(&o.problem, "problem", 1, "which problem the case is about, as the lookup numbers them")
}

// typed refuses what cannot be meant, wherever the store is.
func (o *caseOptions) typed() error {
	if o.problem < 1 {
		return cli.WithHint(fmt.Errorf("--problem %d is none", o.problem), "take 1 or more, as the lookup numbers them")
	}
	return nil
}

// known reads the vendor's file.
func (o *caseOptions) known() (*diagnosis.Known, error) { return readIssues(o.issues) }

// readIssues reads the vendor's file of known issues; "" is none.
func readIssues(file string) (*diagnosis.Known, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read known issues: %w", err)
	}
	k, err := diagnosis.ParseKnown(file, b)
	if err != nil {
		return nil, fmt.Errorf("read known issues: %w", err)
	}
	return k, nil
}

// diagnose says what is wrong, by what all installations add up to where the store
// says it in time.
func diagnose(ctx context.Context, from askedStores, set *registry.Set, known *diagnosis.Known, h *lookup.History) (diagnosis.Report, error) {
	cfg := diagnosis.Config{Registry: set.Newest(), Known: known}
	p, err := from.population(ctx, set)
	if err == nil {
		cfg.Population = p
	}
	r, examined := diagnosis.Examine(ctx, cfg, h)
	if err != nil {
		r.Notes = append(r.Notes, "what all installations add up to: "+err.Error())
	}
	return r, examined
}

func population(ctx context.Context, at foundStore, set *registry.Set) (*insights.Population, error) {
	ctx, cancel := context.WithTimeout(ctx, populationTime)
	defer cancel()
	source, err := insights.Open(ctx, at.home(), set)
	if err != nil {
		return nil, err
	}
	p, err := source.Population(ctx)
	return p, errors.Join(err, source.Close())
}

// print prints a history with what is wrong first, or the sheet of a case.
func (o *caseOptions) print(env *cli.Env, h *lookup.History, r *diagnosis.Report) error {
	if o.sheet {
		return o.printSheet(env, r)
	}
	if env.JSON {
		return printDiagnosed(env, h, r)
	}
	printProblems(env, r)
	if err := printHistory(env, h); err != nil {
		return err
	}
	for _, note := range r.Notes {
		env.Printf("note: %s\n", cli.Shown(note))
	}
	if h.NotUnderstood > 0 {
		env.Printf("note: --registry FILE names the files of another release\n")
	}
	return nil
}

func (o *caseOptions) printSheet(env *cli.Env, r *diagnosis.Report) error {
	if o.problem > max(len(r.Problems), 1) {
		return cli.WithHint(fmt.Errorf("there is no problem %d", o.problem), "the lookup without --case numbers them")
	}
	s := r.Sheet(o.problem - 1)
	if env.JSON {
		return env.PrintJSON(s)
	}
	env.Printf("%s", s.Markdown())
	return nil
}

// printDiagnosed prints the object of the history with one key more.
func printDiagnosed(env *cli.Env, h *lookup.History, r *diagnosis.Report) error {
	report, err := json.Marshal(r)
	if err != nil {
		return err
	}
	history, err := json.Marshal(h)
	if err != nil {
		return err
	}
	out := append([]byte(`{"diagnosis":`), report...)
	return env.PrintJSON(json.RawMessage(append(append(out, ','), history[1:]...)))
}

// printProblems prints the sentence of each problem, the worst first.
func printProblems(env *cli.Env, r *diagnosis.Report) {
	env.Printf("%s\nseverity %d, %s: %s\n", r.Sentence, r.Severity.Level, r.Severity.Name(), r.Severity.Reason)
	for i := 1; i < len(r.Problems); i++ {
		p := &r.Problems[i]
		env.Printf("%d. severity %d, %s: %s\n", i+1, p.Severity.Level, p.Severity.Name(), p.Sentence)
	}
	env.Printf("\n")
}
