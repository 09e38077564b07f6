package attack

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// mark stands in everything that a rogue says, and must be heard by nobody.
const mark = "said-by-a-rogue-6114207735"

// victim is an agent of the test's own that listens to all it may.
type victim struct {
	conn *nats.Conn
	name string
	all  *nats.Subscription // its inbox
	told *nats.Subscription // what the relay pushes
}

func newVictim(t testing.TB, d *doorway, from caller) *victim {
	t.Helper()
	v := &victim{}
	v.conn, v.name = d.guest(t, from, d.credential)
	var errs [3]error
	v.all, errs[0] = v.conn.SubscribeSync(inboxOf(v.name) + ".>")
	v.told, errs[1] = v.conn.SubscribeSync("tacit.policy")
	errs[2] = v.conn.FlushTimeout(rig.Patience)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return v
}

// policy asks for the site's decision. The answer comes after everything that
// others had the relay say to the victim before.
func (v *victim) policy(t testing.TB) []byte {
	t.Helper()
	if err := v.conn.PublishRequest("tacit.get.policy", inboxOf(v.name)+".mine", nil); err != nil {
		t.Fatal(err)
	}
	m, err := v.all.NextMsg(rig.Patience)
	if err != nil {
		t.Fatalf("the victim gets no answer: %v", err)
	}
	if m.Subject != inboxOf(v.name)+".mine" {
		t.Fatalf("the victim hears %d bytes on its inbox from somebody else", len(m.Data))
	}
	return m.Data
}

// heardNothing wants that the victim heard nothing but what the relay says.
func (v *victim) heardNothing(t testing.TB) {
	t.Helper()
	genuine := v.policy(t)
	if n, _, err := v.all.Pending(); n > 0 || err != nil {
		t.Errorf("the victim heard %d messages on its inbox that are not for it, %v", n, err)
	}
	for n, _, _ := v.told.Pending(); n > 0; n-- {
		m, err := v.told.NextMsg(time.Second)
		if err != nil || !bytes.Equal(m.Data, genuine) {
			t.Errorf("the victim heard a decision that is not the site's: %x, %v", m.Data, err)
		}
	}
}

// rogueAgent has somebody with the channel's credential try all that is not an
// agent's, while a victim listens.
func rogueAgent(t *testing.T, d *doorway, from, at caller) {
	v := newVictim(t, d, at)
	before := v.policy(t)
	r := newRogue(t, d, from, d.credential)
	theirs := inboxOf(v.name)
	r.mayNotHear(with(secretSubjects, []string{theirs + ".>", theirs + ".*", theirs + ".mine"})...)
	r.mayNotSay([]byte(mark), with(forbiddenSubjects, storeSubjects, []string{theirs, theirs + ".mine"})...)
	r.mayNotSay(refusal(), "tacit.policy")
	misdirect(t, r, v)
	v.heardNothing(t)
	if after := v.policy(t); !bytes.Equal(after, before) {
		t.Errorf("the decision that the relay tells was %x and is %x", before, after)
	}
	imposters(t, d, from, v.name)
	v.heardNothing(t)
	t.Logf("%s: %d attempts refused", d.name, r.attempts)
}

// misdirect puts and asks as an agent may, and names places for the answer
// where it may not say anything itself.
func misdirect(t *testing.T, r *rogue, v *victim) {
	t.Helper()
	for _, inbox := range append(falseInboxes, inboxOf(v.name)+".>", inboxOf(v.name)+".*", inboxOf(v.name)+".") {
		for _, subject := range agentSubjects {
			if err := r.conn.PublishRequest(subject, inbox, []byte(mark)); err != nil && !errors.Is(err, nats.ErrBadSubject) {
				t.Fatalf("%s with answers to %s: %v", subject, inbox, err)
			}
		}
		if err := r.conn.PublishRequest("tacit.put", inbox, envelopeWith("")); err != nil && !errors.Is(err, nats.ErrBadSubject) {
			t.Fatal(err)
		}
	}
	// Whoever answers these has answered the ones before.
	for _, subject := range agentSubjects {
		if _, err := r.conn.Request(subject, []byte(mark), rig.Patience); err != nil {
			t.Errorf("what an agent may is refused: %s: %v", subject, err)
		}
	}
	if said := len(r.said); said > 0 {
		t.Errorf("the rogue is told %d things, the first is %v", said, <-r.said)
	}
}

