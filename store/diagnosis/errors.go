package diagnosis

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// framesLabel is the label in which an error carries its stack.
const framesLabel = "frames"

// Codes by which products report that they ended, or nearly.
const (
	codePanic = "panic"
	codeCrash = "crash"
)

// From when on an error is not of the version that it was first seen under: when
// that ran for so long without it, or did well so often for a day at least.
const (
	settledTime     = 7 * 24 * 60 * 60 // seconds
	settledDay      = 24 * 60 * 60
	settledAttempts = 50
)

// signatureKey names a signature. The metric is part of it: the code of a product
// may be the text of another metric.
type signatureKey struct{ product, metric, code, function string }

// signature is what is known of one while reading.
type signature struct {
	signatureKey
	first, last int64
	lastVersion string
	frames      string // of the newest
	events      uint64
	versions    []string
	settled     bool              // the version it was first seen under had run well
	failures    map[string]uint64 // by operation and version
	operations  map[string]uint64 // by operation
}

// readError takes one error.
func (x *examiner) readError(r *lookup.Record, p *product) {
	m, ok := x.cfg.Registry.Metric(r.Metric)
	if !ok || m.Type != schema.Failure {
		return
	}
	frames, name := "", ""
	for _, l := range r.Labels {
		switch {
		case l.Name == framesLabel:
			frames = l.Value
		case name == "" && x.isShared(p.name, l.Name, schema.Performance):
			name = l.Value
		}
	}
	key := signatureKey{p.name, r.Metric, r.Value.Text, ownFunction(x.cfg.Registry, p.name, frames)}
	s := x.signature(key, r, p)
	if s == nil {
		return
	}
	s.last, s.lastVersion, s.events = r.Time, p.version(), s.events+uint64(r.Events())
	if frames != "" {
		s.frames = frames
	}
	if !slices.Contains(s.versions, s.lastVersion) {
		s.versions = append(s.versions, s.lastVersion)
	}
	if s.crashes() {
		p.crash(r.Time)
	}
	if name == "" {
		return
	}
	o := x.operation(p.name, name)
	p.attempts += o.fail(r.Time, o.of(p.name, s.lastVersion, name), s)
	s.operations[name]++
	s.failures[name+"\x00"+s.lastVersion]++
}

// signature returns the signature of an error, or nil when there are too many.
func (x *examiner) signature(key signatureKey, r *lookup.Record, p *product) *signature {
	s, ok := x.signatures[key]
	if ok {
		return s
	}
	if len(x.signatures) == MaxSignatures {
		x.overSignatures++
		return nil
	}
	s = &signature{
		signatureKey: key, first: r.Time, failures: map[string]uint64{}, operations: map[string]uint64{},
		settled: x.settled(p, r.Time),
	}
	x.signatures[key] = s
	return s
}

// settled says whether the version of now did well for a while.
func (x *examiner) settled(p *product, at int64) bool {
	ran := at - p.versions[p.now].first
	if ran < settledDay {
		return false
	}
	var well uint64
	for key, o := range x.operations {
		if v, ok := o.versions[p.version()]; ok && key.product == p.name {
			well += v.Attempts - v.Failures
		}
	}
	return ran > settledTime || well >= settledAttempts
}

// crashes says whether the product ended with it.
func (s *signature) crashes() bool { return s.code == codePanic || s.code == codeCrash }

// operation returns the operation that failed most often with it, or "".
func (s *signature) operation() string {
	names := slices.Sorted(maps.Keys(s.operations))
	if len(names) == 0 {
		return ""
	}
	return slices.MaxFunc(names, func(a, b string) int { return cmp.Compare(s.operations[a], s.operations[b]) })
}

// ownFunction returns the innermost function of a stack that is the product's own,
// or "".
func ownFunction(reg *registry.Registry, name, frames string) string {
	p, ok := reg.Product(name)
	if !ok {
		return ""
	}
	for line := range strings.SplitSeq(frames, "\n") {
		function, _, _ := strings.Cut(line, " ")
		if strings.HasPrefix(function, "main.") || slices.ContainsFunc(p.Modules, func(m string) bool {
			rest, ok := strings.CutPrefix(function, m)
			return ok && rest != "" && (rest[0] == '.' || rest[0] == '/')
		}) {
			return function
		}
	}
	return ""
}

// shown returns a signature as a report has it.
func (x *examiner) shown(s *signature) *Signature {
	p := x.products[s.product]
	out := &Signature{
		Product: s.product, Metric: s.metric, Code: s.code, Function: s.function, Frames: s.frames, Operation: s.operation(),
		First: moment(s.first), Last: moment(s.last), Events: s.events, Versions: s.versions,
	}
	if !s.settled && x.before(p, s) {
		out.Since = s.versions[0]
	}
	out.After = x.lastChange(s.first, s.product, out.Since)
	if o, ok := x.operations[operationKey{s.product, out.Operation}]; ok && out.Operation != "" {
		for _, v := range s.versions {
			out.Attempts += o.of(s.product, v, out.Operation).Attempts
			out.Failures += s.failures[out.Operation+"\x00"+v]
		}
		if o.last == s {
			out.Streak = o.streak
		}
	}
	x.atLarge(out)
	return out
}

// before says whether another version ran before a signature's first one, without
// it, and did what fails.
func (x *examiner) before(p *product, s *signature) bool {
	o := x.operations[operationKey{s.product, s.operation()}] // nil when none is told
	for _, v := range p.versions {
		if v.version == s.versions[0] {
			return false
		}
		if slices.Contains(s.versions, v.version) {
			continue
		}
		if o == nil || o.versions[v.version] != nil {
			return true
		}
	}
	return false
}

// failing returns a problem for each signature.
func (x *examiner) failing() []Problem {
	out := make([]Problem, 0, len(x.signatures))
	for _, s := range x.signatures {
		shown := x.shown(s)
		p := Problem{
			Kind: Failing, Product: s.product, Version: x.products[s.product].version(),
			Error: shown, Known: x.cfg.Known.ofSignature(shown, s.lastVersion), Last: shown.Last,
		}
		p.Severity = x.severityOf(s, shown)
		p.Sentence = x.sentenceOf(s, &p)
		out = append(out, p)
	}
	// In one order, whatever the order of the map.
	slices.SortFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(b.Error.Events, a.Error.Events), byProduct(a.Product, a.Error.Code, a.Error.Function, b.Product, b.Error.Code, b.Error.Function),
			cmp.Compare(a.Error.Metric, b.Error.Metric))
	})
	return out
}

// over says why a signature is no problem of now, or "".
func (x *examiner) over(s *signature) string {
	p := x.products[s.product]
	switch far := time.Duration(x.through-s.last) * time.Second; {
	case far > 7*24*time.Hour:
		return "it was last seen " + roughly(far) + " before the newest record"
	case s.lastVersion != p.version() && x.triedAgain(s):
		return "it was not seen under " + p.version() + ", which runs now"
	}
	return ""
}

// triedAgain says whether the version of now has done what failed; or anything,
// where no operation is told.
func (x *examiner) triedAgain(s *signature) bool {
	p := x.products[s.product]
	if name := s.operation(); name != "" {
		v, ok := x.operations[operationKey{s.product, name}].versions[p.version()]
		return ok && v.Attempts > 0
	}
	return true
}
