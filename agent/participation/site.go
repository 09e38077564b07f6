package participation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const (
	siteFile = "site.json"
	maxSite  = 16 << 10 // bytes
)

// site is what is known of the site that this host belongs to.
type site struct {
	siteMemory
	Heard *heard `json:"heard,omitempty"` // the last word on a live connection

	unsaved bool // newer than its files
}

// Hear takes in what the site's relay told on a live connection, just now. It
// holds at once, whatever the error; a nil error says that it is on disk. A
// policy that was heard before costs nothing.
func (r *Resolver) Hear(p wire.Policy) error {
	return r.hear(&heard{Policy: told(p)})
}

// HearNone takes in that the relay answered that it has no policy to tell, as
// [Resolver.Hear] does.
func (r *Resolver) HearNone() error { return r.hear(&heard{None: true}) }

func (r *Resolver) hear(h *heard) error {
	if !r.takeIn(h) {
		return nil
	}
	r.wake()
	lock, err := r.takeLock(context.Background()) // for a moment; the word holds already
	if err == nil {
		r.mu.Lock()
		err = r.saveSite()
		r.mu.Unlock()
		err = errors.Join(err, lock.Release())
	}
	if err != nil {
		return fmt.Errorf("keep the site's decision, which holds: %w", durable.Bare(err))
	}
	return nil
}

// takeIn says whether there is something to be kept.
func (r *Resolver) takeIn(h *heard) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.site
	if s.Heard != nil && s.Heard.None == h.None && s.Heard.Policy.same(wire.Policy(h.Policy)) {
		return s.unsaved
	}
	if !h.None {
		s.siteMemory = s.siteMemory.hear(wire.Policy(h.Policy))
	}
	s.Heard, s.unsaved = h, true
	return true
}

// saveSite writes the directory's file and the witness. The caller holds the
// lock of the directory.
func (r *Resolver) saveSite() error {
	b, err := json.Marshal(r.site)
	if err != nil {
		return fmt.Errorf("write site: %w", err)
	}
	if err := durable.WriteFile(filepath.Join(r.dir, siteFile), append(b, '\n'), durable.OwnerFile); err != nil {
		return err
	}
	r.site.unsaved = false
	r.testify(func(*witness) {}) // it takes the site from here
	return nil
}

// loadSite reads the file and compares it with the witness. One that is
// damaged tells nothing: the relay tells it again.
func (r *Resolver) loadSite() {
	b, err := readOwner(filepath.Join(r.dir, siteFile), maxSite)
	if err == nil {
		err = json.Unmarshal(b, &r.site)
	}
	if err != nil {
		r.site = site{}
		if !errors.Is(err, fs.ErrNotExist) {
			r.c.Logger.Warn("what the site said cannot be read; it is heard anew", slog.String("file", siteFile))
		}
	}
	r.loadWitness()
	if r.site.lost(r.witness.Site) {
		r.site.siteMemory, r.site.Heard = r.site.siteMemory.with(r.witness.Site), nil
	}
}

// believed returns the site's policy whose level, release and revision count,
// if there is one.
func (r *Resolver) believed() (wire.Policy, bool) {
	if !r.c.Relay || r.site.Accepted == nil {
		return wire.Policy{}, false
	}
	return wire.Policy(*r.site.Accepted), true
}

// siteInput asks the site about one programme.
func (r *Resolver) siteInput(name schema.Programme) Input {
	in := Input{Name: "site_policy", Source: "the site's relay"}
	if !r.c.Relay {
		in.Says, in.Reason = NoOpinion, "This host has no site relay."
		return in
	}
	in.Says, in.Value, in.Reason = r.site.says(name, r.site.Heard)
	if h := r.site.Heard; h != nil && !h.None {
		in.Since = h.Policy.Since
	} else if h == nil {
		in.Since = r.site.Refused[name].Since
	}
	return in
}

// level returns the lower of what the machine policy and the site allow. Where
// neither has set one, a user of this host may have it raised for a while.
func (r *Resolver) level() schema.Level {
	level := r.policy.machine.Level
	if r.policy.err != nil {
		level = schema.Standard
	}
	if !r.c.Relay || r.site.Heard != nil && r.site.Heard.None && r.site.Accepted == nil {
		if level == "" && r.policy.err == nil && r.debug.lasts(r.c.Now()) {
			return schema.Enhanced
		}
		return orStandard(level)
	}
	p, ok := r.believed()
	if !ok || r.site.Heard == nil || !r.site.Accepted.same(wire.Policy(r.site.Heard.Policy)) {
		return schema.Standard // what the site says is not known now
	}
	if level == schema.Standard {
		return level
	}
	return orStandard(p.Level)
}

func orStandard(level schema.Level) schema.Level {
	if level == schema.Enhanced {
		return level
	}
	return schema.Standard
}
