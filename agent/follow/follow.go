package follow

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Matcher knows the lines that one product says beforehand that it logs.
type Matcher interface {
	// Match returns the record that a line is, as treated, without its time and
	// its product's version.
	Match(line string) (schema.Record, bool)
}

// Treater anonymises one record.
type Treater interface {
	Apply(schema.Record) (schema.Record, error)
}

// Rate bounds what is taken in a second.
type Rate struct {
	Lines int
	Bytes int
}

// Config says what is followed and where the records go. A field is required
// unless its comment says what its zero value means.
type Config struct {
	Logs    []registry.Log // that may be read; one that is of another system gives nothing
	Treater Treater
	// Take takes records. After an error they are offered again, with what came
	// meanwhile, when the next window is over.
	Take func(ctx context.Context, records []schema.Record) error
	// Matcher returns the matcher of a product; nil: no line matches.
	Matcher func(product string) Matcher
	// Version returns the version that a product told last, or ""; nil: none did.
	Version func(product string) string
	Window  time.Duration    // in which equal lines are one record; 0: 1 minute
	Poll    time.Duration    // between looks at files; 0: 1 s
	PerLog  Rate             // zero: 2,000 lines and 512 KiB
	InAll   Rate             // zero: twice that
	Journal string           // the command that reads the journal; "": journalctl, as it is found
	Now     func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: discard
}

func (c *Config) defaults() {
	c.Window = cmp.Or(c.Window, time.Minute)
	c.Poll = cmp.Or(c.Poll, time.Second)
	c.PerLog = cmp.Or(c.PerLog, Rate{Lines: 2000, Bytes: 512 << 10})
	c.InAll = cmp.Or(c.InAll, Rate{Lines: 4000, Bytes: 1 << 20})
	c.Journal = cmp.Or(c.Journal, "journalctl")
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// follower is one run.
type follower struct {
	Config
	all     *budget // of all logs
	sources []*source
	files   []*files
}

// Run follows until ctx ends. What was gathered and not taken by then is dropped.
func Run(ctx context.Context, c Config) {
	c.defaults()
	f := &follower{Config: c, all: newBudget(c.InAll, c.Poll)}
	var units sync.WaitGroup
	for _, l := range c.Logs {
		s := f.source(l)
		f.sources = append(f.sources, s)
		if l.Unit != "" {
			units.Go(func() { s.readJournal(ctx, c.Journal) })
		} else if files := newFiles(s); files != nil {
			f.files = append(f.files, files)
		}
	}
	f.poll(ctx)
	units.Wait()
}

// poll looks at the files, and hands on what was gathered when a window is over.
func (f *follower) poll(ctx context.Context) {
	tick := time.NewTicker(f.Poll)
	defer tick.Stop()
	defer f.closeFiles()
	buf := make([]byte, readSize)
	for began := time.Now(); ctx.Err() == nil; {
		for _, fs := range f.files {
			fs.look(time.Now(), buf)
		}
		if time.Since(began) >= f.Window {
			began = time.Now()
			f.handOn(ctx)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		f.refill()
	}
}

func (f *follower) closeFiles() {
	for _, fs := range f.files {
		fs.close()
	}
}

func (f *follower) handOn(ctx context.Context) {
	for _, s := range f.sources {
		s.groups.handOn(func(records []schema.Record) error { return f.Take(ctx, records) })
	}
}

func (f *follower) refill() {
	f.all.refill()
	for _, s := range f.sources {
		s.budget.refill()
	}
}
