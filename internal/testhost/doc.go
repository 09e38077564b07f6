// Package testhost gives a test what it needs of a host. On Linux that is a
// host of its own: namespaces, and small volumes that go with them, which need
// root or a system that lets users make namespaces; where neither is had, the
// test fails and says what to allow. On every system it is an address of
// loopback that stays free until the test uses it, and a log that is read while
// others write to it. It is for tests only.
package testhost
