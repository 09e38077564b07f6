package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A kind is what a line of data is for.
type kind int

const (
	logLine   kind = iota // constant words around variable parts
	caseLine              // values that must go, and what may stay
	cleanLine             // nothing to take
)

// A span is a marked part of a line, in bytes.
type span struct {
	start, end int
	class      string
}

// A line is one line of data.
type line struct {
	kind     kind
	file     string // its base name without .jsonl
	text     string
	template string // of a log line
	spans    []span // in order, without overlap
	class    string // what a case is about
	negative bool   // that class must not be found
}

// maxText bounds a line, whose alignment takes the square of its length.
const maxText = 16 << 10

// record is a line as the files have it.
type record struct {
	ID       string  `json:"id"`
	Text     string  `json:"text"`
	Template *string `json:"template"`
	Vars     []mark  `json:"vars"`
	Spans    *[]mark `json:"spans"`
	Class    string  `json:"cls"`
	Negative bool    `json:"neg"`
}

// A mark is a span in code points: [start, end, class].
type mark struct {
	start, end int
	class      string
}

// UnmarshalJSON reads [start, end, class].
func (m *mark) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&m.start, &m.end, &m.class})
}

// load reads every file *.jsonl, in the order of their names.
func load(set fs.FS) ([]line, error) {
	var lines []line
	err := fs.WalkDir(set, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".jsonl" {
			return err
		}
		more, err := loadFile(set, name)
		lines = append(lines, more...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the data: %w", err)
	}
	return lines, nil
}

func loadFile(set fs.FS, name string) (lines []line, err error) {
	f, err := set.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 8*maxText)
	for n := 1; s.Scan(); n++ {
		var r record
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		l, err := r.line(strings.TrimSuffix(path.Base(name), ".jsonl"))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		lines = append(lines, l)
	}
	return lines, s.Err()
}

// line checks a record and turns its code points into bytes.
func (r record) line(file string) (line, error) {
	if len(r.Text) > maxText || strings.ContainsAny(r.Text, "\r\n") {
		return line{}, fmt.Errorf("the text of %s is no line of at most %d bytes", r.ID, maxText)
	}
	l := line{kind: cleanLine, file: file, text: r.Text, class: r.Class, negative: r.Negative}
	marks := r.Vars
	switch {
	case r.Template != nil:
		l.kind, l.template = logLine, *r.Template
	case r.Spans != nil:
		l.kind, marks = caseLine, *r.Spans
	}
	marks = slices.Clone(marks)
	slices.SortFunc(marks, func(a, b mark) int { return cmp.Compare(a.start, b.start) })
	var at []int // where each code point begins, and the end
	for i := range r.Text {
		at = append(at, i)
	}
	at = append(at, len(r.Text))
	end := 0
	for _, m := range marks {
		if m.start < end || m.end <= m.start || m.end >= len(at) {
			return line{}, fmt.Errorf("the span [%d, %d] of %s is empty, overlaps, or is outside of the text of %d characters", m.start, m.end, r.ID, len(at)-1)
		}
		end = m.end
		l.spans = append(l.spans, span{start: at[m.start], end: at[m.end], class: m.class})
	}
	return l, nil
}
