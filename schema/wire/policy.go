package wire

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// Switch is what a site says of one programme. The zero Switch is Held.
type Switch uint8

// The switches.
const (
	Held      Switch = 0 // nobody decided where somebody must, or the decision cannot be read: hold
	SwitchOn  Switch = 1 // takes part
	SwitchOff Switch = 2 // refused
)

// Policy is a site's decision as its relay tells it: the same bytes for
// everyone, without who decided. Revisions of one site only go up; a lower one
// than was heard before means that the relay lost something, and holds.
type Policy struct {
	Revision uint64       // 0 only while the relay holds and knows of none
	Since    time.Time    // whole seconds; zero when the relay's clock was not set
	Decided  bool         // by an administrator; false: it is the programme's default
	CEIP     Switch       // programme ceip
	CSP      Switch       // programme csp
	Level    schema.Level // the most that the site allows
	Release  uint32       // of the registry, that the decision covers: what came later stays off
}

const policyLen = 1 + 8 + 8 + 1 + 1 + 1 + 1 + 4

// Programme returns the switch of one programme. An unknown programme is held.
func (p Policy) Programme(name schema.Programme) Switch {
	switch name {
	case schema.CEIP:
		return p.CEIP
	case schema.CSP:
		return p.CSP
	}
	return Held
}

// Marshal returns the policy's 25 bytes.
func (p Policy) Marshal() []byte {
	b := binary.BigEndian.AppendUint64([]byte{Version}, p.Revision)
	var since uint64
	if !p.Since.IsZero() {
		since = uint64(p.Since.Unix())
	}
	b = binary.BigEndian.AppendUint64(b, since)
	b = append(b, bit(p.Decided), byte(p.CEIP), byte(p.CSP), bit(p.Level == schema.Enhanced))
	return binary.BigEndian.AppendUint32(b, p.Release)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// maxSince bounds Since: the year 9999, the last that JSON can write.
const maxSince = 253402300799

// ParsePolicy reads a policy. Errors wrap [ErrForm].
func ParsePolicy(b []byte) (Policy, error) {
	if len(b) != policyLen || b[0] != Version {
		return Policy{}, fmt.Errorf("parse policy of %d bytes: %w", len(b), ErrForm)
	}
	since := binary.BigEndian.Uint64(b[9:])
	decided, level := b[17], b[20]
	p := Policy{
		Revision: binary.BigEndian.Uint64(b[1:]), Decided: decided == 1, CEIP: Switch(b[18]), CSP: Switch(b[19]),
		Level: schema.Standard, Release: binary.BigEndian.Uint32(b[21:]),
	}
	if since > maxSince || decided > 1 || level > 1 || p.CEIP > SwitchOff || p.CSP > SwitchOff {
		return Policy{}, fmt.Errorf("parse policy: %w", ErrForm)
	}
	if since > 0 {
		p.Since = time.Unix(int64(since), 0).UTC()
	}
	if level == 1 {
		p.Level = schema.Enhanced
	}
	return p, nil
}
