package upkeep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
)

var fuzzSecret = BackupSecret{1}

// someParts returns what a small backup holds.
func someParts(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	p := newPartWriter(&b)
	err := p.json(partHead, headPart{Form: backupForm, Day: "2026-11-21", Months: []string{"2026-11"}})
	err = errors.Join(err, p.json(partHalf, halfPart{Month: "2026-11", Half: "pages"}))
	err = errors.Join(err, p.row([]byte("bkey"), []byte("value")), p.row([]byte("pkey"), nil), p.end(""))
	err = errors.Join(err, p.json(partHalf, halfPart{Month: "2026-11", Half: "sums"}), p.end("does not open"))
	_, err2 := p.close(pages.Mark{})
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// collect reads a backup as a restore does and returns its rows.
func collect(sealed []byte) (rows map[string]string, out Backed, err error) {
	rows = map[string]string{}
	out, _, err = readBackup(context.Background(), bytes.NewReader(sealed), fuzzSecret, sink{
		head: func(headPart) error { return nil },
		rows: func(_ context.Context, _ schema.Month, _ db.Half, part []byte) error {
			return eachRow(part, func(key, value []byte) error {
				rows[string(key)] = string(value)
				return nil
			})
		},
		end: func(context.Context, schema.Month, db.Half, endPart) error { return nil },
	})
	return rows, out, err
}

// FuzzBackup gives any bytes: a whole backup, or an error that says it is none.
func FuzzBackup(f *testing.F) {
	good := sealStream(f, fuzzSecret, someParts(f))
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte(streamMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, out, err := collect(b)
		if err != nil && !errors.Is(err, ErrBackup) {
			t.Errorf("%v", err)
		}
		if err == nil && int64(len(rows)) > out.Rows {
			t.Errorf("%d rows, and its end says %d", len(rows), out.Rows)
		}
	})
}

// FuzzParts gives any parts, sealed: as somebody who has the secret. What is
// read without an error is what its ends say.
func FuzzParts(f *testing.F) {
	f.Add(someParts(f))
	f.Add([]byte{partHead, 0, 0, 0, 2, '{', '}'})
	f.Add([]byte{partHead, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, parts []byte) {
		rows, out, err := collect(sealStream(t, fuzzSecret, parts))
		switch {
		case err != nil && !errors.Is(err, ErrBackup):
			t.Errorf("%v", err)
		case err == nil && int64(len(rows)) > out.Rows:
			t.Errorf("%d rows, and its end says %d", len(rows), out.Rows)
		}
	})
}

// FuzzOrder gives the socket any order of a recall, which is also the form of
// the note of recalls.
func FuzzOrder(f *testing.F) {
	f.Add([]byte(`{"registry":3,"agent":"0.1.0","from":"2026-11-01","to":"2026-11-21"}`))
	f.Add([]byte(`{"from":"2026-11-21","to":"2026-11-01","agent":"x"}`))
	f.Add([]byte(`{"registry":-1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var j recallJSON
		if json.Unmarshal(b, &j) != nil {
			return
		}
		r, err := j.recall()
		if err != nil {
			if !errors.Is(err, ErrRecall) {
				t.Errorf("%v", err)
			}
			return
		}
		if again, err := recallForm(r).recall(); err != nil || again != r {
			t.Errorf("%+v is written as %+v, %v", r, again, err)
		}
	})
}

// TestPartsOutOfPlace: what holds together in every part and not as a whole.
func TestPartsOutOfPlace(t *testing.T) {
	good := someParts(t)
	if rows, out, err := collect(sealStream(t, fuzzSecret, good)); err != nil || len(rows) != 2 || out.Rows != 2 || len(out.Findings) != 1 {
		t.Fatalf("the backup as it is: %v, %+v, %v", rows, out, err)
	}
	build := func(f func(p *partWriter) error) []byte {
		var b bytes.Buffer
		if err := f(newPartWriter(&b)); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	head := func(p *partWriter, form int) error {
		return p.json(partHead, headPart{Form: form, Day: "2026-11-21", Months: []string{"2026-11"}})
	}
	for name, parts := range map[string][]byte{
		"nothing":      nil,
		"cut":          good[:len(good)-1],
		"twice":        append(bytes.Clone(good), good...),
		"another form": build(func(p *partWriter) error { return head(p, 2) }),
		"no head":      build(func(p *partWriter) error { _, err := p.close(pages.Mark{}); return err }),
		"no end":       build(func(p *partWriter) error { return head(p, 1) }),
		"another month": build(func(p *partWriter) error {
			return errors.Join(head(p, 1), p.json(partHalf, halfPart{Month: "2026-12", Half: "pages"}))
		}),
		"another half": build(func(p *partWriter) error {
			return errors.Join(head(p, 1), p.json(partHalf, halfPart{Month: "2026-11", Half: "all"}))
		}),
		"a row of the other half": build(func(p *partWriter) error {
			err := errors.Join(head(p, 1), p.json(partHalf, halfPart{Month: "2026-11", Half: "pages"}), p.row([]byte("mkey"), nil), p.end(""))
			_, err2 := p.close(pages.Mark{})
			return errors.Join(err, err2)
		}),
		"an end that counts others": build(func(p *partWriter) error {
			err := errors.Join(head(p, 1), p.json(partHalf, halfPart{Month: "2026-11", Half: "pages"}), p.json(partEnd, endPart{Rows: 1}))
			_, err2 := p.close(pages.Mark{})
			return errors.Join(err, err2)
		}),
		"an end of other rows": build(func(p *partWriter) error {
			err := errors.Join(head(p, 1), p.json(partHalf, halfPart{Month: "2026-11", Half: "pages"}), p.json(partEnd, endPart{}))
			p.all.half(endPart{})
			_, err2 := p.close(pages.Mark{})
			return errors.Join(err, err2)
		}),
	} {
		if _, _, err := collect(sealStream(t, fuzzSecret, parts)); !errors.Is(err, ErrBackup) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
