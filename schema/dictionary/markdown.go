package dictionary

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the dictionary as one document of GitHub's Markdown.
func (d *Dictionary) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nRelease %d of the registry.\n", prose(d.Title), d.Release)
	for _, s := range append(append([]Section{}, d.Sections...), d.Fields...) {
		markdownSection(&b, s)
	}
	fmt.Fprintf(&b, "\n## Signature\n\n%s\n\n", prose(d.Sign.Text))
	fmt.Fprint(&b, "| | |\n| --- | --- |\n")
	for _, head := range d.Sign.Heads {
		fmt.Fprintf(&b, "| %s | |\n", prose(head))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write dictionary: %w", err)
	}
	return nil
}

func markdownSection(b *strings.Builder, s Section) {
	fmt.Fprintf(b, "\n## %s\n", prose(s.Title))
	for _, t := range s.Text {
		fmt.Fprintf(b, "\n%s\n", prose(t))
	}
	if len(s.Words) > 0 {
		fmt.Fprintf(b, "\n%s\n", codes(s.Words))
	}
	if len(s.Table) > 0 {
		markdownTable(b, s.Table)
	}
	for _, e := range s.Entries {
		markdownEntry(b, "### "+code(e.Name), e)
		for _, l := range e.Labels {
			markdownEntry(b, "#### Label "+code(l.Name)+" of "+code(e.Name), l)
		}
	}
}

// markdownTable writes an entry a line.
func markdownTable(b *strings.Builder, lines []Entry) {
	fmt.Fprint(b, "\n| |")
	for _, r := range lines[0].Rows {
		fmt.Fprintf(b, " %s |", prose(r.Head))
	}
	fmt.Fprint(b, "\n|"+strings.Repeat(" --- |", len(lines[0].Rows)+1)+"\n")
	for _, e := range lines {
		fmt.Fprintf(b, "| %s |", code(e.Name))
		for _, r := range e.Rows {
			fmt.Fprintf(b, " %s |", cell(r))
		}
		fmt.Fprintln(b)
	}
}

// markdownEntry writes a table of one entry.
func markdownEntry(b *strings.Builder, title string, e Entry) {
	fmt.Fprintf(b, "\n%s\n\n| | |\n| --- | --- |\n", title)
	for _, r := range e.Rows {
		if !r.Empty() {
			fmt.Fprintf(b, "| %s | %s |\n", prose(r.Head), cell(r))
		}
	}
}

func cell(r Row) string {
	var parts []string
	for _, l := range r.Lines {
		parts = append(parts, prose(l))
	}
	if len(r.Words) > 0 {
		parts = append(parts, codes(r.Words))
	}
	if r.Link != "" {
		parts = append(parts, "<"+strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", " ", "%20").Replace(r.Link)+">")
	}
	return strings.Join(parts, "<br>")
}

// special are the characters that Markdown or HTML would take for its own.
const special = "\\`*_[]<>|&~$#"

// prose writes a text so that it is shown as it is.
func prose(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code writes a name: none of those that the registry takes has a backquote.
func code(s string) string { return "`" + strings.ReplaceAll(s, "|", `\|`) + "`" }

func codes(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = code(w)
	}
	return strings.Join(out, ", ")
}
