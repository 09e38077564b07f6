// Package certificate holds what the parts of Tacit show each other on TLS: own
// certificates, made at first use, and pins, which name the one certificate
// that is believed.
//
// A part outside loopback makes a certificate of its own and prints its
// fingerprint; whoever dials it has that fingerprint in his configuration and
// believes exactly that certificate, whatever it says about names, dates and
// authorities. So a site needs no authority, and a host whose clock was never
// set still finds its relay. Without a fingerprint the system's authorities
// and the host name decide, as for any web page.
//
// It promises TLS 1.3 and nothing older, and no session tickets: a ticket would
// link two connections of one host. With a fingerprint no authorities are
// loaded, which would cost an idle agent megabytes. [Reason] and the errors of
// a handshake name no address and nothing that the other side said about
// itself.
//
// Own files are there in whole or not: what a crash left is made anew before
// anybody has seen its fingerprint. On a full disk, Own says so and leaves no
// half of a pair that it would use later.
package certificate
