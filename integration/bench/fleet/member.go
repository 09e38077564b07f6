package fleet

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"sync/atomic"
	"time"
)

// member is one connection and what it saw.
type member struct {
	*conn
	name    string
	putting atomic.Bool
	off     atomic.Bool // it heard last that the site refuses
	ended   atomic.Bool

	heardOff, lastQueued, queued, refused, late atomic.Int64
	strange                                     atomic.Pointer[string]
}

// Tokens below a member's inbox say whether a put was sent when it had heard
// that the site refuses.
const (
	sentOn  = "on"
	sentOff = "off"
)

// join connects, greets and subscribes as an agent does.
func (o Order) join(number int) (*member, error) {
	c, err := o.dial(number)
	if err != nil {
		return nil, err
	}
	m := &member{conn: c, name: rand.Text()}
	err = c.send(fmt.Sprintf("CONNECT {\"user\":%q,\"pass\":%q,\"lang\":\"fleet\",\"protocol\":1,\"echo\":false,\"verbose\":false,\"pedantic\":false}\r\nPING\r\n", m.name, o.Credential))
	if err == nil {
		err = c.awaitPong()
	}
	if err == nil {
		err = c.send(fmt.Sprintf("SUB tacit.policy 1\r\nSUB _INBOX.%s.* 2\r\nPUB tacit.get.policy _INBOX.%s.policy 0\r\n\r\n", m.name, m.name))
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return m, nil
}

// listen reads what comes until the connection ends.
func (m *member) listen() {
	defer m.ended.Store(true)
	for {
		subject, data, err := m.next()
		if err != nil {
			return
		}
		switch {
		case subject == "tacit.policy" || strings.HasSuffix(subject, ".policy"):
			m.hear(data)
		case len(data) == hintLen:
			m.answered(strings.HasSuffix(subject, "."+sentOff), data)
		}
	}
}

// Forms of the protocol's plain messages: where a policy has its two switches,
// and what a hint says.
const (
	policyLen, policyCEIP, policyCSP = 25, 18, 19
	switchOff                        = 2

	hintLen, hintCode   = 6, 1
	hintQueued, hintOff = 1, 3
)

// hear takes the site's policy.
func (m *member) hear(b []byte) {
	if len(b) != policyLen {
		m.wonder("a policy of %d bytes", len(b))
		return
	}
	off := b[policyCEIP] == switchOff && b[policyCSP] == switchOff
	if off {
		m.heardOff.CompareAndSwap(0, time.Now().UnixNano())
	}
	m.off.Store(off)
}

// answered takes a hint to a put.
func (m *member) answered(knewOff bool, b []byte) {
	switch b[hintCode] {
	case hintQueued:
		m.lastQueued.Store(time.Now().UnixNano())
		m.queued.Add(1)
		if knewOff {
			m.late.Add(1)
		}
	case hintOff:
		m.refused.Add(1)
	default:
		m.wonder("hint %x", b)
	}
}

func (m *member) wonder(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	m.strange.CompareAndSwap(nil, &s)
}

// speak puts when it is to, and pings, until end is closed or the connection
// ends. Members are spread over the time between two puts.
func (m *member) speak(o Order, end <-chan struct{}) {
	ping := time.NewTicker(o.Ping/2 + mathrand.N(o.Ping)) // spread too: they began together
	defer ping.Stop()
	put := time.NewTimer(mathrand.N(o.Every))
	defer put.Stop()
	for {
		var text string
		select {
		case <-end:
			return
		case <-ping.C:
			text = "PING\r\n"
		case <-put.C:
			if put.Reset(o.Every); !m.putting.Load() {
				continue
			}
			text = m.put()
		}
		if m.send(text) != nil {
			return
		}
	}
}

// envelopeLen is that of an envelope of the smallest bucket: 87 bytes of outer
// form, 1 KiB and a seal of 16 bytes.
const envelopeLen = 87 + 1<<10 + 16

// put returns a put of an envelope of right outer form with random bytes in it.
func (m *member) put() string {
	b := make([]byte, envelopeLen)
	_, _ = rand.Read(b)                          // never fails
	copy(b, []byte{1, 0, 0, 0, 1, b[5] % 64, 0}) // version, key, partition, class
	token := sentOn
	if m.off.Load() {
		token = sentOff
	}
	return fmt.Sprintf("PUB tacit.put _INBOX.%s.%s %d\r\n%s\r\n", m.name, token, len(b), b)
}

func (m *member) reset() {
	for _, n := range []*atomic.Int64{&m.heardOff, &m.lastQueued, &m.queued, &m.refused, &m.late} {
		n.Store(0)
	}
}

func (m *member) seen() Member {
	return Member{
		HeardOff: m.heardOff.Load(), LastQueued: m.lastQueued.Load(),
		Queued: m.queued.Load(), Refused: m.refused.Load(), Late: m.late.Load(),
	}
}
