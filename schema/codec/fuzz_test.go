package codec

import (
	"bytes"
	"reflect"
	"testing"
)

func FuzzDecodePage(f *testing.F) {
	f.Add(encoded(f, EncodePage, onePage))
	f.Add(encoded(f, EncodePage, countedPage))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := DecodePage(b)
		if err != nil {
			return
		}
		if plain, err := Plain(b); err != nil || !canonical(plain) {
			t.Fatalf("a page that is not in deterministic encoding was read: %v", err)
		}
		again, err := EncodePage(p)
		if err != nil {
			t.Fatalf("a page that was read cannot be written: %v", err)
		}
		if q, err := DecodePage(again); err != nil || !reflect.DeepEqual(p, q) {
			t.Fatalf("not the same page: %v", err)
		}
	})
}

func FuzzDecodeFragment(f *testing.F) {
	f.Add(encoded(f, EncodeFragment, oneFragment))
	f.Add(encoded(f, EncodeFragment, longFragment()))
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, err := DecodeFragment(b)
		if err != nil {
			return
		}
		plain, err := Plain(b)
		if err != nil || !canonical(plain) {
			t.Fatalf("a fragment that is not in deterministic encoding was read: %v", err)
		}
		again, err := EncodeFragment(fr)
		if err != nil {
			t.Fatalf("a fragment that was read cannot be written: %v", err)
		}
		if same, err := DecodeFragment(again); err != nil || !reflect.DeepEqual(fr, same) {
			t.Fatalf("not the same fragment: %v", err)
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add(encoded(f, EncodeRecord, oneRecord))
	f.Add(encoded(f, EncodeRecord, countedRecord))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeRecord(b)
		if err != nil {
			return
		}
		if again, err := EncodeRecord(r); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x was read and is written as %x: %v", b, again, err)
		}
	})
}
