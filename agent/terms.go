package agent

import (
	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/anon/own"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// terms are what records may be taken and sent on now.
func (a *Agent) terms() intake.Terms {
	d := a.participation.Decide()
	t := intake.Terms{Level: d.Level, Release: schema.Release(d.Release), Revision: d.Revision}
	for _, p := range d.Programmes {
		if p.MayCollect {
			t.Collect = append(t.Collect, p.Name)
		}
		if p.MaySend {
			t.Send = append(t.Send, p.Name)
		}
	}
	return t
}

// programmeDefault is the vendor's. A programme that the registry does not have
// is off.
func (a *Agent) programmeDefault(name schema.Programme) registry.Default {
	p, ok := a.config.Registry.Programme(name)
	if !ok {
		return registry.DefaultOff
	}
	return p.Default
}

// machine returns the machine policy. One that cannot be read sets nothing
// here; participation is unknown because of it, which holds everything.
func (a *Agent) machine() participation.Machine {
	m, err := a.participation.Machine()
	if err != nil {
		return participation.Machine{}
	}
	return m
}

func (a *Agent) country() string { return a.machine().Country }

// maySend says whether anything may leave: the host takes part, and had time
// to say no.
func (a *Agent) maySend() bool {
	return a.participation.Decide().MaySend && !a.inGrace()
}

// mayListen says whether this host allows a connection.
func (a *Agent) mayListen() bool { return a.participation.Decide().MayListen }

// siteOff says whether the site's last word is off.
func (a *Agent) siteOff() bool { return a.participation.Decide().SiteOff }

func (a *Agent) inGrace() bool {
	return a.config.Now().Before(a.created.Add(a.config.Grace))
}

// tripwire is own.Identifiers as intake wants it.
type tripwire struct{ own *own.Identifiers }

// Trips looks for this host's own identifiers.
func (t tripwire) Trips(plain []byte) (class string, hit bool) {
	h, hit := t.own.Scan(plain)
	return string(h.Class), hit
}
