package door

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestRogue has a guest with the right credential try everything that is not
// an agent's.
func TestRogue(t *testing.T) {
	d := open(t, config(t))
	victim := rand.Text()
	v := guest(t, d, victim)
	heard, err := v.SubscribeSync(wire.InboxPrefix(victim) + ".>")
	if err != nil {
		t.Fatal(err)
	}
	spy, err := d.Conn(RoleGate)
	if err != nil {
		t.Fatal(err)
	}
	defer spy.Close()
	puts, err := spy.SubscribeSync(wire.SubjectPut)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(v.Flush(), spy.Flush()); err != nil {
		t.Fatal(err)
	}

	rogue := newRogue(t, d, credential)
	rogue.mayNotHear(
		">", "*", "_INBOX.>", wire.InboxPrefix(victim)+".>", wire.InboxPrefix("*")+".>", wire.SubjectReply, wire.SubjectKeys,
		wire.SubjectPut, wire.SubjectGetKeys, wire.SubjectGetPolicy, "tacit.>", "tacit.*", wire.CrateSubject(0), "$SYS.>", "$SYS.ACCOUNT.*.CONNECT",
		"$JS.>", "$JS.EVENT.ADVISORY.>",
	)
	rogue.mayNotSay(
		wire.CrateSubject(0), wire.CrateSubject(63), wire.SubjectPolicy, wire.SubjectKeys, wire.SubjectReply, wire.InboxPrefix(victim)+".1",
		"tacit.get.keys.more", "tacit.get", "$JS.API.INFO", "$JS.API.STREAM.DELETE."+wire.StreamCrates, "$SYS.REQ.SERVER.PING",
		"$JS.ACK."+wire.StreamCrates+".group-0.1.1.1.1.0",
	)
	if err := rogue.conn.Publish(wire.SubjectPut, []byte("fine")); err != nil {
		t.Fatal(err)
	}
	if m, err := puts.NextMsg(20 * time.Second); err != nil || string(m.Data) != "fine" {
		t.Errorf("an allowed put did not arrive: %v", err)
	}
	if m, err := heard.NextMsg(10 * time.Millisecond); err == nil {
		t.Errorf("the victim heard %d bytes on its inbox", len(m.Data))
	}
}

// TestRogueStore has a store from outside try everything that is not a
// store's.
func TestRogueStore(t *testing.T) {
	cfg := config(t)
	cfg.StoreCredential = storeCredential
	d := open(t, cfg)
	rogue := newRogue(t, d, storeCredential)
	rogue.mayNotHear(
		">", "_INBOX.>", inboxOf(RoleStore)+".>", wire.SubjectPut, wire.SubjectPolicy, wire.SubjectReply, wire.SubjectKeys, "tacit.>",
		wire.CrateSubject(0), "$SYS.>", "$JS.>", wire.SubjectLook, wire.LookSubject(0)+".x",
	)
	rogue.mayNotSay(
		wire.SubjectPut, wire.CrateSubject(0), wire.SubjectPolicy, wire.SubjectGetKeys, "$SYS.REQ.SERVER.PING", wire.LookSubject(0),
		"$JS.API.STREAM.CREATE."+stream, "$JS.API.STREAM.DELETE."+stream, "$JS.API.STREAM.PURGE."+stream, "$JS.API.STREAM.UPDATE."+stream,
		"$JS.API.CONSUMER.CREATE."+stream+".x", "$JS.API.CONSUMER.DELETE."+stream+".group-0",
	)
	edge, err := d.Conn(RoleForward)
	if err != nil {
		t.Fatal(err)
	}
	defer edge.Close()
	lists, err := edge.SubscribeSync(wire.SubjectKeys)
	if err := errors.Join(err, edge.Flush(), rogue.conn.Publish(wire.SubjectKeys, []byte("a list"))); err != nil {
		t.Fatal(err)
	}
	if m, err := lists.NextMsg(20 * time.Second); err != nil || string(m.Data) != "a list" {
		t.Errorf("an allowed key list did not arrive: %v", err)
	}
}

