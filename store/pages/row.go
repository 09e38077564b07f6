package pages

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
)

const (
	witnessLen = len(page.Witness{})
	outsideLen = 4 + witnessLen + page.BuildLen // what stands outside the page's own seal
	prefixLen  = 16
)

// errRow says that a row's value is not what was written under its key.
var errRow = errors.New("a row of pages is damaged")

// Prefix returns what the keys of all rows of a tag begin with.
func Prefix(keys db.MonthKeys, tag page.Tag) []byte {
	h := hmac.New(sha256.New, keys.Index[:])
	h.Write(tag[:])
	return h.Sum(nil)[:prefixLen]
}

// RowKey returns the key of one page's row. The day is not in it: days at which
// only some installations send would tell their pages from others.
func RowKey(keys db.MonthKeys, tag page.Tag, batch schema.BatchID) []byte {
	return append(Prefix(keys, tag), batch[:]...)
}

// BatchKey returns the key of the row that knows the batch of a page, by the key of
// the page's row.
func BatchKey(key []byte) []byte { return key[prefixLen:] }

// Row returns the row that keeps p. keys are those of the month of p.Day.
func Row(keys db.MonthKeys, p page.Page, batch schema.BatchID) (db.Row, error) {
	key := RowKey(keys, p.Tag, batch)
	aead, err := chacha20poly1305.NewX(keys.Wrap[:])
	if err != nil {
		return db.Row{}, fmt.Errorf("wrap page: %w", err)
	}
	plain := append(make([]byte, 0, outsideLen+len(p.Sealed)), p.Day.Bytes()...)
	plain = append(append(append(plain, p.Witness[:]...), p.Build.Bytes()...), p.Sealed...)
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce) // crypto/rand.Read never returns an error
	return db.Row{Table: db.Pages, Key: key, Value: aead.Seal(nonce, nonce, plain, key)}, nil
}

// unwrap returns the page that a row keeps, which is filed under tag.
func unwrap(keys db.MonthKeys, tag page.Tag, key, value []byte) (page.Page, error) {
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
	build, err := page.ParseBuild(plain[4+witnessLen : outsideLen])
	if err != nil {
		return page.Page{}, errRow
	}
	return page.Page{
		Tag: tag, Day: schema.Day(binary.BigEndian.Uint32(plain)),
		Witness: page.Witness(plain[4 : 4+witnessLen]), Build: build,
		Sealed: plain[outsideLen:],
	}, nil
}

// outside returns what stands outside the seal of the page that a row keeps, or
// false when the row is damaged.
func outside(keys db.MonthKeys, key, value []byte) (page.Page, bool) {
	p, err := unwrap(keys, page.Tag{}, key, value)
	return p, err == nil
}
