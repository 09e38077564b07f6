package attack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// The places where a product's secrets get into Tacit's way.
const (
	inEnvironment   = "the environment"
	inConfiguration = "the configuration"
	inDirectory     = "the name of the data directory"
	inErrorValue    = "the value of an error"
	inErrorText     = "the text of an error"
	inErrorNever    = "the text of an error, and /v1/never"
	inStack         = "the lines behind the first of an error's text"
	inFrames        = "the frames of an error"
	inNever         = "/v1/never only"
	inLabelValue    = "a label's value"
	inLabelName     = "a label's name"
	inMetric        = "a metric's name"
	inValue         = "a metric's value"
	inVersion       = "a product's version"
	inProduct       = "a product's name"
	inBody          = "a body that is not JSON"
	inField         = "a field that the API does not have"
	inPath          = "a path that the API does not have"
	inQuery         = "a query"
	inHeader        = "a header"
	inStdin         = "stdin of scrub"
	inConsole       = "a form of the console"
	inPassword      = "a password in a form of the console"
	inDoor          = "what a stranger says at a relay's door"
	inHealth        = "what a stranger asks of /metrics"
	inSocket        = "what a stranger asks at the store's socket"
	inArgument      = "an argument of a command"
	inDamage        = "a file that was damaged"
	inTelemetry     = "what a product emits for OpenTelemetry"
	inName          = "a name that a product emits for OpenTelemetry"
	inCrash         = "the text of an error of a product that crashes"
	inLong          = "a body that is too long"
)

var places = []string{
	inEnvironment, inConfiguration, inDirectory, inErrorValue, inErrorText, inErrorNever, inStack, inFrames, inNever,
	inLabelValue, inLabelName, inMetric, inValue, inVersion, inProduct, inBody, inField, inPath, inQuery,
	inHeader, inStdin, inConsole, inPassword, inDoor, inHealth, inSocket, inArgument, inDamage,
	inTelemetry, inName, inCrash, inLong,
}

// secret is one of a place's, with its words that no other text has.
type secret struct {
	class, text string
	words       []string
	binary      []byte
}

// secrets are what one place holds. They differ from place to place, so that a
// finding tells which way it came.
type secrets struct {
	licence, customer, entitlement string
	others                         []secret
}

// secretsIn returns the secrets of a place, always the same. Every word and
// every group of characters is long enough to be searched for by itself.
func secretsIn(place string) secrets {
	d := newDraw(place)
	letters := d.letters(24)
	s := secrets{
		licence:     strings.Join([]string{letters[:8], letters[8:16], letters[16:]}, "-"),
		customer:    d.digits(9),
		entitlement: "ENT-" + d.digits(8) + "-" + d.digits(8),
	}
	low := func() string { return strings.ToLower(d.letters(9)) }
	name := func() string { return d.letters(1) + low() }
	add := func(class, format string, words ...string) {
		var all []any
		for _, w := range words {
			all = append(all, w)
		}
		s.others = append(s.others, secret{class: class, text: fmt.Sprintf(format, all...), words: words})
	}
	add("user name", "%s", low())
	add("full name", "%s %s", name(), name())
	add("host name", "%s-db%s", low(), d.digits(2))
	add("domain name", "%s.%s.test", low(), low())
	add("e-mail", "%s@%s.test", low(), low())
	add("path", "/srv/%s/%s.csv", low(), low())
	add("serial number", "SN%s", d.letters(4)+d.digits(8))
	add("token", "ghp_%s", d.letters(30))
	add("API key", "sk-live-%s", d.letters(28))
	add("database URL", "postgres://%s:%s@%s.test:5432/%s", low(), low(), low(), low())
	add("name of a dashboard", "Umsatz %s %s", name(), name())
	add("name of a virtual machine", "vm-%s-%s", low(), d.digits(8))
	ip4 := netip.AddrFrom4([4]byte{10, 100 + d.next()%100, 100 + d.next()%100, 100 + d.next()%100})
	ip6 := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0xa0 | d.next()%16, d.next(), 0x90 | d.next()%16, d.next(), 8: 0, 14: 0xc0 | d.next()%16, 15: d.next()})
	mac := net.HardwareAddr{0x3e, d.next(), d.next(), d.next(), d.next(), d.next()}
	s.others = append(s.others,
		secret{class: "IPv4 address", text: ip4.String()}, // its four bytes stand in ciphertext by chance
		secret{class: "IPv6 address", text: ip6.String(), binary: ip6.AsSlice()},
		secret{class: "MAC", text: mac.String(), binary: mac, words: []string{hex.EncodeToString(mac)}})
	return s
}

