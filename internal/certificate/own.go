package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Names of the two files in the directory of an own certificate.
const (
	CertificateFile = "certificate.pem" // may be shown to everybody
	KeyFile         = "key.pem"         // its owner only
)

// ownYears is how long an own certificate is good for, for those who look at
// dates; whoever has its fingerprint does not.
const ownYears = 10

// Own returns the certificate in dir, which it makes at first use: ECDSA on
// P-256, signed with its own key, for the names (host names and IP addresses;
// none is allowed, because a fingerprint needs none). Afterwards it is kept as
// it is, also when names or the year change, because its fingerprint stands in
// the configuration of others. The caller keeps other processes away from dir.
//
// A certificate without its key, or with another, is an error that wraps
// [durable.ErrDamaged]: put both files back from a backup, or remove both, and
// give the new fingerprint to whoever dials. A key alone is what a crash at
// first use leaves, and a new pair takes its place.
func Own(dir string, names []string, now time.Time) (tls.Certificate, error) {
	if err := durable.MakeOwnerDir(dir); err != nil {
		return tls.Certificate{}, fmt.Errorf("open own certificate: %w", durable.Bare(err))
	}
	_, err := os.Lstat(filepath.Join(dir, CertificateFile))
	if errors.Is(err, fs.ErrNotExist) {
		// The key is written first: without a certificate nobody has seen it.
		if err := makeOwn(dir, names, now); err != nil {
			return tls.Certificate{}, err
		}
	}
	return readOwn(dir)
}

func readOwn(dir string) (tls.Certificate, error) {
	cert, err := os.ReadFile(filepath.Join(dir, CertificateFile))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read %s: %w", CertificateFile, durable.Bare(err))
	}
	key, err := durable.ReadOwnerFile(filepath.Join(dir, KeyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, fmt.Errorf("read own certificate: its %s is missing: it %w; put a backup back, or remove %s for a new pair",
			KeyFile, durable.ErrDamaged, CertificateFile)
	}
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read %s: %w; set its mode to 0600", KeyFile, durable.Bare(err))
	}
	c, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read own certificate: %w (%v); put a backup of both files back, or remove both for a new pair",
			durable.ErrDamaged, err)
	}
	return c, nil
}

// makeOwn writes a new pair, synced, the key first.
func makeOwn(dir string, names []string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make own certificate: %w", err)
	}
	t, err := template(names, now)
	if err != nil {
		return err
	}
	cert, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return fmt.Errorf("make own certificate: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make own certificate: %w", err)
	}
	for _, f := range []struct {
		name, kind string
		der        []byte
	}{
		{KeyFile, "PRIVATE KEY", secret}, {CertificateFile, "CERTIFICATE", cert},
	} {
		b := pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der})
		if err := durable.WriteFile(filepath.Join(dir, f.name), b, durable.OwnerFile); err != nil {
			return fmt.Errorf("write %s: %w", f.name, durable.Bare(err))
		}
	}
	return nil
}

// template describes a certificate that can sign nothing else. Its dates are
// whole days, so that they do not tell when exactly a site was set up.
func template(names []string, now time.Time) (*x509.Certificate, error) {
	day := now.UTC().Truncate(24 * time.Hour)
	t := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "tacit"},
		NotBefore:             day.AddDate(0, 0, -1), // for clocks that are behind
		NotAfter:              day.AddDate(ownYears, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		ip := net.ParseIP(name)
		switch {
		case ip != nil:
			t.IPAddresses = append(t.IPAddresses, ip)
		case isHost(name):
			t.DNSNames = append(t.DNSNames, name)
		default:
			return nil, fmt.Errorf("make own certificate: name %q: want a host name or an IP address, without a port", name)
		}
	}
	return t, nil
}

// isHost says whether a name is one of a host: labels of letters, digits and
// hyphens.
func isHost(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		outside := strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-")
		if label == "" || len(label) > 63 || outside != "" || strings.Trim(label, "-") == "" {
			return false
		}
	}
	return true
}

// Load reads a certificate, with the chain behind it, and its key from PEM
// files that somebody else made. Errors name the file, not where it lies.
func Load(certFile, keyFile string) (tls.Certificate, error) {
	var b [2][]byte
	for i, path := range []string{certFile, keyFile} {
		var err error
		if b[i], err = os.ReadFile(path); err != nil {
			return tls.Certificate{}, fmt.Errorf("read certificate file %s: %w", filepath.Base(path), durable.Bare(err))
		}
	}
	c, err := tls.X509KeyPair(b[0], b[1])
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read certificate %s with key %s: %w", filepath.Base(certFile), filepath.Base(keyFile), err)
	}
	return c, nil
}
