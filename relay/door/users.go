package door

import (
	"crypto/sha256"
	"crypto/subtle"
	"regexp"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// names is what a throw-away name looks like: at least 128 random bits in
// url-safe base64, and no character that means something in a subject.
var names = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)

// answerWithin is how long a part inside may take to answer a request.
const answerWithin = 10 * time.Second

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

// admitGuest lets in an agent, a store from outside, or an engineer, by what it
// shows.
func (d *Door) admitGuest(c server.ClientAuthentication, name, password string) bool {
	as, ok := d.roleOf(password)
	if !ok {
		d.counts.credential.Add(1)
		d.refusals.warn("wrong credential")
		return false
	}
	if !names.MatchString(name) {
		d.counts.name.Add(1)
		d.refusals.warn("name of wrong form")
		return false
	}
	switch d.guests.name(c.GetID(), name, as, d.cfg.MaxConns) {
	case nameTaken:
		d.counts.name.Add(1)
		d.refusals.warn("name is taken")
		return false
	case nameFull:
		d.counts.full.Add(1)
		d.refusals.warn("as many connections as may are here")
		return false
	}
	d.register(c, name, rightsOf(as, wire.InboxPrefix(name)+".>"))
	return true
}

// rightsOf returns what an outside connection may do.
func rightsOf(as standing, inbox string) rights {
	switch {
	case as.store:
		return rights{publish: roles[RoleStore].publish, subscribe: []string{lookSubjects, inbox}, answers: true}
	case as.desk:
		return rights{publish: []string{lookSubjects}, subscribe: []string{inbox}}
	}
	return rights{
		agents:    true,
		publish:   []string{wire.SubjectPut, wire.SubjectGet + ".*"},
		subscribe: []string{wire.SubjectPolicy, inbox},
	}
}

// roleOf says as what a credential lets in. It looks at all of them, so that how
// long it takes says nothing.
func (d *Door) roleOf(password string) (as standing, ok bool) {
	ok = same(password, d.cfg.Credential)
	for i, c := range d.cfg.SiteCredentials {
		if same(password, c) {
			as, ok = standing{site: i + 1}, true
		}
	}
	if d.cfg.StoreCredential != "" && same(password, d.cfg.StoreCredential) {
		as, ok = standing{store: true}, true
	}
	if d.cfg.DeskCredential != "" && same(password, d.cfg.DeskCredential) {
		as, ok = standing{desk: true}, true
	}
	return as, ok
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
	p := &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: r.publish},
		Subscribe: &server.SubjectPermission{Allow: r.subscribe},
	}
	if r.answers {
		p.Response = &server.ResponsePermission{MaxMsgs: 1, Expires: answerWithin}
	}
	c.RegisterUser(&server.User{Username: name, Account: account, Permissions: p})
}

// same compares in constant time, whatever the lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
