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

// Site tells the decision of the site that this host belongs to.
type Site interface {
	// Says returns On, Off, or Unknown while the site was not heard, and
	// since when. It answers at once, from memory.
	Says() (State, time.Time)
}

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
	// Default returns the programme's default of the registry in use. Nil:
	// that of programme ceip in the built-in registry.
	Default func() registry.Default
	// Site is the site's decision. Nil: this host has no site relay, and the
	// programme's default counts.
	Site Site
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
	untold   bool        // the history lacks the decision that memory has
	retry    time.Time   // not before this is it tried again
	held     bool        // a refusal that no disk took
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
	return r, nil
}

func openError(dir string, err error) error {
	fix := "give the agent a directory that it can write"
	if errors.Is(err, durable.ErrExposed) {
		fix = "set its mode to 0700"
	}
	return fmt.Errorf("open participation in %s: %w; %s", shown(dir), bare(err), fix)
}

// Decide reads every input anew and returns what they come to. It costs a few
// system calls, and writes only when the decision changed.
func (r *Resolver) Decide() Decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loadMemory() // before the history, which can only be longer then
	return r.settle(decide(r.inputs()))
}

// inputs reads all inputs, in the order of the package comment.
func (r *Resolver) inputs() []Input {
	user, site := r.userInput(), r.siteInput()
	answered := user.Says == On || site.Says == On
	return []Input{
		killFileInput(r.c.KillFile),
		r.environmentInput("do_not_track", "DO_NOT_TRACK", doNotTrack),
		r.environmentInput("tacit_telemetry", "TACIT_TELEMETRY", telemetryOff),
		user,
		r.policyInput(),
		site,
		r.programmeInput(answered),
	}
}

// settle adds what the past knows to a decision, and writes a changed one
// down.
func (r *Resolver) settle(d Decision) Decision {
	was, now := r.memory, r.stamp()
	is := was
	if was.State != d.State || was.By != d.By {
		is.State, is.By, is.Since = d.State, d.By, now
	} else if was.Since.IsZero() {
		is.Since = now // the first time that can be believed
	}
	if d.State != Unknown {
		is.Agreed = d.State == On
	}
	d.Since = is.Since
	d.MaySend = d.State == On
	d.MayCollect = d.MaySend || d.State == Unknown && is.Agreed
	if (is != was || r.unsaved) && !r.c.Observe {
		r.writeDown(is)
	}
	return d
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
