package pages

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
)

const (
	witnessLen = len(page.Witness{})
	outsideLen = witnessLen + page.BuildLen // what stands outside the page's own seal
	prefixLen  = 16 + 4
)

// errRow says that a row's value is not what was written under its key.
var errRow = errors.New("a row of pages is damaged")

// Prefix returns what the keys of all rows of a tag begin with.
func Prefix(keys db.MonthKeys, tag page.Tag, day schema.Day) []byte {
	h := hmac.New(sha256.New, keys.Index[:])
	h.Write(tag[:])
	return append(h.Sum(nil)[:16], day.Bytes()...)
}

// RowKey returns the key of one page's row.
func RowKey(keys db.MonthKeys, tag page.Tag, day schema.Day, batch schema.BatchID) []byte {
	return append(Prefix(keys, tag, day), batch[:]...)
}

// Row returns the row that keeps p. keys are those of the month of p.Day.
func Row(keys db.MonthKeys, p page.Page, batch schema.BatchID) (db.Row, error) {
	key := RowKey(keys, p.Tag, p.Day, batch)
	aead, err := chacha20poly1305.NewX(keys.Wrap[:])
	if err != nil {
		return db.Row{}, fmt.Errorf("wrap page: %w", err)
	}
	plain := append(make([]byte, 0, outsideLen+len(p.Sealed)), p.Witness[:]...)
	plain = append(append(plain, p.Build.Bytes()...), p.Sealed...)
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce) // crypto/rand.Read never returns an error
	return db.Row{Table: db.Pages, Key: key, Value: aead.Seal(nonce, nonce, plain, key)}, nil
}

// unwrap returns the page that a row keeps, which is filed under tag.
func unwrap(keys db.MonthKeys, tag page.Tag, day schema.Day, key, value []byte) (page.Page, error) {
	aead, err := chacha20poly1305.NewX(keys.Wrap[:])
	if err != nil {
		return page.Page{}, fmt.Errorf("unwrap page: %w", err)
	}
	if len(value) < aead.NonceSize() {
		return page.Page{}, errRow
	}
	plain, err := aead.Open(nil, value[:aead.NonceSize()], value[aead.NonceSize():], key)
	if err != nil || len(plain) < outsideLen {
		return page.Page{}, errRow
	}
	build, err := page.ParseBuild(plain[witnessLen:outsideLen])
	if err != nil {
		return page.Page{}, errRow
	}
	return page.Page{
		Tag: tag, Day: day,
		Witness: page.Witness(plain[:witnessLen]), Build: build,
		Sealed: plain[outsideLen:],
	}, nil
}

// witnessOf returns the witness of the page that a row keeps, or false when the
// row is damaged.
func witnessOf(keys db.MonthKeys, key, value []byte) (page.Witness, bool) {
	p, err := unwrap(keys, page.Tag{}, 0, key, value)
	return p.Witness, err == nil
}
