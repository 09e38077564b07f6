package wire

import "strconv"

// The subjects. An agent may publish SubjectPut and the requests below
// SubjectGet, and subscribe SubjectPolicy and its own inbox, nothing else.
const (
	SubjectPut       = "tacit.put"        // an agent or a relay hands over one envelope; answered by a hint, then a reply
	SubjectGet       = "tacit.get"        // prefix of plain requests
	SubjectGetKeys   = "tacit.get.keys"   // answered by the signed key list, the same bytes for everyone
	SubjectGetPolicy = "tacit.get.policy" // answered by the site's decision; by an empty message where the relay has none to tell
	SubjectPolicy    = "tacit.policy"     // the site's decision, pushed
	SubjectKeys      = "tacit.keys"       // stores publish the signed key list here, edges listen
	SubjectReply     = "tacit.reply"      // stores publish replies here, edges listen
	SubjectCrate     = "tacit.crate"      // prefix; the group of stores follows
	SubjectLook      = "tacit.look"       // prefix of what engineers ask; the group of stores follows
	StreamCrates     = "TACIT_CRATES"     // the JetStream stream that holds crates
)

// CrateSubject returns the subject for the crates of one group of stores.
func CrateSubject(group int) string { return SubjectCrate + "." + strconv.Itoa(group) }

// LookSubject returns the subject on which one group of stores answers engineers.
func LookSubject(group int) string { return SubjectLook + "." + strconv.Itoa(group) }

// GroupOf returns which of so many groups of stores has a partition: equal ranges,
// in order.
func GroupOf(partition uint8, groups int) int { return int(partition) * groups / Partitions }

// CrateConsumer returns the name of the durable consumer that one group of
// stores reads its crates with. The edge creates it before its first crate.
func CrateConsumer(group int) string { return "group-" + strconv.Itoa(group) }

// InboxPrefix returns the prefix of the inboxes that a connection called name
// may subscribe. The name is random and dies with the connection.
func InboxPrefix(name string) string { return "_INBOX." + name }
