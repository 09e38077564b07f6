// Package scrub takes what identifies out of free text, line by line, and
// keeps what explains: "open /home/zoe/x.db: permission denied" becomes
// "open <path>: permission denied".
//
// It denies by default. First this host's own identifiers go, exactly; then
// parsers label what has a form (URL, path, address, e-mail, card, secret, the
// value behind password= or user=, what stands in quotes in SQL, a person
// named in prose, the host and user that a log line begins with); and of what
// is left, a token passes only if it is made of words of an embedded
// vocabulary, a number below 1,000 or a well-known technical form. Where words
// are joined (getUserName, spool-dir) each must be a technical one. So a name
// that nobody thought of is gone because nobody put it on the list. Its label
// is <word>.
//
// Stack frames (Go, Java, .NET, Python, JavaScript, C and C++, crash reports of
// Apple's and Windows' systems) keep function, file and line, and of a path
// the directories that pass: never the one below /home or C:\Users. Functions
// of the modules that New is told stay whatever they are called.
//
// One pass over the line, hand-written, in linear time; a further one only
// when a label stands next to something that it may change. Scrubbing comes
// before cutting, never after, so no value is cut in half and then not
// recognised. What is scrubbed is not changed by scrubbing again. Nothing of
// the original is logged or kept. There is nothing that fills up or goes down;
// a line too long is cut and ends in <cut>.
//
// What it cannot do: an English word that is somebody's name passes where
// nothing near by says that it is one ("Hope failed"), and so does a host that
// is called like a thing ("on storage"), unless it is this host. It goes behind
// what is said of hosts ("connected to anvil", peer=anvil), with a port ("on
// anvil:8080"), and when role and rank name it (db-primary). A pass phrase of
// words without quotes goes up to its first space; the order of words stays.
// About one in 500,000 texts that are no words is taken for one. Languages
// other than English lose nearly all of their words. A made-up letter from
// another script makes its whole token go. Free text is for the pages of one
// installation only.
package scrub

// The labels, in place of what was there.
const (
	labelIP     = "<ip>"
	labelMAC    = "<mac>"
	labelEmail  = "<email>"
	labelUser   = "<user>"
	labelHost   = "<host>"
	labelPath   = "<path>"
	labelURL    = "<url>"
	labelID     = "<id>"
	labelCard   = "<card>"
	labelIBAN   = "<iban>"
	labelPhone  = "<phone>"
	labelSecret = "<secret>"
	labelName   = "<name>"
	labelNum    = "<num>"
	labelWord   = "<word>"
	labelCut    = "<cut>"
)

var labels = [...]string{
	labelIP, labelMAC, labelEmail, labelUser, labelHost, labelPath, labelURL, labelID,
	labelCard, labelIBAN, labelPhone, labelSecret, labelName, labelNum, labelWord, labelCut,
}
