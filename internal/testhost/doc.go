// Package testhost gives a test on Linux a host of its own: namespaces, and
// small volumes that go with them. It is for tests only, and needs root or a
// system that lets users make namespaces; where neither is had, the test fails
// and says what to allow.
package testhost
