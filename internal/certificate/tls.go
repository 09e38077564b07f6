package certificate

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// ErrPin says that the fingerprint does not fit. Somebody stands between, or
// the relay has a new certificate: compare the fingerprint in the configuration
// with the one that the relay prints when it starts.
var ErrPin = errors.New("the relay shows another certificate than the one in the configuration")

// Server returns the configuration of who is dialled and shows the
// certificate. Each call returns its own.
func Server(c tls.Certificate) *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{c},
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
	}
}

// Client returns the configuration of who dials. With a pin it believes exactly
// that certificate and looks at nothing else; the error of a handshake with
// another wraps [ErrPin]. With the zero pin it believes what the authorities in
// roots, or the system's when roots is nil, say about the host name, which
// [Dialer] takes from the address.
func Client(pin Fingerprint, roots *x509.CertPool) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS13}
	if pin.IsZero() {
		c.RootCAs = roots
		return c
	}
	c.InsecureSkipVerify = true // VerifyConnection is stricter
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 || sha256.Sum256(s.PeerCertificates[0].Raw) != pin {
			return ErrPin
		}
		return nil
	}
	return c
}
