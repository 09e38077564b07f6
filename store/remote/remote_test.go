package remote

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/daybook"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// TestLookup: what a store has is told whole, over as many messages as it takes,
// after a note; and the log has one row and its outcome.
func TestLookup(t *testing.T) {
	v := newVendor(t)
	asks := []pages.Ask{v.put(1, 60_000), {Day: today, Tag: page.Tag{9}}, v.putOn(today-40, 200, 50), v.put(77, 50)}
	for range 30 { // more than two messages hold, of one tag
		v.put(1, 60_000)
		v.putOn(today-40, 200, 30_000)
	}
	v.unread = []schema.Month{today.Month() - 1}
	v.run(0)
	l := v.begin(v.add("ada"))
	if _, err := l.Get(t.Context(), asks, nil); !errors.Is(err, ErrDenied) {
		t.Errorf("pages without a note: %v", err)
	}
	for _, why := range []error{daybook.ErrFull, errors.New("the disk is full")} {
		v.refuse(why)
		if _, err := l.Leave(t.Context(), letter(t)); err == nil {
			t.Errorf("a note is left, although %v", why)
		}
		if _, err := l.Get(t.Context(), asks, func(pages.Found) error { return nil }); !errors.Is(err, ErrDenied) {
			t.Errorf("pages after a note that was not kept, since %v: %v", why, err)
		}
	}
	v.refuse(nil)
	asker, err := l.Leave(t.Context(), letter(t))
	if err != nil || len(v.letters) != 1 {
		t.Fatalf("%d notes, %v", len(v.letters), err)
	}
	var got [][]byte
	unread, err := asker.Get(t.Context(), asks, func(f pages.Found) error {
		if f.Page[0] != asks[f.Index].Tag[0] {
			t.Errorf("a page of tag %d answers %d", f.Page[0], asks[f.Index].Tag[0])
		}
		got = append(got, f.Page)
		return nil
	})
	want := slices.Concat(v.pages[asks[2]], v.pages[asks[0]], v.pages[asks[3]]) // the month before comes first
	if err != nil || !slices.ContainsFunc(unread, func(m schema.Month) bool { return m == today.Month()-1 }) {
		t.Errorf("unread %v, %v", unread, err)
	}
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%d pages, want %d, in order", len(got), len(want))
	}
	v.wantRows("engineer ada open")
	if err := l.End(t.Context(), audit.Found); err != nil {
		t.Fatal(err)
	}
	if _, err := asker.Get(t.Context(), asks, nil); !errors.Is(err, ErrEnded) {
		t.Errorf("pages after the end: %v", err)
	}
	v.wantRows("engineer ada open", "engineer ada found")
}

// TestGrantAndPopulation: the grant of a code, none, and what all add up to, which
// takes several messages.
func TestGrantAndPopulation(t *testing.T) {
	v := newVendor(t)
	v.grants = []page.Grant{{Tag: page.Tag{3}, Expiry: today, Sealed: make([]byte, page.GrantLen-20)}}
	v.all = &insights.Population{}
	for range 40_000 { // it packs badly: more than one message
		v.all.Answers = append(v.all.Answers, insights.Answer{Metric: rand.Text()})
	}
	v.run(0)
	l := v.begin(v.add("ada"))
	if g, found, err := l.Grant(t.Context(), page.Tag{3}); err != nil || !found || g.Tag != v.grants[0].Tag || g.Expiry != today {
		t.Errorf("a grant: %v, %v", found, err)
	}
	if _, found, err := l.Grant(t.Context(), page.Tag{4}); err != nil || found {
		t.Errorf("no grant: %v, %v", found, err)
	}
	p, err := l.Population(t.Context())
	if err != nil || len(p.Answers) != len(v.all.Answers) || p.Answers[39_999].Metric != v.all.Answers[39_999].Metric {
		t.Errorf("the population: %v", err)
	}
	if err := l.End(t.Context(), audit.Nothing); err != nil {
		t.Fatal(err)
	}
	v.wantRows("engineer ada open", "engineer ada nothing")
}