// TestRogueEngineer has an engineer try everything that is not an engineer's, and
// ask a store, which answers him and speaks nowhere else.
func TestRogueEngineer(t *testing.T) {
	cfg := config(t)
	cfg.StoreCredential, cfg.DeskCredential = storeCredential, "engineers"
	d := open(t, cfg)
	victim := rand.Text()
	if _, err := dial(d, victim, "engineers"); err != nil {
		t.Fatal(err)
	}
	rogue := newRogue(t, d, "engineers")
	rogue.mayNotHear(
		">", "_INBOX.>", wire.InboxPrefix(victim)+".>", wire.LookSubject(0), wire.SubjectLook+".>", wire.SubjectPut, wire.SubjectPolicy,
		wire.SubjectReply, wire.SubjectKeys, "tacit.>", wire.CrateSubject(0), "$SYS.>", "$JS.>",
	)
	rogue.mayNotSay(
		wire.SubjectPut, wire.SubjectGetKeys, wire.CrateSubject(0), wire.SubjectPolicy, wire.SubjectKeys, wire.SubjectReply, wire.SubjectLook,
		wire.LookSubject(0)+".x", wire.InboxPrefix(victim)+".1", inboxOf(RoleStore)+".1", "$SYS.REQ.SERVER.PING",
		"$JS.API.STREAM.INFO."+stream, "$JS.API.CONSUMER.MSG.NEXT."+stream+".group-0", "$JS.API.STREAM.MSG.GET."+stream,
	)
	store, err := dial(d, rand.Text(), storeCredential)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	sub, err := store.SubscribeSync(wire.LookSubject(3))
	if err := errors.Join(err, store.Flush()); err != nil {
		t.Fatal(err)
	}
	go func() {
		if m, err := sub.NextMsg(20 * time.Second); err == nil {
			_ = m.Respond([]byte("to you")) // the request below says whether it came
		}
	}()
	if m, err := rogue.conn.Request(wire.LookSubject(3), []byte("?"), 20*time.Second); err != nil || string(m.Data) != "to you" {
		t.Errorf("a question to a store: %v", err)
	}
	if s := d.Stats(); s.Agents != 0 || s.Stores != 1 || s.Desks != 2 {
		t.Errorf("%+v", s)
	}
}

// TestEngineersAreBounded: they take no place of agents or stores, and no more
// than theirs.
func TestEngineersAreBounded(t *testing.T) {
	cfg := config(t)
	cfg.MaxConns, cfg.StoreCredential, cfg.DeskCredential = 1, storeCredential, "engineers"
	d := open(t, cfg)
	for range deskConns {
		if _, err := dial(d, rand.Text(), "engineers"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := dial(d, rand.Text(), "engineers"); err == nil {
		t.Error("one more engineer than may is in")
	}
	for _, password := range []string{credential, storeCredential} {
		if _, err := dial(d, rand.Text(), password); err != nil {
			t.Errorf("others are out: %v", err)
		}
	}
}

// rogue is a guest that tries what it may not.
type rogue struct {
	t          *testing.T
	conn       *nats.Conn
	violations chan error
}

func newRogue(t *testing.T, d *Door, password string) *rogue {
	t.Helper()
	r := &rogue{t: t, violations: make(chan error, 64)}
	var err error
	r.conn, err = dial(d, rand.Text(), password,
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { r.violations <- err }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.conn.Close)
	return r
}

func (r *rogue) mayNotHear(subjects ...string) {
	r.t.Helper()
	for _, s := range subjects {
		_, err := r.conn.SubscribeSync(s)
		r.forbidden("subscribe "+s, err)
	}
}

func (r *rogue) mayNotSay(subjects ...string) {
	r.t.Helper()
	for _, s := range subjects {
		r.forbidden("publish "+s, r.conn.Publish(s, []byte("x")))
	}
}

func (r *rogue) forbidden(what string, err error) {
	r.t.Helper()
	if err := errors.Join(err, r.conn.Flush()); err != nil {
		r.t.Fatal(err)
	}
	select {
	case err := <-r.violations:
		if !errors.Is(err, nats.ErrPermissionViolation) {
			r.t.Errorf("%s: %v, want a permissions violation", what, err)
		}
	case <-time.After(20 * time.Second):
		r.t.Errorf("%s is allowed", what)
	}
}

// TestInsideRights has the store's connection try what is not a store's.
func TestInsideRights(t *testing.T) {
	d := open(t, config(t))
	c, err := d.Conn(RoleStore)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, s := range []string{
		wire.CrateSubject(0), "$JS.API.STREAM.DELETE." + stream, "$JS.API.STREAM.PURGE." + stream,
		"$JS.API.STREAM.UPDATE." + stream, "$JS.API.CONSUMER.DELETE." + stream + ".group-0", "$SYS.REQ.SERVER.PING",
	} {
		if err := errors.Join(c.Publish(s, nil), c.Flush()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "publishing "+s+" is a violation", func() bool {
			err := c.LastError()
			return errors.Is(err, nats.ErrPermissionViolation) && strings.Contains(err.Error(), s)
		})
	}
}
