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

	violations := make(chan error, 64)
	rogue := guest(t, d, rand.Text(), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { violations <- err }))
	forbidden := func(what string, err error) {
		t.Helper()
		if err := errors.Join(err, rogue.Flush()); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-violations:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v, want a permissions violation", what, err)
			}
		case <-time.After(2 * time.Second):
			t.Errorf("%s is allowed", what)
		}
	}
	for _, s := range []string{
		">", "*", "_INBOX.>", wire.InboxPrefix(victim) + ".>", wire.InboxPrefix("*") + ".>", wire.SubjectReply,
		wire.SubjectPut, wire.SubjectGetKeys, "tacit.>", "tacit.*", wire.CrateSubject(0), "$SYS.>", "$JS.>", "$JS.EVENT.ADVISORY.>",
	} {
		_, err := rogue.SubscribeSync(s)
		forbidden("subscribe "+s, err)
	}
	for _, s := range []string{
		wire.CrateSubject(0), wire.SubjectPolicy, wire.SubjectReply, wire.InboxPrefix(victim) + ".1", "tacit.get.keys.more",
		"$JS.API.INFO", "$JS.API.STREAM.DELETE." + wire.StreamCrates, "$SYS.REQ.SERVER.PING", "$JS.ACK." + wire.StreamCrates + ".group-0.1.1.1.1.0",
	} {
		forbidden("publish "+s, rogue.Publish(s, []byte("x")))
	}
	if err := rogue.Publish(wire.SubjectPut, []byte("fine")); err != nil {
		t.Fatal(err)
	}
	if m, err := puts.NextMsg(5 * time.Second); err != nil || string(m.Data) != "fine" {
		t.Errorf("an allowed put did not arrive: %v", err)
	}
	if m, err := heard.NextMsg(10 * time.Millisecond); err == nil {
		t.Errorf("the victim heard %d bytes on its inbox", len(m.Data))
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
