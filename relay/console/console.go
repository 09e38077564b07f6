package console

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Policy is the site's decision; [policy.Policy] is one.
type Policy interface {
	// State returns the decision as it stands; from memory, quick.
	State() policy.State
	// Save decides anew over the revision that the administrator saw. The
	// error is a [*policy.ConflictError] when that is no longer the last one.
	Save(ctx context.Context, by string, over uint64, s policy.Settings, release uint32) (policy.State, error)
	// History returns every entry, oldest first; with an error, those that
	// could be read.
	History(ctx context.Context) ([]policy.Entry, error)
}

var _ Policy = (*policy.Policy)(nil)

// Stats are the relay's counts since it started.
type Stats struct {
	Agents    int               // connected now
	Passed    uint64            // envelopes that were taken
	Bytes     uint64            // of these
	Refused   uint64            // envelopes that were not taken
	RefusedBy map[string]uint64 // the same by reason, in the gate's fixed words
	Thin      uint64            // of Forwarded: left without enough others to mix with
	Forwarded uint64            // envelopes that left the pool
	Waiting   int               // in the pool now
	Upstream  string            // [UpstreamConnected], [UpstreamAway] or [UpstreamStream]
}

// What a relay passes envelopes on to.
const (
	UpstreamConnected = "connected" // the next relay, which is there
	UpstreamAway      = "away"      // the next relay, which is not
	UpstreamStream    = "stream"    // the stream, in this relay itself
)

// Config says what a console shows and where it keeps its accounts.
type Config struct {
	Dir       string                                          // of accounts and setup code, for their owner only; required
	TLS       bool                                            // whoever serves [Console.Handler] does so over TLS
	Simulated bool                                            // every page is marked as one of a simulated fleet
	Policy    Policy                                          // required
	Note      func(ctx context.Context, act, by string) error // writes events of accounts into the policy's history; nil: they are not written
	Stats     func() Stats                                    // required; called for every view of the overview
	Registry  *registry.Registry                              // what may be collected; nil: [registry.Base]
	Agent     Agent                                           // this appliance's own; nil: none
	AgentFile func() AgentFile                                // what the downloaded file says; required
	// RecoverCommand is what to type on the appliance after a lost password; "":
	// tacit relay recover --config FILE.
	RecoverCommand string
	Now            func() time.Time // nil: time.Now
	Logger         *slog.Logger     // nil: nothing is logged
}

// Console is the site's console. Its methods may be called at the same time.
type Console struct {
	cfg  Config
	site *web.Site
}

//go:embed templates/*.html
var files embed.FS

// New makes a console. The error says what the configuration lacks, or what is
// wrong with Dir; damaged accounts are none: the pages say how to repair them.
func New(cfg Config) (*Console, error) {
	switch {
	case cfg.Dir == "":
		return nil, errors.New("make a console: no directory: set one that only the console uses")
	case cfg.Policy == nil || cfg.Stats == nil || cfg.AgentFile == nil:
		return nil, errors.New("make a console: policy, counts or the agents' file is missing: set all three")
	}
	if cfg.Registry == nil {
		cfg.Registry = registry.Base()
	}
	if cfg.RecoverCommand == "" {
		cfg.RecoverCommand = "tacit relay recover --config FILE"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	site, err := web.New(web.Config{
		Dir: cfg.Dir, Title: "console.title", Files: files, TLS: cfg.TLS, Simulated: cfg.Simulated, RecoverCommand: cfg.RecoverCommand,
		Note: noteInto(cfg.Note), Now: cfg.Now, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	c := &Console{cfg: cfg, site: site}
	for _, p := range c.pages() {
		site.Add(p)
	}
	return c, nil
}

// noteInto writes events of accounts into a history that knows acts and names:
// the console's accounts have no roles.
func noteInto(note func(ctx context.Context, act, by string) error) func(context.Context, web.Event) error {
	if note == nil {
		return nil
	}
	return func(ctx context.Context, e web.Event) error { return note(ctx, e.Act, e.By) }
}

// Handler serves the console. Whoever serves it sets timeouts, as web.Server
// does.
func (c *Console) Handler() http.Handler { return c.site.Handler() }

// SetupCode returns a new one-time code while no account exists, good for an
// hour, and "" afterwards.
func (c *Console) SetupCode() (string, error) { return c.site.SetupCode() }

// pages is the table of what the console serves, in the order of its menu.
func (c *Console) pages() []web.Page {
	return []web.Page{
		{Path: "/", Title: "console.overview.title", Template: "templates/overview.html", Show: c.overview},
		{Path: "/cloud-services", Title: "console.cloud.title", Group: "console.group.appliance",
			Template: "templates/cloud-services.html", Show: c.cloudServices, Save: c.saveCloudServices},
		{Path: "/agent-configuration", Title: "console.agentfile.title", Group: "console.group.appliance",
			Template: "templates/agent-configuration.html", Show: c.agentConfiguration},
		{Path: "/agent-configuration/agent.yaml", Download: c.downloadAgentFile},
		{Path: "/collected", Title: "console.collected.title", Group: "console.group.transparency",
			Template: "templates/collected.html", Show: c.collected},
		{Path: "/sent", Title: "console.sent.title", Group: "console.group.transparency",
			Template: "templates/sent.html", Show: c.sent},
	}
}