// TestNotLetIn: somebody unknown, somebody with another key, and somebody who was
// removed in the middle hear nothing, and the log has no row of them.
func TestNotLetIn(t *testing.T) {
	v := newVendor(t)
	v.run(0)
	ada, mia := v.add("ada"), v.add("mia")
	stranger, thief := ada, ada
	stranger.Engineer, thief.Key = "eve", mia.Key
	for name, a := range map[string]Asker{"unknown": stranger, "another's key": thief} {
		if _, err := a.Begin(t.Context(), "T-1", "r"); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	v.wantRows()
	l := v.begin(ada)
	other := *l
	other.asker = mia // let in, with the word of another's lookup
	if _, err := other.Leave(t.Context(), letter(t)); !errors.Is(err, ErrEnded) {
		t.Errorf("another's lookup: %v", err)
	}
	if err := v.list.Remove("ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Leave(t.Context(), letter(t)); !errors.Is(err, ErrRefused) || len(v.letters) != 0 {
		t.Errorf("removed: %v", err)
	}
	bad := ada
	bad.Vendor = mia.Key.Public().(ed25519.PublicKey)
	if _, err := bad.Begin(t.Context(), "T-1", "r"); !errors.Is(err, ErrKeyList) {
		t.Errorf("a key list of another vendor: %v", err)
	}
	for _, q := range [][2]string{{"", "r"}, {"T", ""}, {"7D44-4840-9DC0-41D1-B245", "r"}, {"T", "of 7d444840-9dc0-41d1-b245-5ffdce74fad2"}} {
		if _, err := mia.Begin(t.Context(), q[0], q[1]); !errors.Is(err, ErrDenied) {
			t.Errorf("ticket %q, reason %q: %v", q[0], q[1], err)
		}
	}
	v.wantRows("engineer ada open")
}

// TestReplay: what was recorded and is sent again changes nothing, also to a store
// that was started anew, and a day later.
func TestReplay(t *testing.T) {
	v := newVendor(t)
	asks := []pages.Ask{v.put(1, 3000)} // more than what a refusal has
	stop := v.run(0)
	ada := v.add("ada")
	rec := &recorder{conn: v.conn}
	ada.Conn = rec
	l := v.begin(ada)
	asker, err := l.Leave(t.Context(), letter(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asker.Get(t.Context(), asks, func(pages.Found) error { return nil }); err != nil {
		t.Fatal(err)
	}
	again := func(when string, after ...string) {
		t.Helper()
		for i := 2; i < len(rec.sent); i += 2 { // the first is for the key list
			m, err := v.conn.RequestWithContext(t.Context(), wire.LookSubject(0), rec.sent[i])
			if err != nil || len(m.Data) > 2<<10 || bytes.Equal(m.Data, rec.sent[i+1]) {
				t.Errorf("%s: question %d is answered with %d bytes, %v", when, i/2, len(m.Data), err)
			}
		}
		if len(v.letters) != 1 {
			t.Errorf("%s: %d notes", when, len(v.letters))
		}
		v.wantRows(after...)
	}
	again("while it runs", "engineer ada open")
	if err := l.End(t.Context(), audit.Found); err != nil {
		t.Fatal(err)
	}
	rows := []string{"engineer ada open", "engineer ada found"}
	again("after its end", rows...)
	v.wait(wordLife + time.Minute)
	again("a day later", rows...)
	stop()
	v.run(0)
	again("to a store started anew", rows...)
}

// TestAuditRefuses: without a row there is no lookup, and without its outcome
// nothing may be shown.
func TestAuditRefuses(t *testing.T) {
	v := newVendor(t)
	v.run(0)
	ada := v.add("ada")
	l := v.begin(ada)
	file := filepath.Join(v.dir, "desk", "audit.log")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append([]byte("{}\n"), good...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ada.Begin(t.Context(), "T-2", "r"); !errors.Is(err, ErrAudit) {
		t.Errorf("a lookup without a row: %v", err)
	}
	if err := l.End(t.Context(), audit.Found); !errors.Is(err, ErrAudit) {
		t.Errorf("an end without a row: %v", err)
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.End(t.Context(), audit.Found); err != nil {
		t.Errorf("an end that can be written again: %v", err)
	}
	v.wantRows("engineer ada open", "engineer ada found")
}

// TestGoneAway: the row of an engineer whose process went away, or whose store
// stops, is ended as failed.
func TestGoneAway(t *testing.T) {
	v := newVendor(t)
	stop := v.run(0)
	ada := v.add("ada")
	l := v.begin(ada)
	v.wait(lookupLife + time.Second)
	eventually(t, "the row is ended", func() bool { return len(v.rows()) == 2 })
	if _, err := l.Leave(t.Context(), letter(t)); !errors.Is(err, ErrEnded) {
		t.Errorf("a lookup that is over: %v", err)
	}
	v.begin(ada)
	stop()
	v.wantRows("engineer ada open", "engineer ada failed", "engineer ada open", "engineer ada failed")
	if _, err := ada.Begin(t.Context(), "T", "r"); !errors.Is(err, ErrAway) {
		t.Errorf("without a store: %v", err)
	}
}

// TestLimits: so many an hour, counted for each, and so many at once.
func TestLimits(t *testing.T) {
	v := newVendor(t)
	v.run(0)
	ada, mia := v.add("ada"), v.add("mia")
	for range audit.Hourly {
		if err := v.begin(ada).End(t.Context(), audit.Found); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ada.Begin(t.Context(), "T", "r"); !errors.Is(err, ErrLimit) {
		t.Errorf("one more than the limit: %v", err)
	}
	for range maxOwn {
		v.begin(mia)
	}
	if _, err := mia.Begin(t.Context(), "T", "r"); !errors.Is(err, ErrBusy) {
		t.Errorf("one more at once: %v", err)
	}
	if n := len(v.rows()); n != 2*audit.Hourly+maxOwn {
		t.Errorf("%d rows", n)
	}
	v.wait(time.Hour)
	v.begin(ada)
}

// TestGroups: each group of stores is asked for the tags of its partitions, and
// all are begun and ended.
func TestGroups(t *testing.T) {
	v := newVendor(t)
	v.halves = true
	v.run(0)
	v.run(1)
	ada := v.add("ada")
	ada.Groups = 2
	asks := []pages.Ask{v.put(63, 10), v.put(1, 10), v.put(40, 10)}
	l := v.begin(ada)
	asker, err := l.Leave(t.Context(), letter(t))
	if err != nil {
		t.Fatal(err)
	}
	found := map[byte]int{}
	if _, err := asker.Get(t.Context(), asks, func(f pages.Found) error { found[f.Page[0]] = f.Index; return nil }); err != nil {
		t.Fatal(err)
	}
	if len(found) != 3 || found[63] != 0 || found[1] != 1 || found[40] != 2 {
		t.Errorf("found %v", found)
	}
	if _, err := l.Population(t.Context()); !errors.Is(err, ErrGroups) {
		t.Errorf("sums of two groups: %v", err)
	}
	if err := l.End(t.Context(), audit.Found); err != nil {
		t.Fatal(err)
	}
	v.wantRows("engineer ada open", "engineer ada open", "engineer ada found", "engineer ada found")
	ada.Groups = 3
	if _, err := ada.Begin(t.Context(), "T", "r"); !errors.Is(err, ErrAway) {
		t.Errorf("a group without a store: %v", err)
	}
	if rows := v.rows(); rows[len(rows)-1] != "engineer ada failed" {
		t.Errorf("the other groups' rows have no outcome: %q", rows)
	}
}

// TestWire: nothing of a lookup stands in the clear, and messages have few sizes.
func TestWire(t *testing.T) {
	v := newVendor(t)
	asks := []pages.Ask{v.put(0xa7, 3000)}
	v.run(0)
	ada := v.add("ada.longname")
	rec := &recorder{conn: v.conn}
	ada.Conn = rec
	l := v.begin(ada)
	left := letter(t)
	asker, err := l.Leave(t.Context(), left)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asker.Get(t.Context(), asks, func(pages.Found) error { return nil }); err != nil {
		t.Fatal(err)
	}
	const overhead = 24 + 16
	for i, b := range rec.sent[2:] {
		for what, secret := range map[string][]byte{
			"tag": asks[0].Tag[:8], "page": v.pages[asks[0]][0][:16], "name": []byte("ada.long"), "ticket": []byte("search is"), "mailbox": left.Box[:8], "note": left.Sealed[:8],
		} {
			if bytes.Contains(b, secret) {
				t.Errorf("message %d has the %s", i, what)
			}
		}
		if i%2 == 1 && !slices.Contains(answerSizes[:], len(b)-overhead) {
			t.Errorf("an answer of %d bytes", len(b))
		}
	}
}

// TestOtherKind: what an engineer signed, in an envelope of what agents send, is no
// question.
func TestOtherKind(t *testing.T) {
	v := newVendor(t)
	v.run(0)
	ada := v.add("ada")
	l := v.begin(ada)
	q := question{what: somePages, word: l.groups[0].word, number: 1, engineer: "ada", nonce: schema.NewBatchID()}
	for kind, answered := range map[envelope.Kind]bool{envelope.Ask: false, envelope.Look: true} {
		sealed, err := envelope.Seal(l.groups[0].key, 0, wire.ClassUser, envelope.Content{Kind: kind, Batch: q.nonce, Payload: q.sign(ada.Key)})
		if err != nil {
			t.Fatal(err)
		}
		m, err := v.conn.RequestWithContext(t.Context(), wire.LookSubject(0), sealed.Bytes)
		if err != nil || len(m.Data) > 0 != answered {
			t.Errorf("an envelope of kind %s is answered with %d bytes, %v", kind, len(m.Data), err)
		}
	}
}

// mole answers each question for pages as if nothing had been told yet.
type mole struct{ *vendor }

// RequestWithContext implements Requester.
func (m mole) RequestWithContext(ctx context.Context, subject string, b []byte) (*nats.Msg, error) {
	if e, err := wire.ParseEnvelope(b); err == nil {
		o, err := envelope.Open(m.key, e)
		if err != nil {
			return nil, err
		}
		if q, err := parseQuestion(o.Batch, o.Payload); err == nil && q.what == somePages {
			var rows bytes.Buffer
			err := pages.NewAnswerWriter(&rows).End(nil)
			said, sealing := answer{ok, append(place{}.append(nil), rows.Bytes()...)}.seal(o.ReplyKey)
			return &nats.Msg{Data: said}, errors.Join(err, sealing)
		}
	}
	return m.conn.RequestWithContext(ctx, subject, b)
}

// TestNoEnd: a store that never comes to the end of its pages is not asked for ever.
func TestNoEnd(t *testing.T) {
	v := newVendor(t)
	v.run(0)
	ada := v.add("ada")
	ada.Conn = mole{v}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := v.begin(ada).Get(ctx, []pages.Ask{{Day: today}}, nil); !errors.Is(err, ErrForm) {
		t.Errorf("it is asked again and again: %v", err)
	}
}

// TestNoOtherSubject: whoever asks cannot have the store speak elsewhere for him,
// and what does not open is answered without a word.
func TestNoOtherSubject(t *testing.T) {
	v := newVendor(t)
	v.run(0)
	heard, err := v.conn.SubscribeSync(wire.SubjectReply)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.conn.PublishRequest(wire.LookSubject(0), wire.SubjectReply, nil); err != nil {
		t.Fatal(err)
	}
	m, err := v.conn.RequestWithContext(t.Context(), wire.LookSubject(0), []byte("rubbish")) // after the first was heard, or beside it
	if err != nil || len(m.Data) != 0 {
		t.Errorf("rubbish is answered with %d bytes, %v", len(m.Data), err)
	}
	if _, err := v.conn.RequestWithContext(t.Context(), wire.LookSubject(0), nil); err != nil {
		t.Fatal(err)
	}
	if m, err := heard.NextMsg(50 * time.Millisecond); !errors.Is(err, nats.ErrTimeout) {
		t.Errorf("the store spoke on another subject: %v, %v", m, err)
	}
}
