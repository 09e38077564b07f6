package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
)

// HandshakeError says that a handshake failed, without an address.
type HandshakeError struct{ Err error }

// Error returns the reason.
func (e *HandshakeError) Error() string { return "agree on TLS: " + Reason(e.Err) }

// Unwrap returns the cause, whose text may name addresses.
func (e *HandshakeError) Unwrap() error { return e.Err }

// The sentences of Reason, which logs, status pages and `tacit why` show.
const (
	reasonRefused   = "the other side does not believe this certificate; compare the fingerprint in its configuration with this one's"
	reasonUnknown   = "the relay's certificate is signed by no authority that this system knows; put the relay's fingerprint into the configuration"
	reasonName      = "the relay's certificate is for another host name; put the relay's fingerprint into the configuration"
	reasonDate      = "the relay's certificate has expired or is not valid yet; renew it, or set this host's clock"
	reasonInvalid   = "the relay's certificate cannot be used by a relay"
	reasonNotTLS    = "the other side does not speak TLS"
	reasonOld       = "the other side speaks no TLS 1.3"
	reasonTimeout   = "the other side did not end the handshake in time"
	reasonHungUp    = "the other side hung up during the handshake"
	reasonOtherwise = "the other side and this one did not agree on TLS"
)

// Reason returns why a handshake failed, on either side, as one of a few fixed
// sentences: it holds no address, no name, and nothing that the other side
// sent. It returns "" for nil.
func Reason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrPin):
		return ErrPin.Error()
	}
	for _, of := range []func(error) string{reasonOfCertificate, reasonOfAlert, reasonOfConnection} {
		if s := of(err); s != "" {
			return s
		}
	}
	return reasonOtherwise
}

// reasonOfCertificate says what this side found wrong with the other's.
func reasonOfCertificate(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return reasonUnknown
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return reasonName
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return reasonDate
		}
		return reasonInvalid
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return reasonInvalid
	}
	return ""
}

// The alerts (RFC 8446, section 6) by which the other side says that it does
// not take this certificate: bad, unsupported, revoked, expired, unknown, of an
// unknown authority, access denied.
var refusals = []tls.AlertError{42, 43, 44, 45, 46, 48, 49}

// alertOld is sent for protocol versions that are too old.
const alertOld tls.AlertError = 70

// reasonOfAlert says what the other side found wrong. The library keeps the
// type of an alert that arrived to itself, and tells its text.
func reasonOfAlert(err error) string {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" || op.Err == nil {
		return ""
	}
	text := op.Err.Error()
	is := func(a tls.AlertError) bool { return a.Error() == text }
	switch {
	case slices.ContainsFunc(refusals, is):
		return reasonRefused
	case is(alertOld):
		return reasonOld
	}
	return reasonOtherwise
}

// reasonOfConnection says what became of the connection.
func reasonOfConnection(err error) string {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return reasonNotTLS
	}
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return reasonTimeout
	}
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, context.Canceled, syscall.ECONNRESET, syscall.EPIPE, wsaReset} {
		if errors.Is(err, end) {
			return reasonHungUp
		}
	}
	if strings.HasPrefix(err.Error(), "tls: client offered only unsupported versions") {
		return reasonOld // the library has no type for it
	}
	return ""
}

// wsaReset is what Windows answers for a connection that was reset; its syscall
// package has another number under the portable name.
const wsaReset = syscall.Errno(10054)
