package dictionary

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CSV writes a line for each field and for each label of one, after a line of
// heads. What is not said of a label by itself is that of its field. A cell that
// a spreadsheet would take for a formula begins with an apostrophe.
func (d *Dictionary) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	lines := [][]string{append([]string{"Release", "Field", "Label"}, heads()...)}
	for _, s := range d.Fields {
		for _, f := range s.Entries {
			lines = append(lines, d.csvLine(f, Entry{}))
			for _, l := range f.Labels {
				lines = append(lines, d.csvLine(f, l))
			}
		}
	}
	if err := out.WriteAll(lines); err != nil {
		return fmt.Errorf("write dictionary: %w", err)
	}
	return nil
}

func (d *Dictionary) csvLine(field, label Entry) []string {
	line := []string{strconv.FormatUint(uint64(d.Release), 10), field.Name, label.Name}
	for _, head := range heads() {
		r, ok := label.row(head)
		if !ok {
			r, _ = field.row(head)
		}
		line = append(line, r.text())
	}
	for i := range line {
		line[i] = harmless(line[i])
	}
	return line
}

// text returns the row as one line.
func (r Row) text() string {
	parts := append([]string{}, r.Lines...)
	if len(r.Words) > 0 {
		parts = append(parts, strings.Join(r.Words, ", "))
	}
	if r.Link != "" {
		parts = append(parts, r.Link)
	}
	return strings.Join(parts, " ")
}

// formula are the characters with which spreadsheets begin one, those of East
// Asian keyboards included.
const formula = "=+-@\t\r\n＝＋－＠"

// harmless keeps a spreadsheet from computing a cell.
func harmless(cell string) string {
	if r, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune(formula, r) {
		return "'" + cell
	}
	return cell
}
