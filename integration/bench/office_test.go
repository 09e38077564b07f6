//go:build linux

package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/desk"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// office is a desk in this process, over a store that is filled, and an engineer at it.
type office struct {
	filled   *filled
	engineer *rig.Admin
}

// openOffice opens a desk. Its engineer is logged in.
func openOffice(b *testing.B, l *filled) *office {
	b.Helper()
	o, dir := &office{filled: l}, b.TempDir()
	log, err := audit.Open(audit.Config{Dir: filepath.Join(dir, "audit"), Witness: filepath.Join(dir, "witness.json")})
	if err != nil {
		b.Fatal(err)
	}
	d, err := desk.New(desk.Config{
		Dir: filepath.Join(dir, "accounts"), Own: true, Histories: o, Audit: log, Examine: o.examine, Population: o.population,
		Registry: func() (*registry.Set, error) { return registry.BaseSet(), nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	code, err := d.SetupCode()
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(d.Handler())
	b.Cleanup(server.Close)
	o.engineer = rig.NewAdmin(b, server.URL)
	o.engineer.SetUp(b, code, "anna", "correct horse battery staple")
	return o
}

// Open implements desk.Histories.
func (o *office) Open(ctx context.Context, who lookup.Subject, since time.Time, _ string) (*lookup.History, error) {
	return o.filled.open(ctx, who, since)
}

// Newer implements desk.Histories.
func (*office) Newer(context.Context, lookup.Subject, time.Time, string, *lookup.History, time.Duration) (*lookup.History, error) {
	panic("nobody sends here")
}

// Erase implements desk.Histories.
func (*office) Erase(context.Context, lookup.Subject) (lookup.Erased, error) {
	panic("nobody erases here")
}

func (o *office) population(ctx context.Context) (*insights.Population, error) {
	source, err := insights.Open(ctx, o.filled.home, registry.BaseSet())
	if err != nil {
		return nil, err
	}
	p, err := source.Population(ctx)
	if err == nil {
		err = source.Close()
	}
	return p, err
}

func (o *office) examine(ctx context.Context, h *lookup.History) (diagnosis.Report, error) {
	p, err := o.population(ctx)
	if err != nil {
		return diagnosis.Report{}, err
	}
	return diagnosis.Examine(ctx, diagnosis.Config{Registry: registry.Base(), Population: p}, h)
}

// look opens histories one after the other, and closes each.
func (o *office) look(b *testing.B, whom []uuid.UUID, days int) {
	var times []time.Duration
	before := o.filled.used(b)
	for _, who := range whom {
		began := time.Now()
		p := o.engineer.Post(b, "/open", url.Values{"private-id": {who.String()}, "days": {strconv.Itoa(days)}})
		times = append(times, time.Since(began))
		if p.Status != http.StatusOK || p.URL.Path != "/case" {
			b.Fatalf("%d at %s: %s", p.Status, p.URL.Path, p.Text())
		}
		o.engineer.Post(b, "/case", url.Values{"case": {p.URL.Query().Get("case")}, "act": {"close"}})
	}
	report(b, times, o.filled.used(b)-before)
}
