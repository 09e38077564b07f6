package door

import (
	"crypto/sha256"
	"crypto/subtle"
	"regexp"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// names is what a throw-away name looks like: at least 128 random bits in
// url-safe base64, and no character that means something in a subject.
var names = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)

// Check implements [server.Authentication]. The server calls it for every
// NATS greeting, also for a second one on the same connection.
func (d *Door) Check(c server.ClientAuthentication) bool {
	if c.Kind() != server.CLIENT {
		return false
	}
	opts := c.GetOpts()
	if d.guests.knows(c.GetID()) {
		return d.admitGuest(c, opts.Username, opts.Password)
	}
	return d.admitInside(c, opts.Username, opts.Password)
}

func (d *Door) admitGuest(c server.ClientAuthentication, name, password string) bool {
	if !same(password, d.cfg.Credential) {
		d.counts.credential.Add(1)
		return false
	}
	if !names.MatchString(name) || !d.guests.name(c.GetID(), name) {
		d.counts.name.Add(1)
		return false
	}
	c.RegisterUser(&server.User{
		Username: name,
		Account:  d.agents,
		Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{wire.SubjectPut, wire.SubjectGet + ".*"}},
			Subscribe: &server.SubjectPermission{Allow: []string{wire.SubjectPolicy, wire.InboxPrefix(name) + ".>"}},
		},
	})
	return true
}

func (d *Door) admitInside(c server.ClientAuthentication, name, password string) bool {
	role := Role(name)
	secret, ok := d.secrets[role]
	if !ok || !same(password, secret) {
		return false
	}
	account := d.edge
	if roles[role].agents {
		account = d.agents
	}
	c.RegisterUser(&server.User{
		Username: name,
		Account:  account,
		Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: roles[role].publish},
			Subscribe: &server.SubjectPermission{Allow: roles[role].subscribe},
		},
	})
	return true
}

// same compares in constant time, whatever the lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
