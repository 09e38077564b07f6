// Command table prints the figures that the tests of one run left, and with
// -write puts them into the column of that run in the table of the repository.
// It fails when a promise has no figure.
//
//	go run ./integration/figures/table -dir DIR -run test|faults|soak [-write FIGURES.md]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"github.com/tacit-telemetry/tacit/integration/figures"
)

func main() {
	dir := flag.String("dir", "", "where the tests left their figures")
	run := flag.String("run", "test", "which run it was: test, faults or soak")
	write := flag.String("write", "", "the table to write the column into")
	flag.Parse()
	if err := table(*dir, *run, *write); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func table(dir, run, write string) error {
	noted, err := figures.Gather(dir)
	if err != nil {
		return err
	}
	cells := figures.CellsOf(noted)
	if err := figures.Print(os.Stdout, run, cells); err != nil {
		return err
	}
	if missing := figures.Missing(run, cells); len(missing) > 0 {
		return fmt.Errorf("no figure for %v: the tests that measure it did not run", missing)
	}
	if write == "" {
		return nil
	}
	text, err := os.ReadFile(write)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the table: %w", err)
	}
	columns := figures.ParseMarkdown(string(text))
	columns[run] = cells
	if err := os.WriteFile(write, []byte(figures.Markdown(columns)), 0o644); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
