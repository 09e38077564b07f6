package participation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Config says where the inputs are.
type Config struct {
	// Dir is the agent's own directory; what is remembered lives in
	// Dir/participation. Required.
	Dir string
	// KillFile turns everything off by being there. "": /etc/tacit/off, on
	// Windows off in %ProgramData%\Tacit, on macOS in
	// /Library/Application Support/Tacit.
	KillFile string
	// MachinePolicy is the administrator's file. "": policy.yaml beside the
	// default kill file.
	MachinePolicy string
	// Getenv reads the environment. Nil: os.Getenv.
	Getenv func(string) string
	// Default returns a programme's default of the registry in use. Nil: that
	// of the built-in registry.
	Default func(schema.Programme) registry.Default
	// Relay says that this host has a relay, whose policy is an input: it comes
	// by Hear and HearNone. False: the programme's default counts. An observer
	// does not know the agent's relays: it has one if one was ever heard.
	Relay bool
	// Witness is a small file outside Dir, in a directory of the agent's own,
	// which remembers refusals when Dir is replaced by a copy; see
	// datadir.Dir.Witness. "": none.
	Witness string
	// Release returns the release of the registry in use. Nil: that of the
	// built-in registry.
	Release func() uint32
	// Observe is for commands that look beside a running agent: their own
	// environment is not the agent's, so Decide writes nothing down.
	Observe bool
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// Logger hears of trouble with the files. Nil: nothing is logged.
	Logger *slog.Logger
}

// Resolver reads the inputs and remembers. It is safe for concurrent use, also
// by several processes on one directory.
type Resolver struct {
	c       Config
	dir     string
	started time.Time
	woken   chan struct{} // a word was said here: look at once

	mu       sync.Mutex // guards what follows
	policy   policyFile
	history  history
	memory   memory
	memoryAt fs.FileInfo // of the file that memory is of; nil when there was none
	unsaved  bool        // memory is newer than its file
	untold   []Entry     // decisions that the history lacks
	retry    time.Time   // not before this is it tried again
	held     bool        // a refusal that no disk took
	site     site
	debug    debug

	witness     witness
	witnessAt   fs.FileInfo // of the file that witness is of; nil when there is none
	witnessErr  error       // why it cannot be read
	witnessTold bool        // that it cannot be written was logged
}

// New opens the directory. Nothing that stands in it makes New fail, since
// what is damaged there is an input that says unknown; a directory that cannot
// be made, or that others can read, does.
func New(c Config) (*Resolver, error) {
	if c.Dir == "" {
		return nil, errors.New("open participation: Config.Dir is empty")
	}
	c.KillFile = cmp.Or(c.KillFile, filepath.Join(machineDir(), "off"))
	c.MachinePolicy = cmp.Or(c.MachinePolicy, filepath.Join(machineDir(), "policy.yaml"))
	if c.Getenv == nil {
		c.Getenv = os.Getenv
	}
	if c.Default == nil {
		c.Default = builtInDefault
	}
	if c.Release == nil {
		c.Release = func() uint32 { return uint32(registry.Base().Release) }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Resolver{c: c, dir: filepath.Join(c.Dir, "participation"), woken: make(chan struct{}, 1)}
	r.started = r.stamp()
	for _, dir := range []string{c.Dir, r.dir} {
		if err := durable.MakeOwnerDir(dir); err != nil {
			return nil, openError(dir, err)
		}
	}
	r.loadSite()
	r.loadDebug()
	r.c.Relay = c.Relay || c.Observe && (r.site.Heard != nil || r.site.Highest > 0)
	r.witnessOld()
	return r, nil
}

func openError(dir string, err error) error {
	fix := "give the agent a directory that it can write"
	if errors.Is(err, durable.ErrExposed) {
		fix = "set its mode to 0700"
	}
	return fmt.Errorf("open participation in %s: %w; %s", shown(dir), durable.Bare(err), fix)
}

// Decide reads every input anew and returns what they come to. It costs a few
// system calls, and writes only when the decision changed.
func (r *Resolver) Decide() Decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loadMemory() // before the history, which can only be longer then
	r.loadWitness()
	v := r.look()
	return r.settle(v.decide())
}

// look reads all inputs.
func (r *Resolver) look() *view {
	user := r.userInput()
	v := &view{host: []Input{
		killFileInput(r.c.KillFile),
		r.environmentInput("do_not_track", "DO_NOT_TRACK", doNotTrack),
		r.environmentInput("tacit_telemetry", "TACIT_TELEMETRY", telemetryOff),
		user,
		r.policyInput(),
	}}
	site, _ := r.believed()
	for i, name := range programmes {
		v.site[i] = r.siteInput(name)
		answered := user.Says == On || v.site[i].Says == On && site.Decided
		v.presets[i] = r.programmeInput(name, answered)
	}
	return v
}

// settle adds what the past knows to a decision, and writes a changed one
// down.
func (r *Resolver) settle(d Decision) Decision {
	was, now := r.memory, r.stamp()
	is := was
	is.Programmes = make(map[schema.Programme]past, len(programmes))
	for i := range d.Programmes {
		p := &d.Programmes[i]
		then := was.Programmes[p.Name].then(*p, now)
		is.Programmes[p.Name] = then
		p.Since = then.Since
		p.MaySend = p.State == On
		p.MayCollect = p.MaySend || p.State == Unknown && then.Agreed
		d.MaySend = d.MaySend || p.MaySend
		d.MayCollect = d.MayCollect || p.MayCollect
	}
	top := most(d.Programmes)
	is.past = is.Programmes[top.Name]
	d.State, d.By, d.Since, d.Reason = top.State, top.By, top.Since, top.Reason
	d.Registry = r.c.Release()
	if d.State == On && is.Release == 0 {
		is.Release = d.Registry
	}
	d.Level, d.Release = r.level(), cmp.Or(is.Release, d.Registry)
	if d.State == On && r.debug.lasts(r.c.Now()) {
		d.Debug = r.debug.Until
	}
	if site, ok := r.believed(); ok {
		d.Release, d.Revision = site.Release, site.Revision
	}
	if (!is.equal(was) || r.unsaved) && !r.c.Observe {
		r.writeDown(is)
	}
	return d
}

// then returns the past of a programme after it was decided now.
func (p past) then(d ProgrammeDecision, now time.Time) past {
	if p.State != d.State || p.By != d.By {
		p.State, p.By, p.Since = d.State, d.By, now
	} else if p.Since.IsZero() {
		p.Since = now // the first time that can be believed
	}
	if d.State != Unknown {
		p.Agreed = d.State == On
	}
	return p
}

// Machine returns what the machine policy sets beside participation. While the
// file cannot be read it returns what it last could, and the error that says
// what to do.
func (r *Resolver) Machine() (Machine, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.policy.load(r.c.MachinePolicy)
	return r.policy.machine, r.policy.err
}

// History returns all that was said and decided here, oldest first. The error
// says that it is damaged, and what to do.
func (r *Resolver) History(context.Context) ([]Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loadMemory()
	err := r.loadHistory()
	return append([]Entry(nil), r.history.entries...), err
}

// stamp returns the time in whole seconds, or zero when the clock was never
// set.
func (r *Resolver) stamp() time.Time {
	now := r.c.Now().UTC().Truncate(time.Second)
	if now.Before(schema.EarliestClock) {
		return time.Time{}
	}
	return now
}
