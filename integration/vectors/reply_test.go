package vectors

import (
	"bytes"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

var replyKey = [32]byte(fromHex("1f0e1d2c3b4a59687786958493a2b1c0cfdeedfc0b1a29384756657483928100"))

type replyVector struct {
	ReplyKey octets `json:"reply_key"`
	Attempt  octets `json:"attempt"`
	Status   string `json:"status"`
	Code     uint8  `json:"code"`
	Day      uint32 `json:"day"`
	Batch    octets `json:"batch"`
	Data     octets `json:"data"`
	Bytes    octets `json:"bytes"`
}

// replyCases have every status, and no, some and the most data.
func replyCases() []envelope.Reply {
	data := [][]byte{{}, {1}, bytes.Repeat([]byte{0xd0}, envelope.MaxReplyData)}
	var rs []envelope.Reply
	for s := wire.Stored; s <= wire.Conflict; s++ {
		rs = append(rs, envelope.Reply{Status: s, Day: schema.Day(20770 + uint32(s)), Batch: batch(int(s)), Data: data[int(s)%len(data)]})
	}
	return rs
}

func TestReplies(t *testing.T) {
	cases := replyCases()
	const about = "Replies: opened with the reply key that an envelope gives, under its attempt."
	vs := frozen(t, "reply.json", about, func() (vs []replyVector) {
		for i, r := range cases {
			sealed, err := envelope.SealReply(replyKey, wire.Attempt(batch(i)), r)
			if err != nil {
				t.Fatal(err)
			}
			vs = append(vs, replyVectorOf(i, r, sealed[:]))
		}
		return vs
	})
	if len(vs) != len(cases) {
		t.Fatalf("reply.json has %d vectors, want %d", len(vs), len(cases))
	}
	for i, v := range vs {
		r, err := envelope.OpenReply(replyKey, wire.Attempt(batch(i)), v.Bytes)
		if err != nil {
			t.Fatalf("open frozen reply %q: %v", v.Status, err)
		}
		equal(t, "opened reply", replyVectorOf(i, r, v.Bytes), replyVectorOf(i, cases[i], v.Bytes))
		equal(t, "reply.json, vector", v, replyVectorOf(i, cases[i], v.Bytes))
	}
}

func replyVectorOf(i int, r envelope.Reply, sealed []byte) replyVector {
	attempt := batch(i)
	return replyVector{ReplyKey: replyKey[:], Attempt: attempt[:], Status: r.Status.String(), Code: uint8(r.Status),
		Day: uint32(r.Day), Batch: r.Batch[:], Data: append([]byte{}, r.Data...), Bytes: sealed}
}