// draw draws what a place holds.
type draw struct{ *rand.ChaCha8 }

func newDraw(place string) draw {
	return draw{rand.NewChaCha8(sha256.Sum256([]byte("attack: " + place)))}
}

func (d draw) next() byte { return byte(d.Uint64() >> 32) }

func (d draw) from(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[d.Uint64()%uint64(len(alphabet))]
	}
	return string(b)
}

// letters are no vowels, so that nothing is a word.
func (d draw) letters(n int) string { return d.from("BCDFGHJKLMNPQRSTVWXZ", n) }

// digits do not begin with a zero.
func (d draw) digits(n int) string { return d.from("123456789", 1) + d.from("0123456789", n-1) }

func (s secrets) all() []string {
	all := []string{s.licence, s.customer, s.entitlement}
	for _, o := range s.others {
		all = append(all, o.text)
	}
	return all
}

// sentence says the product's numbers as error texts do.
func (s secrets) sentence() string {
	return fmt.Sprintf("permission denied: licence %s of customer %s is not valid, entitlement=%s", s.licence, s.customer, s.entitlement)
}

// sentences say all of them.
func (s secrets) sentences() []string {
	out := []string{s.sentence()}
	for _, o := range s.others {
		out = append(out, "permission denied: "+o.text, fmt.Sprintf("open: permission denied for %s=%q of %s", strings.ReplaceAll(o.class, " ", "_"), o.text, o.text))
	}
	return out
}

// identifiers returns what to look for: the secrets, without their dashes, and
// each group of their characters.
func (s secrets) identifiers(place string) (ids []identifier) {
	add := func(class string, o secret) {
		ids = append(ids, identifier{class: class, place: place, text: o.text, binary: o.binary})
		for _, w := range o.words {
			if len(w) >= shortest && w != o.text {
				ids = append(ids, identifier{class: "part of a " + class, place: place, text: w, part: true})
			}
		}
	}
	for i, class := range []string{"licence key", "customer number", "entitlement number"} {
		text := s.all()[i]
		groups := strings.Split(text, "-")
		add(class, secret{text: text, words: groups})
		if len(groups) > 1 {
			ids = append(ids, identifier{class: class, place: place, text: strings.Join(groups, "")})
		}
	}
	for _, o := range s.others {
		add(o.class, o)
	}
	return ids
}

func allSecrets() (ids []identifier) {
	for _, place := range places {
		ids = append(ids, secretsIn(place).identifiers(place)...)
	}
	return ids
}

// canaries counts what was planted: in each place each secret, and of the host
// each identifier, however it is written.
func canaries(host []identifier) int {
	n := len(host)
	for _, place := range places {
		n += len(secretsIn(place).all())
	}
	return n
}

// TestSecretsAreOneOfAKind checks that a finding tells which way it came.
func TestSecretsAreOneOfAKind(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, id := range allSecrets() {
		if of, ok := seen[id.text]; ok && of != id.place {
			t.Errorf("%s and %s have the same %s", of, id.place, id.class)
		}
		seen[id.text] = id.place
	}
	if classes := len(secretsIn(inBody).all()); classes*len(places) < 50 {
		t.Errorf("%d secrets in %d places are too few", classes, len(places))
	}
}
