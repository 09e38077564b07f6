package main

import (
	"crypto/tls"
	"crypto/x509"
)

// signed says whether the system's authorities take the certificate for the
// first name by which agents reach the relay.
func (s *relaySettings) signed(c tls.Certificate) bool {
	if s.Certificate == "" {
		return false
	}
	rest := x509.NewCertPool()
	for _, der := range c.Certificate[1:] {
		if one, err := x509.ParseCertificate(der); err == nil {
			rest.AddCert(one)
		}
	}
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		return false
	}
	_, err = leaf.Verify(x509.VerifyOptions{DNSName: s.Addresses[0].Host, Intermediates: rest})
	return err == nil
}
