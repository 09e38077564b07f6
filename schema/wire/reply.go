package wire

import "fmt"

// ReplyLen is the length of every reply. To a relay it is random bytes.
const ReplyLen = 256

// Status is the outcome that a store seals into its reply.
type Status uint8

// The statuses. After the first three the agent deletes; after Redate it takes
// a new day, number and batch ID and sends again; what has any other it keeps
// for the user to see and does not send again.
const (
	Stored   Status = 1 // on disk; also the answer to an equal repeat
	Done     Status = 2 // a request was carried out
	Notes    Status = 3 // the answer to a request for notes, in Data
	Redate   Status = 4 // the day is impossible here: Day is the store's
	BadForm  Status = 5 // the inside does not have the form or names what is not registered
	Expired  Status = 6 // older than the store keeps
	Erased   Status = 7 // its history was erased
	Conflict Status = 8 // the batch ID is known with another body
)

// String returns the status's name as documents write it.
func (s Status) String() string {
	names := [...]string{"", "stored", "done", "notes", "redate", "bad-form", "expired", "erased", "conflict"}
	if int(s) < len(names) && s > 0 {
		return names[s]
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// Final says whether a batch with this status may be forgotten: nothing more
// will come of it and nothing has to be shown.
func (s Status) Final() bool { return s == Stored || s == Done || s == Notes }

// Routed is a reply on SubjectReply, with the attempt it answers.
type Routed struct {
	Attempt Attempt
	Reply   [ReplyLen]byte
}

const routedLen = len(Attempt{}) + ReplyLen

// MarshalReplies joins replies into one message. Keep it below 3,000.
func MarshalReplies(rs []Routed) []byte {
	b := make([]byte, 0, len(rs)*routedLen)
	for i := range rs {
		b = append(b, rs[i].Attempt[:]...)
		b = append(b, rs[i].Reply[:]...)
	}
	return b
}

// ParseReplies splits a message of replies. Errors wrap [ErrForm].
func ParseReplies(b []byte) ([]Routed, error) {
	if len(b) == 0 || len(b)%routedLen != 0 {
		return nil, fmt.Errorf("parse replies of %d bytes: %w: not a multiple of %d", len(b), ErrForm, routedLen)
	}
	rs := make([]Routed, len(b)/routedLen)
	for i := range rs {
		one := b[i*routedLen:]
		copy(rs[i].Attempt[:], one)
		copy(rs[i].Reply[:], one[len(Attempt{}):])
	}
	return rs, nil
}
