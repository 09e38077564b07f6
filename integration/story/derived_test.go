package story

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"hash/fnv"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/sha3"
)

// derived returns everything that somebody might have made of an ID and a code, by
// what it is: themselves, digests of all their writings by common algorithms, with a
// key that everybody knows too, and what PROTOCOL derives of them for every day of
// the last year: tags of pages, mailboxes, the tag of the grant. Each in hex, in
// base64, in base32 and as it is; what is shortened is found by its first 8 bytes.
func derived(t *testing.T, id, code string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	secret := codeBits(code)
	for name, writing := range map[string][]byte{
		"the ID": []byte(id), "the ID in capitals": []byte(strings.ToUpper(id)), "the ID without dashes": []byte(strings.ReplaceAll(id, "-", "")), "the ID's bytes": raw,
		"the code": []byte(code), "the code without dashes": []byte(strings.ReplaceAll(code, "-", "")), "the code in small letters": []byte(strings.ToLower(code)), "the code's bits": secret,
	} {
		put(out, name, writing)
		for algorithm, sum := range digests(writing) {
			put(out, algorithm+" of "+name, sum)
		}
	}
	for what, tag := range tagsOf(t, raw, secret) {
		put(out, what, tag)
		for algorithm, sum := range map[string][]byte{"SHA-256": sum(sha256.New(), tag), "HMAC": keyed(sha256.New, nil, tag)} {
			put(out, algorithm+" of "+what, sum)
		}
	}
	return out
}

// put adds the writings of some bytes.
func put(out map[string][]byte, name string, b []byte) {
	if len(b) > 8 {
		b = b[:8]
	}
	if len(b) < 4 {
		return // by chance it stands anywhere
	}
	out[name] = b
	out[name+" in hex"] = []byte(hex.EncodeToString(b))
	out[name+" in capital hex"] = []byte(strings.ToUpper(hex.EncodeToString(b)))
	out[name+" in base64"] = []byte(base64.RawStdEncoding.EncodeToString(b)[:len(b)*8/6])
	out[name+" in base64url"] = []byte(base64.RawURLEncoding.EncodeToString(b)[:len(b)*8/6])
	out[name+" in base32"] = []byte(base32.StdEncoding.EncodeToString(b)[:len(b)*8/5])
	out[name+" in decimal"] = []byte(new(big.Int).SetBytes(b).String())
}

func sum(h hash.Hash, b []byte) []byte {
	h.Write(b)
	return h.Sum(nil)
}

func keyed(h func() hash.Hash, key, b []byte) []byte { return sum(hmac.New(h, key), b) }

// digests returns what common algorithms make of a text.
func digests(b []byte) map[string][]byte {
	blake, _ := blake2b.New256(nil) // without a key it has no error
	return map[string][]byte{
		"MD5": sum(md5.New(), b), "SHA-1": sum(sha1.New(), b), "SHA-224": sum(sha256.New224(), b), "SHA-256": sum(sha256.New(), b), "SHA-384": sum(sha512.New384(), b),
		"SHA-512": sum(sha512.New(), b), "SHA-512/256": sum(sha512.New512_256(), b), "SHA3-256": sum(sha3.New256(), b), "SHA3-512": sum(sha3.New512(), b), "BLAKE2b": sum(blake, b),
		"FNV-1a 64": sum(fnv.New64a(), b), "FNV-1 64": sum(fnv.New64(), b), "CRC-32": sum(crc32.NewIEEE(), b), "Adler-32": sum(adler32.New(), b),
		"HMAC without a key": keyed(sha256.New, nil, b), "HMAC of tacit": keyed(sha256.New, []byte("tacit"), b), "HMAC of audit": keyed(sha256.New, []byte("audit"), b),
		"HMAC of tacit/v1": keyed(sha256.New, []byte("tacit/v1"), b), "SHA-256 twice": sum(sha256.New(), sum(sha256.New(), b)),
	}
}

// codeBits returns the 95 random bits of a support code.
func codeBits(code string) []byte {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	n := new(big.Int)
	for _, digit := range strings.ReplaceAll(code, "-", "")[:19] {
		n.Add(n.Lsh(n, 5), big.NewInt(int64(strings.IndexRune(alphabet, digit))))
	}
	return n.FillBytes(make([]byte, 12))
}

// expand is X of PROTOCOL.
func expand(t *testing.T, key []byte, label string) []byte {
	t.Helper()
	out, err := hkdf.Expand(sha256.New, key, "tacit/v1/"+label, 32)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func extract(t *testing.T, salt string, secret []byte) []byte {
	t.Helper()
	out, err := hkdf.Extract(sha256.New, secret, []byte(salt))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pagesOfDay is how many numbers of each day are derived.
const pagesOfDay = 8

// tagsOf derives what stores, relays and hosts see of an ID and a code.
func tagsOf(t *testing.T, id, code []byte) map[string][]byte {
	t.Helper()
	root, grant := extract(t, "tacit/v1", id), extract(t, "tacit/v1/grant", code)
	out := map[string][]byte{"the root": root, "the grant's tag": expand(t, grant, "tag")[:16], "the grant's key": expand(t, grant, "seal")}
	for day := today() - 366; day <= today()+2; day++ {
		d := binary.BigEndian.AppendUint32(nil, uint32(day))
		key := expand(t, root, "day"+string(d))
		tags := expand(t, key, "tag")
		out[fmt.Sprintf("the key of day %d", day)] = key
		out[fmt.Sprintf("the mailbox of day %d", day)] = keyed(sha256.New, expand(t, root, "mail"), d)[:16]
		for n := range uint32(pagesOfDay) {
			out[fmt.Sprintf("tag %d of day %d", n, day)] = keyed(sha256.New, tags, binary.BigEndian.AppendUint32(nil, n))[:16]
		}
	}
	return out
}
