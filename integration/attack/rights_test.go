package attack

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
)

// Subjects that nobody from outside may hear.
var secretSubjects = []string{
	">", "*", "*.*", "*.>", "tacit.>", "tacit.*", "tacit.put", "tacit.get.>", "tacit.get.*", "tacit.get.keys", "tacit.get.policy",
	"tacit.policy.>", "tacit.reply", "tacit.keys", "tacit.crate.>", "tacit.crate.*", "tacit.crate.0",
	"_INBOX.>", "_INBOX.*", "_INBOX.*.>", "_INBOX.inside-gate.>", "_INBOX.inside-forward.>", "_INBOX.inside-store.>",
	"$SYS.>", "$SYS.*.>", "$SYS.ACCOUNT.*.CONNECT", "$SYS.ACCOUNT.AGENTS.DISCONNECT", "$SYS.ACCOUNT.EDGE.DISCONNECT",
	"$SYS.SERVER.>", "$SYS.SERVER.*.CLIENT.AUTH.ERR", "$SYS.REQ.>",
	"$JS.>", "$JS.EVENT.>", "$JS.EVENT.ADVISORY.>", "$JS.EVENT.ADVISORY.API", "$JS.API.>", "$JS.ACK.>",
	"$JSC.>", "$NRG.>", "$G.>", "$GR.>", "$KV.>", "$O.>", "$MQTT.>", "_R_.>",
}

// Subjects on which nobody from outside may say anything.
var forbiddenSubjects = []string{
	"tacit", "tacit.put.x", "tacit.get", "tacit.get.keys.x", "tacit.policy", "tacit.policy.x",
	"tacit.crate", "tacit.crate.0", "tacit.crate.63", "tacit.reply.x",
	"_INBOX.x", "_INBOX.x.y", "_INBOX.inside-gate.x", "_INBOX.inside-forward.x", "_INBOX.inside-store.x",
	"$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.SERVER.PING.SUBSZ",
	"$SYS.REQ.SERVER.PING.JSZ", "$SYS.REQ.SERVER.PING.ACCOUNTZ", "$SYS.REQ.SERVER.PING.PROFILEZ", "$SYS.REQ.ACCOUNT.PING.CONNZ",
	"$SYS.REQ.ACCOUNT.AGENTS.CONNZ", "$SYS.REQ.ACCOUNT.EDGE.SUBSZ", "$SYS.REQ.USER.INFO", "$SYS.REQ.CLAIMS.UPDATE",
	"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.STREAM.CREATE.TACIT_CRATES", "$JS.API.STREAM.CREATE.OTHER",
	"$JS.API.STREAM.UPDATE.TACIT_CRATES", "$JS.API.STREAM.DELETE.TACIT_CRATES", "$JS.API.STREAM.PURGE.TACIT_CRATES",
	"$JS.API.STREAM.MSG.GET.TACIT_CRATES", "$JS.API.STREAM.MSG.DELETE.TACIT_CRATES", "$JS.API.DIRECT.GET.TACIT_CRATES",
	"$JS.API.STREAM.SNAPSHOT.TACIT_CRATES", "$JS.API.STREAM.RESTORE.TACIT_CRATES", "$JS.API.STREAM.LEADER.STEPDOWN.TACIT_CRATES",
	"$JS.API.CONSUMER.NAMES.TACIT_CRATES", "$JS.API.CONSUMER.LIST.TACIT_CRATES", "$JS.API.CONSUMER.CREATE.TACIT_CRATES",
	"$JS.API.CONSUMER.CREATE.TACIT_CRATES.spy", "$JS.API.CONSUMER.DURABLE.CREATE.TACIT_CRATES.spy",
	"$JS.API.CONSUMER.DELETE.TACIT_CRATES.group-0", "$JS.API.CONSUMER.PAUSE.TACIT_CRATES.group-0",
	"$JS.API.CONSUMER.UNPIN.TACIT_CRATES.group-0", "$JS.FC.TACIT_CRATES.x", "$JS.EVENT.ADVISORY.API",
}

// Subjects of stores: an agent may say nothing there.
var storeSubjects = []string{
	"tacit.reply", "tacit.keys", "$JS.API.STREAM.INFO.TACIT_CRATES", "$JS.API.CONSUMER.INFO.TACIT_CRATES.group-0",
	"$JS.API.CONSUMER.MSG.NEXT.TACIT_CRATES.group-0", "$JS.ACK.TACIT_CRATES.group-0.1.1.1.1.0",
}

// Subjects of agents: a store may neither hear nor say anything there.
var agentSubjects = []string{"tacit.put", "tacit.get.keys", "tacit.get.policy"}

// Where an answer must never go, although who asks names it. The last is
// somebody else's inbox, with wildcards.
var falseInboxes = []string{
	"tacit.policy", "tacit.put", "tacit.reply", "tacit.keys", "tacit.crate.0", "tacit.get.policy",
	"$JS.API.STREAM.DELETE.TACIT_CRATES", "$SYS.REQ.SERVER.PING",
	">", "*", "_INBOX", "_INBOX.>", "_INBOX.*", "_INBOX.*.x", "_INBOX.inside-gate.x", "_INBOX.inside-store.x",
}

// Answers of a relay to a put.
var (
	queued = []byte{1, 1, 0, 0, 0, 0}
	off    = []byte{1, 3, 0, 0, 0, 0}
	reseal = []byte{1, 4, 0, 0, 0, 0}
)

// later is the first of what a relay answers who has put too much.
var later = []byte{1, 2}

// Lengths of an envelope's parts: PROTOCOL, section 3.
const (
	envelopeHeader = 1 + 4 + 1 + 1 + 16 + 32 + 32
	envelopeBody   = 1<<10 + 16
)

// envelopeWith returns an envelope that is right from outside, with a text
// where another has what is sealed.
func envelopeWith(text string) []byte {
	b := make([]byte, envelopeHeader+envelopeBody)
	_, _ = rand.Read(b) // crypto/rand.Read never returns an error
	b[0], b[5], b[6] = 1, b[5]%64, 0
	copy(b[envelopeHeader+100:], text)
	return b
}

// refusal returns a site's decision as no administrator made it: everything is
// off, in a revision that comes after every other.
func refusal() []byte {
	b := binary.BigEndian.AppendUint64([]byte{1}, 1<<63)
	b = binary.BigEndian.AppendUint64(b, 1795000000)
	return append(b, 1, 2, 2, 0, 0, 0, 0, 1) // decided; both programmes; standard; release
}

// with returns all of several lists.
func with(lists ...[]string) []string { return slices.Concat(lists...) }
