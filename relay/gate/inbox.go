package gate

import "strings"

// maxInboxLen bounds a reply subject; client libraries use about 80 bytes.
const maxInboxLen = 256

// peerOf returns whose inbox a reply subject is. It must be below the inbox of
// a live connection and name plain tokens only: the gate and the forwarder may
// publish to every inbox, so a stranger must not choose another place.
func peerOf(reply string, peers Peers) (string, bool) {
	rest, ok := strings.CutPrefix(reply, "_INBOX.")
	if !ok || len(reply) > maxInboxLen {
		return "", false
	}
	name, rest, ok := strings.Cut(rest, ".")
	if !ok || name == "" || !plainTokens(rest) || !peers.Live(name) {
		return "", false
	}
	return name, true
}

// plainTokens says whether s is one or more tokens without wildcards.
func plainTokens(s string) bool {
	for token := range strings.SplitSeq(s, ".") {
		if token == "" || strings.IndexFunc(token, notPlain) >= 0 {
			return false
		}
	}
	return true
}

func notPlain(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}
