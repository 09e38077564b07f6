package figures

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Cells are a run's figures, one a row.
type Cells map[Row]string

// CellsOf joins what the tests of a run noted: by name of the test, and no
// figure twice.
func CellsOf(noted map[Row][]Noted) Cells {
	out := Cells{}
	for row, ns := range noted {
		slices.SortFunc(ns, func(a, b Noted) int {
			return cmp.Or(strings.Compare(a.Test, b.Test), strings.Compare(a.Figure, b.Figure))
		})
		var texts []string
		for _, n := range ns {
			texts = append(texts, n.Figure)
		}
		out[row] = strings.Join(slices.Compact(texts), "; ")
	}
	return out
}

// Missing returns the rows that a run should have a figure for and has not.
func Missing(run string, cells Cells) (rows []Row) {
	for _, p := range promises {
		if slices.Contains(p.runs, run) && cells[p.row] == "" {
			rows = append(rows, p.row)
		}
	}
	return rows
}

// Print writes one run's column: each promise, what is counted, and below it a
// line a figure.
func Print(w io.Writer, run string, cells Cells) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "\nPromises, and the figures of this run (%s)\n", run)
	for _, p := range promises {
		if !slices.Contains(p.runs, run) {
			continue
		}
		fmt.Fprintf(out, "\n%-14s %s\n", p.row, p.figure)
		for figure := range strings.SplitSeq(cmp.Or(cells[p.row], "MISSING"), "; ") {
			fmt.Fprintf(out, "    %s\n", figure)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print figures: %w", err)
	}
	return nil
}

// tableHead is the head of the table in the document.
const tableHead = "| promise | what is counted | `make test` | `make faults` | `make soak` |"

// Markdown returns the document with the given columns, by run.
func Markdown(columns map[string]Cells) string {
	var b strings.Builder
	b.WriteString("# Promise, test, figure of the last run\n\n" +
		"Written by `make faults` and `make soak`; `make test` prints its column and leaves this page alone, unless told\n" +
		"`make test WRITE=1`. What each row does stands in the package comments of `integration`.\n\n" + tableHead + "\n|---|---|---|---|---|\n")
	for _, p := range promises {
		fmt.Fprintf(&b, "| **%s**: %s | %s |", p.row, p.promise, p.figure)
		for _, run := range all {
			cell := columns[run][p.row]
			if cell == "" && slices.Contains(p.runs, run) {
				cell = "not run yet"
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// ParseMarkdown reads the columns of the document back.
func ParseMarkdown(text string) map[string]Cells {
	columns := map[string]Cells{}
	for _, run := range all {
		columns[run] = Cells{}
	}
	_, rows, _ := strings.Cut(text, tableHead)
	for line := range strings.Lines(rows) {
		fields := strings.Split(strings.TrimSpace(line), " |")
		name, ok := strings.CutPrefix(fields[0], "| **")
		name, _, found := strings.Cut(name, "**")
		if !ok || !found || len(fields) < 2+len(all) {
			continue
		}
		for i, run := range all {
			if cell := strings.TrimSpace(fields[2+i]); cell != "" && cell != "not run yet" {
				columns[run][Row(name)] = cell
			}
		}
	}
	return columns
}
