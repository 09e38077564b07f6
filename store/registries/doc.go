// Package registries keeps the registries that a store was given, below the
// store's directory:
//
//	DIR/registries/RELEASE/1.yaml, 2.yaml, …
//
// Hosts report under an older release for as long as nobody updates them, and
// pages lie here for months: so a store goes on knowing a release when its
// configuration does not name it any more. Nothing here is secret.
//
// It promises that a release is kept whole and synced or not at all, and that it
// never changes: one that is given again with other content is refused, since
// what was reported under it would mean something else from then on. What is kept
// and cannot be read is an error that names the file, and never left out: what
// another release does not name would be refused, and hosts do not send it again.
//
// Each release is laid over the base that is built in now, of which it takes in
// what it says.
package registries
