package config

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

const (
	urlHint     = "write it as tls://relay.example.com:8472, or several as [tls://…, tls://…]"
	addressHint = "write it as host:port, such as 127.0.0.1:8472"
	filesHint   = "write the files as [finder.yaml, survey.yaml]"
	releaseHint = "write the files of each release in a list of their own, as [[finder-1.yaml, survey-1.yaml], [finder-2.yaml, survey-2.yaml]]"
)

// URL is where a relay is: tls://host:port, or nats://host:port, which is
// without TLS and for loopback only.
type URL string

// UnmarshalText reads a URL.
func (u *URL) UnmarshalText(text []byte) error {
	p, err := url.Parse(string(text))
	if err != nil || p.Scheme != "tls" && p.Scheme != "nats" || p.Path != "" || p.RawQuery != "" || p.Fragment != "" || p.Opaque != "" {
		return cli.WithHint(errors.New("is not the URL of a relay"), urlHint)
	}
	if p.User != nil {
		return cli.WithHint(errors.New("has a user in the URL of a relay"), "leave it out; the credential has a key of its own")
	}
	a := Address{Host: p.Hostname()}
	if a.Port, err = port(p.Port()); err != nil || a.Host == "" || a.Port == 0 {
		return cli.WithHint(errors.New("is a URL without host or port"), urlHint)
	}
	if p.Scheme == "nats" && !a.Loopback() {
		return cli.WithHint(errors.New("leaves this host without TLS: whoever is on the way would read the credential and see who sends"),
			"write tls:// in place of nats://, which is for loopback only")
	}
	*u = URL(p.Scheme + "://" + a.String())
	return nil
}

// TLS says whether the connection is to be encrypted.
func (u URL) TLS() bool { return strings.HasPrefix(string(u), "tls:") }

// Address returns where the URL leads to.
func (u URL) Address() Address {
	var a Address
	_, rest, _ := strings.Cut(string(u), "://")
	_ = a.UnmarshalText([]byte(rest)) // a URL was checked when it was read
	return a
}

// Strings returns URLs as texts.
func Strings(urls []URL) []string {
	out := make([]string, len(urls))
	for i, u := range urls {
		out[i] = string(u)
	}
	return out
}

// Address is a host, which may be a name, and a port.
type Address struct {
	Host string
	Port uint16
}

// UnmarshalText reads host:port.
func (a *Address) UnmarshalText(text []byte) error {
	host, service, err := net.SplitHostPort(string(text))
	if err != nil || host == "" || strings.ContainsAny(host, " \t/@") {
		return cli.WithHint(errors.New("is not host:port"), addressHint)
	}
	n, err := port(service)
	if err != nil {
		return cli.WithHint(errors.New("is not host:port: the port is no number up to 65535"), addressHint)
	}
	*a = Address{Host: host, Port: n}
	return nil
}

func port(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err
}

// String returns host:port.
func (a Address) String() string { return net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port))) }

// Loopback says whether the address can be reached from this host only.
func (a Address) Loopback() bool {
	if strings.EqualFold(a.Host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(a.Host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Everywhere says whether the address stands for all addresses of this host,
// so that nobody can dial it.
func (a Address) Everywhere() bool {
	ip, err := netip.ParseAddr(a.Host)
	return err == nil && ip.IsUnspecified()
}

// Optional is an address, or the word off. Before it is read it holds the
// default.
type Optional struct {
	Address
	Off bool
}

// UnmarshalText reads host:port or off.
func (o *Optional) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*o = Optional{Off: true}
		return nil
	}
	o.Off = false
	return o.Address.UnmarshalText(text)
}

// Form says how it is written.
func (*Optional) Form() string { return addressHint + ", or off" }

// Path is a file, as it is written.
type Path string

// UnmarshalText reads a path.
func (p *Path) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errType
	}
	*p = Path(text)
	return nil
}

// Switch is on or off.
type Switch bool

// UnmarshalText reads on or off.
func (s *Switch) UnmarshalText(text []byte) error {
	*s = string(text) == "on"
	if !*s && string(text) != "off" {
		return errType
	}
	return nil
}

// Form says how it is written.
func (*Switch) Form() string { return "write on or off" }

// Size is a number of bytes.
type Size int64

// units of a size, the longest name first.
var units = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}}

// UnmarshalText reads a number of bytes with or without a unit.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := string(text), int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/unit {
		return errType
	}
	*s = Size(n * unit)
	return nil
}

// Form says how it is written.
func (*Size) Form() string { return "write bytes as 512MiB, 10GiB, or a whole number above 0" }

// VendorKey is the Ed25519 public key that signs the store's key list.
type VendorKey ed25519.PublicKey

// UnmarshalText reads 64 hex digits.
func (v *VendorKey) UnmarshalText(text []byte) error {
	key, err := hex.DecodeString(string(text))
	if err != nil || envelope.CheckVendor(key) != nil {
		return errType
	}
	*v = key
	return nil
}

// Form says how it is written.
func (*VendorKey) Form() string { return "it has 64 hex digits, and is not the example's" }

// String returns the 64 hex digits, or nothing.
func (v VendorKey) String() string { return hex.EncodeToString(v) }

// Secret is a credential. It prints as "(hidden)".
type Secret string

// maxSecret bounds a credential, which goes into each greeting.
const maxSecret = 256

// UnmarshalText reads a credential: one word of printable ASCII that is not an
// example's.
func (s *Secret) UnmarshalText(text []byte) error {
	if len(text) == 0 || len(text) > maxSecret || strings.HasPrefix(string(text), "EXAMPLE") {
		return errType
	}
	for _, c := range text {
		if c <= ' ' || c > '~' {
			return errType
		}
	}
	*s = Secret(text)
	return nil
}

// Format hides the credential from every way of printing.
func (s Secret) Format(f fmt.State, _ rune) {
	if s != "" {
		_, _ = f.Write([]byte("(hidden)")) // printing has nowhere to say that it fails
	}
}

// LogValue hides the credential from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }
