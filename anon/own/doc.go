// Package own knows what identifies this host, and finds it again in whatever
// is about to leave: host name and domain, the people's user names and home
// directories, addresses, MACs, the machine ID, the installation ID, and
// values that a product said must never leave.
//
// It is used twice. [Identifiers.Replace] takes them out of text before it is
// kept. [Identifiers.Scan] is the tripwire: it reads the final plaintext, text
// or binary, just before sealing, and whoever calls it blocks the batch on a
// hit. A hit names a class and never a value.
//
// Found are these writings of every identifier: as it is, in any ASCII case,
// URL-escaped, JSON-escaped, hex, base64 (standard and URL alphabet, in all
// three alignments), reversed, the plain MD5, SHA-1 and SHA-256 of it (hex,
// base64 and raw), MACs in four notations, IPv6 in its canonical and expanded
// form, IPv4 also mapped into IPv6, and what has bytes of its own (UUID, MAC,
// IPv6) as these bytes.
//
// A false hit holds back a whole batch, so an identifier that other text
// holds by chance is found by position only. That is one shorter than six
// bytes or a common word (root, admin, vm): a user name in a home path or
// where a user is named (user=, logname=), a host name where a host is named,
// in Replace also as a whole word. Hashed writings of such a value are found
// anywhere. The shortest needle that Scan looks for without a position is a
// host name of four uncommon letters, as a whole word: it stands in 64 KiB of
// random bytes by chance once in about 7,000 pages, five letters once in
// about 900,000 (65,536 positions, two cases a letter, both neighbours no
// letters), and anything longer practically never. Names of two and three
// bytes need the word before them that names a host or user.
//
// Everything is in memory only and bounded: 10,000 values of at most 4 KiB
// and 512 KiB together from Never; 4,096 from the host, after which the ones
// that are gone (addresses of last week) are forgotten. What is over the
// bound is refused and counted, never silently taken. When a source cannot be
// read, Gather says so in its error and everything else is still there.
package own

// Class says what kind of identifier was found.
type Class string

// The classes of identifiers.
const (
	Host         Class = "host"         // host name, long or short, or domain
	User         Class = "user"         // user name or full name of a local account
	Home         Class = "home"         // a home directory
	IP           Class = "ip"           // an address of one of this host's interfaces
	MAC          Class = "mac"          // a hardware address
	Machine      Class = "machine"      // the machine ID
	Never        Class = "never"        // a value that a product handed over
	Installation Class = "installation" // the installation ID, in a form of Config
)

// Hit is what the tripwire tells: the class and never the value.
type Hit struct {
	Class Class
}

// label returns what Replace writes in place of an identifier.
func (c Class) label() string {
	switch c {
	case Host:
		return "<host>"
	case User:
		return "<user>"
	case Home:
		return "<path>"
	case IP:
		return "<ip>"
	case MAC:
		return "<mac>"
	case Machine, Installation:
		return "<id>"
	default:
		return "<secret>"
	}
}
