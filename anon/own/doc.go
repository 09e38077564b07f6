// Package own knows what identifies this host, and finds it again in whatever
// is about to leave: host name and domains, the people's user names, full names
// and home directories, addresses, MACs, IDs and serials of machine, disks and
// container, SSH host keys, the installation ID, and values that a product said
// must never leave.
//
// It is used twice. [Identifiers.Replace] takes them out of text before it is
// kept. [Identifiers.Scan] is the tripwire: it reads the final plaintext, text
// or binary, just before sealing, and whoever calls it blocks the batch on a
// hit. A hit names a class and never a value.
//
// Every identifier is found in these writings, whatever letters it is glued to:
//
//   - in any case, with or without accents, with typographic hyphens, wide
//     letters, marks that nobody sees, or a terminal's colour codes within;
//   - with percent escapes, HTML entities (by name, decimal, hex), backslash
//     escapes of JSON, shells and languages (\n, \xNN, \NNN, \uXXXX), or quotes
//     within quotes, three times over and mixed;
//   - as UTF-16 in either order, also with the NULs escaped;
//   - in hex of either case, with 0x and any separators, over ends of lines;
//   - in base64 of either alphabet, in all three alignments, over ends of lines;
//   - reversed, and as plain MD5, SHA-1 and SHA-256 (hex, base64, raw) of the
//     value as it is, in small letters, in capitals, and with the end of a line;
//   - paths with either slash, any number of them, with any drive or without;
//   - IPv4 as one number, in octal and hex, with zeros or hyphens, mapped into
//     IPv6, and reversed under in-addr.arpa; IPv6 in every legal form and under
//     ip6.arpa; UUIDs, MACs and IPv6 also as their bytes.
//
// Text is not compared with a list of writings, which would be endless: it is
// decoded where a set of four bytes each says that an identifier may begin, or
// where there is an escape, and what it says then is compared with one canonical
// form. A text with neither is passed over once, at some hundred megabytes a
// second and without an allocation. Binary has escapes everywhere by chance: a
// first look decodes only some bytes around each, and all is decoded when an
// identifier may begin there, or stands before an escape and may go on in it.
// Replace is asked of one line after the other: a scout tells it, eight bytes at a
// time, where anything may begin at all, and in most lines that is nowhere. What
// is gathered of a host takes about 140 KiB, 10,000 values of Never about 6 MiB.
//
// A false hit holds back a whole batch, so an identifier that other text holds
// by chance is found by position only. That is one shorter than six bytes or a
// common word (root, admin, vm): a user name in a home path or where a user is
// named (user=, name@host, uid=1000(name), su - name, for name after a word about
// logins), a host name where a host is named. Replace also takes out host names,
// and names of users that are no common words, wherever they are a word. Digests
// of such a value are found anywhere, its hex and base64 where it would be
// itself. The shortest needle that Scan looks for without a position is a host
// name of four uncommon letters, as a whole word: it stands in 64 KiB of random
// bytes by chance once in about 7,000 pages, five letters once in about 900,000
// (65,536 positions, two cases a letter, both neighbours no letters), and
// anything longer practically never. Names of two and three bytes need the word
// before them that names a host or user; one byte alone identifies nobody.
//
// Not found are: values that are cut in two and stand in different texts, other
// encodings around these (compression, ciphers, base 32, quoted-printable), host
// names in punycode that were given in letters, keyed or salted hashes, and
// people whom only a directory on the network knows and who have no home here.
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
	Machine      Class = "machine"      // an ID or serial of the machine, a disk, a container, or an SSH host key
	Never        Class = "never"        // a value that a product handed over
	Installation Class = "installation" // the installation ID, in a form of Config
)

// code is a class in one byte: its place in the list.
type code uint8

var classes = [...]Class{Host, User, Home, IP, MAC, Machine, Never, Installation}

func codeOf(c Class) code {
	for i, of := range classes {
		if of == c {
			return code(i)
		}
	}
	return codeOf(Never)
}

func (c code) class() Class { return classes[c] }

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
