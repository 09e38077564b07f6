package attack

import (
	"encoding/binary"
	"slices"
	"testing"
)

// protocolTCP is the number of TCP in IP (RFC 9293).
const protocolTCP = 6

type segment struct {
	seq     uint32
	payload []byte
}

// reassemble puts TCP segments in order (RFC 9293). Everything else that was
// captured is returned as it is.
func reassemble(packets [][]byte) (streams [][]byte) {
	flows := map[string][]segment{}
	for _, p := range packets {
		addresses, tcp := network(p)
		if len(tcp) < 20 {
			streams = append(streams, p)
			continue
		}
		header := int(tcp[12]>>4) * 4
		if len(tcp) <= header {
			continue // only an acknowledgement
		}
		flow := string(addresses) + string(tcp[:4])
		flows[flow] = append(flows[flow], segment{binary.BigEndian.Uint32(tcp[4:]), tcp[header:]})
	}
	for _, segments := range flows {
		streams = append(streams, joined(segments))
	}
	return streams
}

// network returns the addresses of an IP packet and its TCP part, if any.
func network(p []byte) (addresses, tcp []byte) {
	switch {
	case len(p) >= 20 && p[0]>>4 == 4 && p[9] == protocolTCP:
		length := int(binary.BigEndian.Uint16(p[2:]))
		if header := int(p[0]&15) * 4; header <= length && length <= len(p) {
			return p[12:20], p[header:length]
		}
	case len(p) >= 40 && p[0]>>4 == 6 && p[6] == protocolTCP:
		return p[8:40], p[40:]
	}
	return nil, nil
}

// joined joins the segments of one direction; what was sent again counts once.
func joined(segments []segment) (stream []byte) {
	first := segments[0].seq
	slices.SortStableFunc(segments, func(a, b segment) int { return int(int32(a.seq-first)) - int(int32(b.seq-first)) })
	next := segments[0].seq
	for _, s := range segments {
		known := int(int32(next - s.seq))
		if known >= len(s.payload) {
			continue
		}
		stream = append(stream, s.payload[max(0, known):]...)
		next = s.seq + uint32(len(s.payload))
	}
	return stream
}

// TestReassemble splits a secret over segments that come out of order, and
// twice.
func TestReassemble(t *testing.T) {
	t.Parallel()
	const text = "GET /kvarnbacken-ws0417 and so on"
	var packets [][]byte
	for _, part := range [][2]int{{20, 33}, {0, 8}, {0, 12}, {8, 20}} {
		packets = append(packets, packet(uint32(part[0])-7, text[part[0]:part[1]])) // the numbers pass zero
	}
	packets = append(packets, packet(0, ""), []byte{0x45})
	streams := reassemble(packets)
	if len(streams) != 2 || string(streams[1]) != text {
		t.Errorf("streams are %q", streams)
	}
}

// packet is an IPv4 packet with a TCP segment, and padding behind it.
func packet(seq uint32, payload string) []byte {
	p := make([]byte, 40, 64)
	p[0], p[9], p[32] = 0x45, protocolTCP, 0x50
	binary.BigEndian.PutUint16(p[2:], uint16(40+len(payload)))
	binary.BigEndian.PutUint32(p[24:], seq)
	return append(append(p, payload...), 0, 0, 0)
}
