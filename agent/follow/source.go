package follow

import (
	"bytes"
	"cmp"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// The metrics of the base that a line becomes which matches no template, and that
// count the lines which were left out.
const (
	LineMetric    = "log.line"
	SkippedMetric = "log.skipped"
)

// maxLine is the longest line that is looked at: what the registry takes of one
// text before it is scrubbed.
const maxLine = registry.MaxOfferedLen

// noVersion is the version of a product that nobody told.
const noVersion = "unknown"

// source is one log that is followed.
type source struct {
	log     registry.Log
	version func(product string) string // nil: nobody knows
	match   Matcher                     // nil: no line matches
	treater Treater
	budget  *budget
	all     *budget
	groups  *groups
	now     func() time.Time
	logger  *slog.Logger

	mu   sync.Mutex
	said string // the last trouble, so that it is said once
}

func (f *follower) source(l registry.Log) *source {
	s := &source{
		log: l, version: f.Version, treater: f.Treater, budget: newBudget(f.PerLog, f.Poll), all: f.all, now: f.Now, logger: f.Logger,
	}
	s.groups = newGroups(s.product)
	if f.Matcher != nil {
		s.match = f.Matcher(l.Product)
	}
	return s
}

// product returns which product it is of, in the version that it told last.
func (s *source) product() schema.Product {
	p := schema.Product{Name: s.log.Product, Version: noVersion}
	if s.version != nil {
		p.Version = cmp.Or(s.version(p.Name), noVersion)
	}
	return p
}

// offer takes a line if there is room for one, or counts it.
func (s *source) offer(line []byte) {
	if s.spend(len(line)) {
		s.take(line)
	}
}

// spend says whether there is room for a line of n bytes, and counts it when
// there is none.
func (s *source) spend(n int) bool {
	if s.budget.spend(n) && s.all.spend(n) {
		return true
	}
	s.groups.skip(skippedRate, s.now())
	return false
}

// take makes a record of a line.
func (s *source) take(line []byte) {
	line = bytes.TrimRight(line, " \t\r")
	switch {
	case len(line) == 0:
		return
	case bytes.IndexByte(line, 0) >= 0:
		s.groups.skip(skippedBinary, s.now())
		return
	}
	r, ok := s.record(strings.ToValidUTF8(string(line), string(utf8.RuneError)))
	if !ok {
		s.groups.skip(skippedLong, s.now())
		return
	}
	if r.Value.Text != "" { // it was more than a time
		s.groups.add(r, s.now())
	}
}

// record returns what a line is, treated: the record of a template, or the line
// scrubbed. It is false when that is too long.
func (s *source) record(line string) (schema.Record, bool) {
	product := s.product()
	if s.match != nil {
		if r, ok := s.match.Match(line); ok && r.Metric == s.log.Metric {
			r.Product = product
			if r, err := s.treater.Apply(r); err == nil {
				return r, true
			}
		}
	}
	r, err := s.treater.Apply(schema.Record{Product: product, Metric: LineMetric, Value: schema.Text(line)})
	r.Value.Text = withoutTime(r.Value.Text)
	return r, err == nil
}

// long counts a line that is too long.
func (s *source) long() { s.groups.skip(skippedLong, s.now()) }

// jumped counts what was jumped over.
func (s *source) jumped() { s.groups.skip(skippedRate, s.now()) }

// trouble says what keeps the log from being read, once.
func (s *source) trouble(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if what != "" && what != s.said {
		s.logger.Warn("follow a log", slog.String("log", s.log.Name), slog.String("error", what))
	}
	s.said = what
}