// imposters come in as somebody else.
func imposters(t *testing.T, d *doorway, from caller, victim string) {
	t.Helper()
	for _, name := range []string{
		victim, "", "gate", "forward", "store", "inside-gate", "AGENTS", "EDGE", "SYS", "$SYS", "*", ">", strings.Repeat("*", 24),
		victim + ".x", victim[:20], victim + " x", strings.Repeat("a", 65),
	} {
		l := openLine(t, d, from)
		l.say("CONNECT %s\r\nPING\r\n", greeting(name, d.credential))
		if said := l.verdict(); !strings.Contains(said, "Authorization Violation") || strings.Contains(said, "PONG") {
			t.Errorf("%s: who comes as %q is answered with %q", d.name, name, said)
		}
	}
	second(t, d, from, victim)
	second(t, d, from, rand.Text()) // free, and a new quota
}

// second comes in under a name of its own, and greets again under another.
func second(t *testing.T, d *doorway, from caller, name string) {
	t.Helper()
	c := openLine(t, d, from)
	c.say("CONNECT %s\r\nPING\r\n", greeting(rand.Text(), d.credential))
	c.until("PONG")
	c.say("CONNECT %s\r\nSUB %s.> 1\r\nPING\r\n", greeting(name, d.credential), inboxOf(name))
	if said := c.verdict(); !strings.Contains(said, "Authorization Violation") || strings.Contains(said, "PONG") {
		t.Errorf("%s: a second greeting under another name is answered with %q", d.name, said)
	}
}

// greeting is what a NATS client says first.
func greeting(name, credential string) string {
	b, err := json.Marshal(map[string]any{
		"user": name, "pass": credential, "verbose": false, "pedantic": false, "lang": "attack", "headers": true, "name": mark,
	})
	if err != nil {
		panic(err) // texts only
	}
	return string(b)
}

// strangeCredentials are refused: everybody has his own.
func (f *field) strangeCredentials(t *testing.T) {
	for _, c := range []struct {
		door       *doorway
		credential string
	}{
		{f.site, f.edge.credential}, {f.site, f.forStores}, {f.edge, f.site.credential},
		{f.site, ""}, {f.edge, ""}, {f.site, f.site.credential + "x"}, {f.edge, f.forStores[1:]},
	} {
		if _, err := c.door.enter(t, siteRogue, strings.Repeat("n", 26), c.credential); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s lets somebody in with a credential that is not its own: %v", c.door.name, err)
		}
	}
}

// rogueStore has somebody with the store's credential try what is an agent's
// or the edge's own, while one of the edge's sites listens.
func (f *field) rogueStore(t *testing.T) {
	v := newVictim(t, f.edge, edgeVictim)
	r := newRogue(t, f.edge, storeRogue, f.forStores)
	theirs := inboxOf(v.name)
	r.mayNotHear(with(secretSubjects, []string{"tacit.policy", theirs + ".>"})...)
	r.mayNotSay([]byte(mark), with(forbiddenSubjects, agentSubjects, []string{theirs + ".mine"})...)
	// What it may say to the edge reaches no inbox and changes no list.
	keys := f.keys(t, v)
	for _, forged := range [][]byte{[]byte(mark), fmt.Append(nil, mark, strings.Repeat("x", 272)), make([]byte, 272)} {
		for _, subject := range []string{"tacit.reply", "tacit.keys"} {
			if err := r.conn.Publish(subject, forged); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.conn.FlushTimeout(rig.Patience); err != nil {
		t.Fatal(err)
	}
	v.heardNothing(t)
	if after := f.keys(t, v); !bytes.Equal(keys, after) || len(keys) == 0 {
		t.Errorf("the key list has %d bytes and had %d", len(after), len(keys))
	}
	t.Logf("the store's credential: %d attempts refused", r.attempts)
}

// keys returns the key list that a door serves.
func (f *field) keys(t testing.TB, v *victim) []byte {
	t.Helper()
	if err := v.conn.PublishRequest("tacit.get.keys", inboxOf(v.name)+".keys", nil); err != nil {
		t.Fatal(err)
	}
	m, err := v.all.NextMsg(rig.Patience)
	if err != nil {
		t.Fatalf("no key list: %v", err)
	}
	return m.Data
}
