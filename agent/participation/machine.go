package participation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// maxPolicy bounds the machine policy, in bytes.
const maxPolicy = 64 << 10

// Machine is what the administrator of this host has set, for all who use it:
//
//	participation: off    # or on
//	country: NO           # or unknown; instead of the time zone's
//	ephemeral: true       # the host's state does not persist: fragments only
//	level: standard       # or enhanced
//
// Every key may be left out; no other is allowed.
type Machine struct {
	Participation State        // On, Off, or NoOpinion
	Country       string       // ISO 3166-1 alpha-2, "unknown", or "" when not set
	Ephemeral     bool         // fragments only
	Level         schema.Level // "" when not set
}

// policyFile is the machine policy as it was last read.
type policyFile struct {
	known   bool    // it was read or found missing at least once
	content []byte  // that machine and err are of; nil when there is none
	machine Machine // the last that could be read
	err     error
	since   time.Time
}

// load reads the file anew, and parses it if it changed.
func (p *policyFile) load(path string) {
	b, since, err := readPolicy(path)
	switch {
	case err != nil:
		p.known, p.content, p.err = true, nil, fmt.Errorf("machine policy %s: %w", shown(path), durable.Bare(err))
		return
	case p.known && p.err == nil && bytes.Equal(b, p.content) && (b == nil) == (p.content == nil):
		p.since = since
		return
	}
	m, err := parseMachine(shown(path), b)
	p.known, p.content, p.since, p.err = true, b, since, err
	if err == nil {
		p.machine = m
	}
}

// readPolicy returns nothing, and no error, when there is no policy.
func readPolicy(path string) ([]byte, time.Time, error) {
	is, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, time.Time{}, nil
	}
	if err == nil && !is.Mode().IsRegular() {
		err = errors.New("not a regular file") // opening a pipe would wait for its other end
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPolicy+1))
	if err == nil && len(b) > maxPolicy {
		err = fmt.Errorf("more than %d bytes; a policy has at most four lines", maxPolicy)
	}
	return append([]byte{}, b...), info.ModTime().UTC().Truncate(time.Second), err
}

// policyInput asks the machine policy.
func (r *Resolver) policyInput() Input {
	r.policy.load(r.c.MachinePolicy)
	p := &r.policy
	in := Input{Name: "machine_policy", Source: shown(r.c.MachinePolicy), Since: p.since}
	if p.err != nil {
		in.Value, in.Says = "unreadable", Unknown
		in.Reason = fmt.Sprintf("The machine policy cannot be read: %v.", p.err)
		return in
	}
	in.Says = p.machine.Participation
	switch {
	case in.Says == Off:
		in.Value, in.Reason = "off", "The administrator of this host refused, in "+in.Source+"."
	case in.Says == On:
		in.Value, in.Reason = "on", "The administrator of this host allows it, in "+in.Source+"."
	case p.content != nil:
		in.Reason = "The machine policy does not say whether to take part."
	default:
		in.Reason = "There is no machine policy."
	}
	return in
}
