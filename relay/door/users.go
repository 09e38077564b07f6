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

// admitGuest lets in an agent, or a store from outside, by what it shows.
func (d *Door) admitGuest(c server.ClientAuthentication, name, password string) bool {
	store := d.cfg.StoreCredential != "" && same(password, d.cfg.StoreCredential)
	if !store && !same(password, d.cfg.Credential) {
		d.counts.credential.Add(1)
		d.refusals.warn("wrong credential")
		return false
	}
	if !names.MatchString(name) {
		d.counts.name.Add(1)
		d.refusals.warn("name of wrong form")
		return false
	}
	switch d.guests.name(c.GetID(), name, store, d.cfg.MaxConns) {
	case nameTaken:
		d.counts.name.Add(1)
		d.refusals.warn("name is taken")
		return false
	case nameFull:
		d.counts.full.Add(1)
		d.refusals.warn("as many connections as may are here")
		return false
	}
	inbox := wire.InboxPrefix(name) + ".>"
	if store {
		d.register(c, name, rights{
			publish:   append([]string{wire.SubjectKeys}, roles[RoleStore].publish...),
			subscribe: []string{inbox},
		})
		return true
	}
	d.register(c, name, rights{
		agents:    true,
		publish:   []string{wire.SubjectPut, wire.SubjectGet + ".*"},
		subscribe: []string{wire.SubjectPolicy, inbox},
	})
	return true
}

func (d *Door) admitInside(c server.ClientAuthentication, name, password string) bool {
	role := Role(name)
	secret, ok := d.secrets[role]
	if !ok || !same(password, secret) {
		return false
	}
	d.register(c, name, roles[role])
	return true
}

func (d *Door) register(c server.ClientAuthentication, name string, r rights) {
	account := d.edge
	if r.agents {
		account = d.agents
	}
	c.RegisterUser(&server.User{
		Username: name,
		Account:  account,
		Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: r.publish},
			Subscribe: &server.SubjectPermission{Allow: r.subscribe},
		},
	})
}

// same compares in constant time, whatever the lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
