package registry

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Parse reads a registry file. The file name is for messages only. It takes
// one YAML document without anchors, aliases and unknown keys, at most
// [MaxFile] bytes. The error is [Problems]: all mistakes that were found, in
// the order of the file. A file that is not YAML tells its first mistake only.
func Parse(file string, data []byte) (*Registry, error) {
	rd := &reader{file: file}
	root := rd.document(data)
	if root == nil {
		return nil, rd.problems
	}
	rd.plain(root)
	reg, _ := rd.registry(root)
	if len(rd.problems) > 0 {
		return nil, rd.problems.sorted()
	}
	reg.index()
	return reg, nil
}

// document turns bytes into the root node, or nil with a problem.
func (rd *reader) document(data []byte) *yaml.Node {
	if len(data) > MaxFile {
		rd.problemAt(1, 1, "file of "+strconv.Itoa(len(data))+" bytes", "write at most "+strconv.Itoa(MaxFile)+" bytes")
		return nil
	}
	if line, column, ok := firstNonUTF8(data); ok {
		rd.problemAt(line, column, "not UTF-8", "save the file as UTF-8")
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		rd.problemAt(1, 1, "the file is empty", "write release, products, programmes and metrics")
		return nil
	case err != nil:
		rd.syntax(err, data)
		return nil
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
		return doc.Content[0]
	case err != nil:
		rd.syntax(err, data)
	default:
		rd.problem(&second, "a second YAML document", "keep one document, without a line of ---")
	}
	return nil
}

// syntaxLine is how the library tells the line of a syntax error; it has no
// typed error and no column.
const syntaxLine = `^yaml: (?:line ([0-9]+): )?(.*)$`

// syntax reports what the YAML library could not read.
func (rd *reader) syntax(err error, data []byte) {
	line, what := 1, err.Error()
	if m := regexp.MustCompile(syntaxLine).FindStringSubmatch(what); m != nil {
		what = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	lines := bytes.Split(data, []byte("\n"))
	line = min(line, len(lines))
	text := lines[line-1]
	column := len(text) - len(bytes.TrimLeft(text, " \t")) + 1
	rd.problemAt(line, column, "not YAML: "+what,
		"look at this line and those beside it: indentation by spaces, a space after each colon, closed quotes and brackets")
}

// firstNonUTF8 returns the place of the first byte that is not UTF-8.
func firstNonUTF8(data []byte) (line, column int, found bool) {
	line, column = 1, 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			return line, column, true
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		data = data[n:]
	}
	return 0, 0, false
}
