// Package collect reads the facts of the host that the registry names: what
// runs here, how much of it, in which country, how full. One file is one
// source, and each copies named fields only.
//
// It promises never to read the host's name or ID: the library underneath
// knows both, so the package of it that does is not imported, and a test holds
// that. It asks no network, starts no process, and keeps nothing between two
// calls. What is read is raw: treatment and the tripwire come after it.
//
// A fact that the host does not give is "unknown", "other" or no sample; it is
// never a guess. A source that cannot read its files returns an error that
// names the fact and no path, and the others go on.
package collect

//go:generate go run gen_zones.go -zoneinfo /usr/share/zoneinfo -cldr /usr/share/unicode/cldr
