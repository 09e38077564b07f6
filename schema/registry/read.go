package registry

import (
	"fmt"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema"
)

// registry reads the whole file and applies every rule.
func (rd *reader) registry(n *yaml.Node) (*Registry, []entry) {
	o := rd.object(n, "registry", "", []string{"release", "products", "programmes", "metrics"}, nil)
	reg := &Registry{Release: rd.release(o, "release")}
	reg.Products, _ = rd.products(o, true)
	rd.programmes(o, reg)
	entries := rd.metrics(o)
	for _, e := range entries {
		e.lintMetric(reg)
	}
	lintTogether(reg, entries)
	reg.add(entries)
	return reg, entries
}

// add appends the metrics.
func (r *Registry) add(entries []entry) {
	for _, e := range entries {
		r.Metrics = append(r.Metrics, *e.m)
	}
}

// release reads a release number, from 1.
func (rd *reader) release(o object, key string) schema.Release {
	had := len(rd.problems)
	n := rd.number(o, key)
	if o.has(key) && len(rd.problems) == had && (n < 1 || n > math.MaxUint32) {
		rd.problem(o.at[key], fmt.Sprintf("%s of %s is %d", key, o.what, n), "count releases from 1")
		return 0
	}
	return schema.Release(n)
}

// products reads the products of a file and returns where each stands. Where
// the file is the whole registry, none may be without its modules.
func (rd *reader) products(o object, whole bool) (out []Product, at []object) {
	if !o.has("products") {
		return nil, nil
	}
	required, optional := []string{"name"}, []string{"modules"}
	if whole {
		required, optional = append(required, optional...), nil
	}
	seen := map[string]bool{}
	for _, n := range rd.list(o.at["products"], "products") {
		p := rd.object(n, "product", "", required, optional)
		product := Product{
			Name:    rd.name(p, isProductName, "lower-case letters, digits and hyphens, such as acme-mail"),
			Modules: rd.texts(p, "modules", isModule, "write an import path of at least a host and a name, such as example.com/mail"),
		}
		rd.unique(p, seen, product.Name)
		out, at = append(out, product), append(at, p)
	}
	return out, at
}

func (rd *reader) programmes(o object, reg *Registry) {
	if !o.has("programmes") {
		return
	}
	seen := map[string]bool{}
	for _, n := range rd.list(o.at["programmes"], "programmes") {
		p := rd.object(n, "programme", "", []string{"name", "default", "purpose"}, nil)
		programme := Programme{
			Name:    oneOf(rd, p, "name", []schema.Programme{schema.CEIP, schema.CSP}),
			Default: oneOf(rd, p, "default", []Default{DefaultOn, DefaultAsk, DefaultOff}),
			Purpose: rd.text(p, "purpose"),
		}
		rd.unique(p, seen, string(programme.Name))
		reg.Programmes = append(reg.Programmes, programme)
	}
}

// name reads the key "name" and returns an empty text when it has not the form.
func (rd *reader) name(o object, fits func(string) bool, form string) string {
	had := len(rd.problems)
	s := rd.text(o, "name")
	if o.has("name") && len(rd.problems) == had && !fits(s) {
		rd.problem(o.at["name"], "name of "+o.what+" does not have the form", "use "+form)
		return ""
	}
	return s
}

const (
	maxNameLen  = 100
	maxValueLen = 64
)

// isDotted says whether s is lower-case words with dots between.
func isDotted(s string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if !startsLower(word) || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
	}
	return len(s) <= maxNameLen
}

func isProductName(s string) bool {
	return len(s) <= maxNameLen && startsLower(s) && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func startsLower(s string) bool { return s != "" && 'a' <= s[0] && s[0] <= 'z' }

// isModule wants at least one element after the host: a whole host such as
// github.com would let everybody's frames pass.
func isModule(s string) bool {
	host, rest, ok := strings.Cut(s, "/")
	return ok && strings.Contains(host, ".") && rest != "" && !strings.HasSuffix(rest, "/") &&
		!strings.Contains(s, "//") && strings.IndexFunc(s, notPath) < 0
}

// isValue says whether s can be an enumerated value: one short word of ASCII.
// Route templates (/items/{id}) and types of errors (*fs.PathError) are such.
func isValue(s string) bool {
	if s == "" || len(s) > maxValueLen || !isAlphanumeric(rune(s[0])) && !strings.ContainsRune("/*_", rune(s[0])) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("._+-/:*${}<>", r) }) < 0
}

// isThing says whether s is what a unit counts: one short word of ASCII.
func isThing(s string) bool { return isValue(s) && strings.IndexFunc(s, notIdentifier) < 0 }
