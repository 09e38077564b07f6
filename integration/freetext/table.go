package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"unicode/utf8"
)

// table prints rows as Markdown that can be read without being rendered.
func table(rows []row) string {
	cells := [][]string{{"", "must", "aim", "reached"}}
	for _, r := range rows {
		reached := r.reached
		if r.missed {
			reached += " MISSED"
		}
		cells = append(cells, []string{r.what, r.must, r.aim, reached})
	}
	var width [4]int
	for _, line := range cells {
		for i, c := range line {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for n, line := range cells {
		for i, c := range line {
			b.WriteString("| " + c + strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+1))
		}
		b.WriteString("|\n")
		if n == 0 {
			for _, w := range width {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}

// head begins the document.
const head = `# Free text: what must be reached, and what is

Written by ` + "`make text WRITE=1`" + `. How values, words and leaks are counted stands in the package comment of
integration/freetext. The development data lies outside of this repository; the own set in integration/freetext/testdata.
What a host knows of itself, and messages that have a template, are held by tests of anon/own and schema/registry.

Measured at commit %s.

%s`

// writeTables writes the document, with the commit that was measured.
func writeTables(ctx context.Context, file, tables string) error {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--exclude", "*").Output()
	if err != nil {
		return fmt.Errorf("name the commit: %w", err)
	}
	text := fmt.Sprintf(head, strings.TrimSpace(string(out)), strings.TrimSpace(tables)+"\n")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the tables: %w", err)
	}
	return nil
}
