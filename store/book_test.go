package store_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// ofUser seals what a user ordered for the partition of a tag.
func (h *host) ofUser(kind envelope.Kind, class wire.Class, tag page.Tag, payload []byte) *envelope.Sealed {
	h.t.Helper()
	s, err := envelope.Seal(h.key, wire.PartitionOf(tag), class, envelope.Content{Kind: kind, Batch: schema.NewBatchID(), Payload: payload})
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// told sends one envelope and returns the reply.
func (e *edge) told(s *envelope.Sealed) envelope.Reply {
	e.t.Helper()
	e.crate(wire.MarshalCrate([][]byte{s.Bytes}))
	for late := time.After(patience); ; {
		select {
		case r := <-e.replies:
			if r.Attempt != s.Attempt {
				continue
			}
			opened, err := envelope.OpenReply(s.ReplyKey, s.Attempt, r.Reply[:])
			if err != nil {
				e.t.Fatal(err)
			}
			return opened
		case <-late:
			e.t.Fatal("no reply")
		}
	}
}

// notes asks for the notes of today, as a host does.
func (e *edge) notes(h *host) (out []page.Note) {
	e.t.Helper()
	box := page.NewRoot(h.id).Mailbox(today)
	for q := (page.Inquiry{Box: box.Tag(), Day: today}); ; {
		r := e.told(h.ofUser(envelope.Ask, wire.ClassUser, q.Box, q.Marshal()))
		total, sealed, err := page.ParseNotes(r.Data)
		if err != nil || r.Status != wire.Notes {
			e.t.Fatalf("%s, %v", r.Status, err)
		}
		for _, b := range sealed {
			n, err := box.Open(b)
			if err != nil {
				e.t.Fatal(err)
			}
			out = append(out, n)
		}
		if q.Skip += uint16(len(sealed)); len(out) >= total {
			return out
		}
	}
}

// find looks up and says how many pages there are.
func find(t *testing.T, h house, text, ticket string) (int, error) {
	t.Helper()
	subject, err := lookup.ParseSubject(text)
	if err != nil {
		t.Fatal(err)
	}
	src, err := lookup.Open(t.Context(), home.Home{Dir: h.data, KeysDir: h.keys, RunDir: h.run})
	if err != nil {
		t.Fatal(err)
	}
	got, err := lookup.Timeline(t.Context(), src, subject, lookup.Options{Registry: registry.BaseSet(), Ticket: ticket})
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	if err != nil {
		return 0, err
	}
	return got.Pages, nil
}

// TestSupportCode: a host grants, support opens by code, over the socket and
// without a process, the host reads that it did, and revokes.
func TestSupportCode(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	host, code := newHost(t, s), page.NewCode()
	e.send(host.seal(host.page(today, 0, used(time.Now(), "up"))), host.seal(host.page(today-7, 0, used(time.Now(), "up"))))
	g, err := page.SealGrant(page.NewRoot(host.id), code, today, 7, today)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := find(t, h, code.Spoken(), ""); !errors.Is(err, lookup.ErrNoCode) {
		t.Errorf("before the grant came: %v", err)
	}
	for _, want := range []wire.Status{wire.Stored, wire.Stored} {
		if r := e.told(host.ofUser(envelope.Grant, wire.ClassUser, g.Tag, g.Marshal())); r.Status != want {
			t.Errorf("the grant is answered %s, want %s", r.Status, want)
		}
	}
	bad := g.Tag
	bad[0]++ // of the next partition
	for name, sealed := range map[string]*envelope.Sealed{
		"of no user": host.ofUser(envelope.Grant, wire.ClassNormal, g.Tag, g.Marshal()), "of another partition": host.ofUser(envelope.Grant, wire.ClassUser, bad, g.Marshal()),
		"a question of no form": host.ofUser(envelope.Ask, wire.ClassUser, g.Tag, g.Marshal()), "a note of no form": host.ofUser(envelope.Note, wire.ClassUser, g.Tag, g.Marshal()),
	} {
		if r := e.told(sealed); r.Status != wire.BadForm {
			t.Errorf("%s: %s", name, r.Status)
		}
	}
	if n, err := find(t, h, code.Spoken(), "SUP-1"); n != 1 || err != nil {
		t.Errorf("by code over the socket: %d pages, %v", n, err)
	}
	stop(t, s)
	if n, err := find(t, h, code.Spoken(), "SUP-2"); n != 1 || err != nil {
		t.Errorf("by code with nobody running: %d pages, %v", n, err)
	}
	start(t, h.config(e))
	if notes := e.notes(host); len(notes) != 2 || notes[0].Ticket != "SUP-1" || notes[1].Ticket != "SUP-2" || !notes[0].ByCode {
		t.Errorf("the notes are %+v", notes)
	}
	revoke := g.Revocation()
	if r := e.told(host.ofUser(envelope.Grant, wire.ClassUser, g.Tag, revoke.Marshal())); r.Status != wire.Done {
		t.Errorf("the order to revoke is answered %s", r.Status)
	}
	if _, err := find(t, h, code.Spoken(), ""); !errors.Is(err, lookup.ErrNoCode) {
		t.Errorf("after it was revoked: %v", err)
	}
	if r := e.told(host.ofUser(envelope.Grant, wire.ClassUser, g.Tag, g.Marshal())); r.Status != wire.Erased {
		t.Errorf("the grant once more is answered %s", r.Status)
	}
}

// TestNoNoteNoPages: the socket gives no page to who left no note.
func TestNoNoteNoPages(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	host := newHost(t, start(t, h.config(e)))
	e.send(host.seal(host.page(today, 0, used(time.Now(), "up"))))
	at := home.Home{Dir: h.data, KeysDir: h.keys, RunDir: h.run}
	root := page.NewRoot(host.id)
	ask := pages.MarshalAsks([]pages.Ask{{Day: today, Tag: root.Day(today).Tag(0)}})
	post := func(path, pass string, body []byte) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://tacit"+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(lookup.PassHeader, pass)
		resp, err := at.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	for _, pass := range []string{"", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} {
		if code, body := post("/v1/pages", pass, ask); code != http.StatusForbidden {
			t.Errorf("with the pass %q: %d, %d bytes", pass, code, len(body))
		}
	}
	if code, _ := post("/v1/note", "", []byte("no note")); code != http.StatusBadRequest {
		t.Errorf("a note of no form: %d", code)
	}
	letter, err := root.Mailbox(today).Seal(page.Note{Minute: 1})
	if err != nil {
		t.Fatal(err)
	}
	code, pass := post("/v1/note", "", letter.Marshal())
	if code != http.StatusOK {
		t.Fatalf("a note: %d %s", code, pass)
	}
	if code, body := post("/v1/pages", pass, ask); code != http.StatusOK || len(body) < 4000 {
		t.Errorf("with a note: %d, %d bytes", code, len(body))
	}
	letter.Day = today - 5
	if code, _ := post("/v1/note", "", letter.Marshal()); code != http.StatusConflict {
		t.Errorf("a note of another week: %d", code)
	}
}
