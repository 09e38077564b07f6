package demo

import (
	"math/rand/v2"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

const gibibyte = 1 << 30

// host is what a made-up host is.
type host struct {
	system  system
	memory  int64 // bytes
	cores   int64
	country string
	free    int64 // bytes on the first day
	booted  int   // days before the first day
	home    bool  // it is on at weekends, too

	edition, deployment, browser string
	hypervisor, database         string
}

func newHost(r *rand.Rand) host {
	return host{
		system: pick(r, systems), memory: pick(r, memories) * gibibyte, cores: pick(r, cores), country: pick(r, countries),
		free: gibibyte * (20 + r.Int64N(700)), booted: r.IntN(40), home: r.IntN(100) < 30,
		edition: pick(r, editions), deployment: pick(r, deployments), browser: pick(r, browsers),
		hypervisor: pick(r, hypervisors), database: pick(r, databases),
	}
}

// isOn says whether the host is used on a day.
func (h *host) isOn(r *rand.Rand, day time.Time) bool {
	if w := day.Weekday(); (w == time.Saturday || w == time.Sunday) && !h.home {
		return false
	}
	return r.IntN(100) < 42
}

// facts returns what an agent finds on the host.
func (h *host) facts(day int) []Fact {
	text := func(metric, value string) Fact { return Fact{metric, schema.Text(value)} }
	number := func(metric string, value int64) Fact { return Fact{metric, schema.Number(value)} }
	return []Fact{
		text("os.type", h.system.kind), text("host.arch", h.system.arch), text("os.name", h.system.name), text("os.version", h.system.version),
		number("host.cpu.cores", h.cores), number("host.memory", h.memory), text("country", h.country),
		number("host.disk.free", max(gibibyte, h.free-int64(day)*gibibyte/4)), number("host.uptime", int64(h.booted+day)%21*86_400+28_800),
	}
}
