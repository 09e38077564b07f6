package relay

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// pushTimeout bounds one push to all agents here.
const pushTimeout = 2 * time.Second

// site is the site's policy at work: the gate asks it, the pool follows it,
// agents are told it.
type site struct {
	*policy.Policy
	pushes atomic.Uint64

	mu   sync.Mutex // one change is followed at a time
	pool *pool.Pool // nil before Start
}

// openSite opens the policy; nil when this relay keeps none.
func openSite(c Config) (*site, error) {
	if !c.Site {
		return nil, nil
	}
	p, err := policy.Open(policy.Config{
		Dir: filepath.Join(c.Dir, "policy"), Witness: c.Witness, Defaults: defaults(c.Registry),
		Release: uint32(c.Registry.Release), Now: c.Now, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &site{Policy: p}, nil
}

// defaults returns what the programmes say for a site where nobody decided.
func defaults(r *registry.Registry) policy.Settings {
	of := func(name schema.Programme) wire.Switch {
		p, ok := r.Programme(name)
		switch {
		case ok && p.Default == registry.DefaultOn:
			return wire.SwitchOn
		case ok && p.Default == registry.DefaultOff:
			return wire.SwitchOff
		}
		return wire.Held
	}
	return policy.Settings{CEIP: of(schema.CEIP), CSP: of(schema.CSP), Level: schema.Standard}
}

// decision is what the gate obeys. A relay cannot see which programme an
// envelope is for, so it lets all pass while one is on: agents, who can, keep
// back what is for the other.
func decision(p wire.Policy) gate.Decision {
	switch {
	case p.CEIP == wire.SwitchOn || p.CSP == wire.SwitchOn:
		return gate.On
	case p.CEIP == wire.SwitchOff && p.CSP == wire.SwitchOff:
		return gate.Off
	}
	return gate.Unknown
}

func (s *site) decide() gate.Decision { return decision(s.Wire()) }

func (s *site) told() []byte { return s.Wire().Marshal() }

// follow shuts or opens the pool as the policy says now.
func (s *site) follow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != nil {
		s.pool.Shut(s.decide() != gate.On)
	}
}

// Save is the policy's own, and returns when nothing is left in the pool that
// the new settings refuse.
func (s *site) Save(ctx context.Context, by string, over uint64, set policy.Settings, release uint32) (policy.State, error) {
	defer s.follow() // also after an error: a refusal that no disk took holds
	return s.Policy.Save(ctx, by, over, set, release)
}

// push tells agents the policy until ctx ends. The pool follows first.
func (s *site) push(ctx context.Context, conn *nats.Conn) {
	s.Push(ctx, func(b []byte) error {
		s.follow()
		err := conn.Publish(wire.SubjectPolicy, b)
		if err == nil {
			err = conn.FlushTimeout(pushTimeout)
		}
		if err != nil {
			return fmt.Errorf("push the policy: %w", err)
		}
		s.pushes.Add(1)
		return nil
	})
}

// SiteStats says how the site's policy stands.
type SiteStats struct {
	Kept     bool   // here; false: the rest is zero
	Revision uint64 // of the policy
	On       bool   // at least one programme is on
	Held     bool   // it holds, because nobody decided or something is damaged
	Damaged  bool   // it holds because something is damaged; the console says what
	Pushes   uint64 // times that all agents were told
}

func (s *site) stats() SiteStats {
	if s == nil {
		return SiteStats{}
	}
	state := s.State()
	d := decision(state.Policy)
	return SiteStats{
		Kept: true, Revision: state.Policy.Revision, On: d == gate.On, Held: d == gate.Unknown,
		Damaged: state.Trouble != "", Pushes: s.pushes.Load(),
	}
}

// Policy returns the site's policy, for whoever decides without the console; nil
// when this relay keeps none.
func (r *Relay) Policy() *policy.Policy {
	if r.site == nil {
		return nil
	}
	return r.site.Policy
}

// startSite has the pool follow the policy, and agents told, until Stop.
func (r *Relay) startSite(ctx context.Context, agents *nats.Conn) {
	if r.site == nil {
		return
	}
	r.site.mu.Lock()
	r.site.pool = r.pool
	r.site.mu.Unlock()
	r.site.follow()
	if state := r.site.State(); state.Trouble != "" {
		r.cfg.Logger.Warn("the site's policy holds", slog.String("trouble", state.Trouble), slog.String("fix", state.Fix))
	}
	r.run(ctx, "policy", func(ctx context.Context) { r.site.push(ctx, agents) })
}
